package store

import (
	"context"
	"errors"
	"time"
)

// ErrAnotherOpen means that the user has another open session here.
var ErrAnotherOpen = errors.New("the user has another open session")

// Rebuild writes a session as Stripe's own lists have it, of which this file may know
// nothing; failures are its failed checks that count. It says whether anything was new.
// For a row that it has to make nothing follows: that is the past. Errors:
// ErrAnotherOpen, with the attempts counted all the same.
func (db *DB) Rebuild(ctx context.Context, n News, createdAt time.Time, failures []News) (bool, error) {
	var changed, skipped bool
	err := db.InTx(ctx, func(ctx context.Context, tx *Tx) error {
		h, known, err := db.match(ctx, tx, n)
		if err != nil {
			return err
		}
		for _, failure := range failures {
			f := h
			f.news, f.After = failure, h.Before
			if f.Counted, err = db.addAttempt(ctx, tx, f); err == nil && f.Counted && known {
				err = db.follow(ctx, tx, f)
			}
			if err != nil {
				return err
			}
			changed = changed || f.Counted
		}
		if !known {
			if h.id, err = db.insertPast(ctx, tx, n, createdAt); err != nil || h.id == "" {
				skipped = err == nil
				return err
			}
		}
		moved, err := db.move(ctx, tx, h)
		changed = changed || moved
		switch {
		case err != nil || !moved:
		case known:
			err = db.follow(ctx, tx, h)
		case db.opt.Gate && h.After.Status == Verified:
			err = db.stopAtGate(ctx, tx, h.UserID, h.SessionID, rebuilt)
		}
		return err
	})
	if err == nil && skipped {
		err = ErrAnotherOpen
	}
	return changed, err
}

// insertPast makes the row for a session; under our own reference where it is
// free. The session itself is written by move, which also says when to look at it.
// No id: the user has another open one.
func (db *DB) insertPast(ctx context.Context, tx *Tx, n News, createdAt time.Time) (string, error) {
	for _, id := range []string{n.Reference, newID()} {
		if len(id) != len(newID()) {
			continue // somebody else's reference
		}
		added, err := tx.Exec(ctx, "insert verification", `INSERT INTO verifications
			(id, livemode, user_id, status, created_at, updated_at) VALUES ($1, $2, $3, $4, $5, $6)
			ON CONFLICT DO NOTHING`, id, db.live, n.UserID, n.Status, createdAt.Unix(), db.Now())
		if err != nil || added {
			return id, err
		}
	}
	return "", nil
}
