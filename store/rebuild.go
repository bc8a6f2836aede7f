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
	Failures  []Failure // that count
}

// Failure is one failed check.
type Failure struct {
	ReportID, Code string
	At             time.Time
}

// Rebuild writes a session of which this file may know nothing. It says whether
// anything was new. For a row that it has to make nothing follows: that is the
// past. Errors: ErrAnotherOpen, with the attempts counted all the same.
func (db *DB) Rebuild(ctx context.Context, p Past) (bool, error) {
	var news bool
	var skipped error
	err := db.InTx(ctx, func(ctx context.Context, tx *Tx) error {
		h, known, err := db.match(ctx, tx, p.News)
		if err != nil {
			return err
		}
		if news, err = db.countPast(ctx, tx, p, h, known); err != nil {
			return err
		}
		if !known {
			if h.id, err = db.insertPast(ctx, tx, p); err != nil {
				return err
			}
			if h.id == "" {
				skipped = ErrAnotherOpen
				return nil
			}
			news = true
		}
		moved, err := db.move(ctx, tx, h)
		switch {
		case err != nil:
			return err
		case known && moved:
			news = true
			return db.follow(ctx, tx, h)
		case !known && db.opt.Gate && h.after.Status == Verified:
			return db.stopAtGate(ctx, tx, h.userID, p.SessionID, rebuilt)
		}
		return nil
	})
	return news, errors.Join(err, skipped)
}

// countPast counts the failures that were not counted yet, and says whether there were any.
func (db *DB) countPast(ctx context.Context, tx *Tx, p Past, h heard, known bool) (news bool, err error) {
	h.after = h.before
	for _, f := range p.Failures {
		h.news = News{SessionID: p.SessionID, Status: RequiresInput, Failed: true, ErrorCode: f.Code, ReportID: f.ReportID, At: f.At}
		if h.counted, err = db.addAttempt(ctx, tx, h); err != nil {
			return news, err
		}
		if h.counted && known {
			if err := db.follow(ctx, tx, h); err != nil {
				return news, err
			}
		}
		news = news || h.counted
	}
	return news, nil
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
