package store

import "context"

// rebuilt is the code of an action at the gate for a verdict of the past: the team
// has been told of it long ago.
const rebuilt = "rebuilt"

// stopAtGate has a session that has just become verified wait until the gate's
// consumer has looked at it. Until then it verifies nobody.
func (db *DB) stopAtGate(ctx context.Context, tx *Tx, userID, sessionID, code string) error {
	if _, err := tx.exec(ctx, "stop at the gate", `UPDATE verifications SET gate = 'waiting' WHERE session_id = $1 AND livemode = $2`,
		sessionID, db.live); err != nil {
		return err
	}
	return db.emit(ctx, tx, Outcome{What: OutcomeAtGate, Key: sessionID, UserID: userID, ObjectID: sessionID, Code: code})
}

// OpenGate writes what the gate's consumer found. A session that did not pass is
// held back for a reviewer, unless one has decided already; note says why, without
// personal data. A repeat changes nothing.
func (db *DB) OpenGate(ctx context.Context, a Action, pass bool, note string) error {
	return db.InTx(ctx, func(ctx context.Context, tx *Tx) error {
		gate := "held"
		if pass {
			gate = "passed"
		}
		var review bool
		opened, err := found("open the gate", tx.QueryRowContext(ctx, `UPDATE verifications SET gate = $1, gate_note = $2, updated_at = $3,
			needs_review = CASE WHEN $1 = 'held' AND NOT EXISTS (SELECT 1 FROM decisions d WHERE d.livemode = $4
			    AND d.user_id = verifications.user_id AND d.decision IN ('approve', 'reject')) THEN 1 ELSE 0 END
			WHERE session_id = $5 AND livemode = $4 AND gate = 'waiting' RETURNING needs_review`,
			gate, note, db.Now(), db.live, a.ObjectID).Scan(&review))
		switch {
		case !opened, a.Code == rebuilt:
			return err
		case pass:
			return db.emitVerified(ctx, tx, a.UserID, a.ObjectID)
		case review:
			return db.emit(ctx, tx, Outcome{What: OutcomeInReview, Key: "in_review:" + a.ObjectID, UserID: a.UserID, ObjectID: a.ObjectID})
		}
		return nil
	})
}
