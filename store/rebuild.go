package store

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"time"
)

// ErrAnotherOpen means that the user has another open session here.
var ErrAnotherOpen = errors.New("the user has another open session")

// Past is a session with its failed checks, as Stripe's own lists have it.
type Past struct {
	News
	CreatedAt time.Time
	Failures  []Failure // that count
}

// Failure is one failed check.
type Failure struct {
	ReportID, Code string
	At             time.Time
}

// Rebuild writes a session of which this file may know nothing. It says whether
// anything was new. No action follows: it is the past. Errors: ErrAnotherOpen.
func (db *DB) Rebuild(ctx context.Context, p Past) (bool, error) {
	var any bool
	err := db.inTx(ctx, func(ctx context.Context, tx *txn) error {
		id, userID, state, err := db.match(ctx, tx, p.News)
		if isNoRows(err) {
			id, userID, err = db.insertPast(ctx, tx, p)
			any = true
		}
		if err != nil {
			return err
		}
		for _, f := range p.Failures {
			f.Code = cmp.Or(f.Code, "unknown")
			added, err := db.addAttempt(ctx, tx, f, p.SessionID, userID)
			if err != nil {
				return err
			}
			any = any || added
		}
		moved, err := db.move(ctx, tx, id, p.News, state, state.after(p.News))
		any = any || moved
		return err
	})
	return any, err
}

// insertPast makes the row for a session; under our own reference where it is
// free. The session itself is written by move, which also says when to look at it.
func (db *DB) insertPast(ctx context.Context, tx *txn, p Past) (id, userID string, err error) {
	for _, id := range []string{p.Reference, newID()} {
		if len(id) != len(newID()) {
			continue // somebody else's reference
		}
		added, err := changed(tx.ExecContext(ctx, `INSERT INTO verifications
			(id, livemode, user_id, status, created_at, updated_at) VALUES (?, ?, ?, ?, ?, ?)
			ON CONFLICT DO NOTHING`, id, db.live, p.UserID, p.Status, p.CreatedAt.Unix(), db.now()))
		if err != nil || added {
			return id, p.UserID, err
		}
	}
	return "", "", fmt.Errorf("rebuild session %s: %w", p.SessionID, ErrAnotherOpen)
}
