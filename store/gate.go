package store

import (
	"context"
	"errors"
	"strings"
)

// rebuilt is the code of an action at the gate for a verdict of the past, of which the team was told long ago.
const rebuilt = "rebuilt"

// stopAtGate has a session that has just become verified wait for the gate's consumer. Until then it verifies nobody.
func (db *DB) stopAtGate(ctx context.Context, tx *Tx, p *locked, h heard, code string) {
	db.setGate(ctx, tx, p, h.r, "waiting", false, "")
	db.emit(ctx, tx, p, Outcome{What: OutcomeAtGate, Key: again(h.SessionID, h.After.Revoked), UserID: p.userID, ObjectID: h.SessionID, Code: code})
}

// setGate writes how a verification stands at the gate, in its row and in its user's.
func (db *DB) setGate(ctx context.Context, tx *Tx, p *locked, r row, gate string, review bool, note string) {
	p.count(r, -1)
	r.gate, r.review = gate, review
	p.count(r, 1)
	tx.Write(ctx, "write gate", `UPDATE verifications SET gate = $1, needs_review = $2, gate_note = $3, updated_at = $4
		WHERE person = $5 AND number = $6`, gate, bit(review), note, db.Now(), r.person, r.number)
}

// closeGate holds back who waits at a gate that is no more: nobody would look at them.
func (db *DB) closeGate(ctx context.Context) error {
	waiting, err := List(ctx, db, Scan[string], `SELECT session_id FROM verifications WHERE livemode = $1 AND gate = 'waiting'`, db.live)
	for _, session := range waiting {
		err = errors.Join(err, db.OpenGate(ctx, Action{Outcome: Outcome{ObjectID: session}}, false, "was waiting when the comparison was taken out"))
	}
	return because("close the gate", err)
}

// OpenGate writes what the gate's consumer found. A session that did not pass is held back for a reviewer,
// unless one has decided already; note says why, without personal data. A repeat changes nothing.
func (db *DB) OpenGate(ctx context.Context, a Action, pass bool, note string) error {
	v, err := db.OfSession(ctx, a.ObjectID)
	if known, err := found("find who waits at the gate", err); !known {
		return err
	}
	return db.change(ctx, v.ID, func(ctx context.Context, tx *Tx, p *locked, r row) error {
		if r.gate != "waiting" || a.Key != "" && !strings.HasSuffix(a.Key, ":"+again(r.SessionID, r.Revoked)) {
			return nil // what was found out is about a verdict that was taken back
		}
		gate, review := "passed", false
		if !pass {
			gate, review = "held", p.word == ""
		}
		db.setGate(ctx, tx, p, r, gate, review, note)
		switch {
		case a.Code == rebuilt:
		case pass:
			db.emitVerified(ctx, tx, p, a.ObjectID, r.Revoked)
		case review:
			db.emit(ctx, tx, p, Outcome{What: OutcomeInReview, Key: again("in_review:"+a.ObjectID, r.Revoked), UserID: p.userID,
				ObjectID: a.ObjectID, User: db.standsAt(p.person)})
		}
		return nil
	})
}
