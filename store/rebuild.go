package store

import (
	"context"
	"errors"
	"time"
)

// ErrAnotherOpen means that the user has another open session here.
var ErrAnotherOpen = errors.New("the user has another open session")

// Past is a session with its failed checks, as Stripe's own lists have it.
type Past struct {
	News
	CreatedAt time.Time
	Failures  []News // of this session, each of a failed check that counts
}

// Rebuild writes a session of which this file may know nothing. It says whether
// anything was new. For a row that it has to make nothing follows: that is the
// past. Errors: ErrAnotherOpen, with the attempts counted all the same.
func (db *DB) Rebuild(ctx context.Context, p Past) (bool, error) {
	var news, skipped bool
	err := db.InTx(ctx, func(ctx context.Context, tx *Tx) error {
		news, skipped = false, false
		h, known, err := db.match(ctx, tx, p.News)
		if err != nil {
			return err
		}
		for _, failure := range p.Failures {
			f := heard{userID: h.userID, before: h.before, after: h.before, news: failure}
			if f.counted, err = db.addAttempt(ctx, tx, f); err == nil && f.counted && known {
				err = db.follow(ctx, tx, f)
			}
			if err != nil {
				return err
			}
			news = news || f.counted
		}
		if !known {
			if h.id, err = db.insertPast(ctx, tx, p); err != nil || h.id == "" {
				skipped = err == nil
				return err
			}
		}
		moved, err := db.move(ctx, tx, h)
		news = news || moved
		switch {
		case err != nil || !moved:
		case known:
			err = db.follow(ctx, tx, h)
		case db.opt.Gate && h.after.Status == Verified:
			err = db.stopAtGate(ctx, tx, h.userID, p.SessionID, rebuilt)
		}
		return err
	})
	if err == nil && skipped {
		err = ErrAnotherOpen
	}
	return news, err
}

// insertPast makes the row for a session; under our own reference where it is
// free. The session itself is written by move, which also says when to look at it.
// No id: the user has another open one.
func (db *DB) insertPast(ctx context.Context, tx *Tx, p Past) (string, error) {
	for _, id := range []string{p.Reference, newID()} {
		if len(id) != len(newID()) {
			continue // somebody else's reference
		}
		added, err := tx.exec(ctx, "insert verification", `INSERT INTO verifications
			(id, livemode, user_id, status, created_at, updated_at) VALUES ($1, $2, $3, $4, $5, $6)
			ON CONFLICT DO NOTHING`, id, db.live, p.UserID, p.Status, p.CreatedAt.Unix(), db.Now())
		if err != nil || added {
			return id, err
		}
	}
	return "", nil
}
