package store

import (
	"cmp"
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
		id, userID, state, err := db.match(ctx, tx, p.News)
		known := err == nil
		if IsNoRows(err) {
			userID, err = p.UserID, nil
		}
		if err != nil {
			return err
		}
		for _, f := range p.Failures {
			f.Code = cmp.Or(f.Code, "unknown")
			added, err := db.addAttempt(ctx, tx, f, p.SessionID, userID)
			if err == nil && added && known {
				err = db.follow(ctx, tx, heard{userID, state, state, News{SessionID: p.SessionID,
					Status: RequiresInput, Failed: true, ErrorCode: f.Code, ReportID: f.ReportID, At: f.At}, true})
			}
			if err != nil {
				return err
			}
			news = news || added
		}
		if !known {
			if id, skipped, err = db.insertPast(ctx, tx, p); err != nil || skipped != nil {
				return err
			}
			news = true
		}
		next := state.after(p.News)
		moved, err := db.move(ctx, tx, id, p.News, state, next)
		if err == nil && moved && known {
			news, err = true, db.follow(ctx, tx, heard{userID, state, next, p.News, false})
		}
		if err == nil && !known && db.opt.Gate && next.Status == Verified {
			err = db.stopAtGate(ctx, tx, userID, p.SessionID, rebuilt)
		}
		return err
	})
	return news, errors.Join(err, skipped)
}

// insertPast makes the row for a session; under our own reference where it is
// free. The session itself is written by move, which also says when to look at it.
func (db *DB) insertPast(ctx context.Context, tx *Tx, p Past) (id string, skipped, err error) {
	for _, id := range []string{p.Reference, newID()} {
		if len(id) != len(newID()) {
			continue // somebody else's reference
		}
		added, err := Changed(tx.ExecContext(ctx, `INSERT INTO verifications
			(id, livemode, user_id, status, created_at, updated_at) VALUES (?, ?, ?, ?, ?, ?)
			ON CONFLICT DO NOTHING`, id, db.live, p.UserID, p.Status, p.CreatedAt.Unix(), db.Now()))
		if err != nil || added {
			return id, nil, err
		}
	}
	return "", ErrAnotherOpen, nil
}
