package store

import (
	"context"
	"fmt"
)

// outcomeRebuilt is a verdict of the past, which the team has been told of long ago.
const outcomeRebuilt = "rebuilt"

// compareLater has the outputs of a session that has just become verified compared
// with what is expected. Until then the session verifies nobody.
func (db *DB) compareLater(ctx context.Context, tx *txn, userID, sessionID, outcome string) error {
	if _, err := tx.ExecContext(ctx, `UPDATE verifications SET comparison = 'waiting' WHERE session_id = ? AND livemode = ?`,
		sessionID, db.live); err != nil {
		return fmt.Errorf("wait for comparison: %w", err)
	}
	return db.enqueue(ctx, tx, Action{Kind: ActionCompare, Outcome: outcome, Key: sessionID, UserID: userID, ObjectID: sessionID})
}

// RecordComparison writes how an action of kind ActionCompare ended. Where the
// outputs differ, a reviewer has to look, unless one has decided already. The
// note must hold no personal data. A repeat changes nothing.
func (db *DB) RecordComparison(ctx context.Context, a Action, same bool, note string) error {
	return db.inTx(ctx, func(ctx context.Context, tx *txn) error {
		result := "differs"
		if same {
			result = "ok"
		}
		var id string
		var review bool
		err := tx.QueryRowContext(ctx, `UPDATE verifications SET comparison = ?3, comparison_note = ?4, updated_at = ?5,
			needs_review = ?3 = 'differs' AND NOT EXISTS (SELECT 1 FROM decisions d WHERE d.livemode = ?1
			    AND d.user_id = verifications.user_id AND d.decision IN ('approve', 'reject'))
			WHERE session_id = ?2 AND livemode = ?1 AND comparison = 'waiting' RETURNING id, needs_review`,
			db.live, a.ObjectID, result, note, db.now()).Scan(&id, &review)
		switch {
		case isNoRows(err), err == nil && a.Outcome == outcomeRebuilt:
			return nil
		case err != nil:
			return fmt.Errorf("record comparison: %w", err)
		case same:
			return db.followVerified(ctx, tx, heard{id: id, userID: a.UserID, after: State{Status: Verified},
				news: News{SessionID: a.ObjectID, ReportID: a.ObjectID}})
		case review:
			return db.enqueue(ctx, tx, Action{Kind: ActionTeam, Outcome: OutcomeInReview, Key: "in_review:" + a.ObjectID,
				UserID: a.UserID, ObjectID: a.ObjectID})
		}
		return nil
	})
}
