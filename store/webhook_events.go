package store

import (
	"context"
	"time"
)

// Result is what became of an event.
type Result string

const (
	Applied   Result = "applied"    // changed a row; a counted attempt is one
	Stale     Result = "stale"      // ours, and nothing new
	Ignored   Result = "ignored"    // a type or sender that is not for us
	Unmatched Result = "unmatched"  // of a session or an account that is not ours
	Asked     Result = "asked"      // of a session of ours: what it says is to be had from Stripe itself
	Duplicate Result = "duplicate"  // received before; never in the table
	OtherMode Result = "other_mode" // never in the table, either: a program of that mode may share it, and has not received it yet
)

// Event is a webhook event as far as the app cares. At most one of Session, Ask,
// Deauthorized and Own says what it is to us; with none it is recorded as ignored.
type Event struct {
	ID, Type, Account, ObjectID string
	Livemode                    bool
	CreatedAt                   time.Time // Stripe's time
	Fetched                     bool      // Stripe was asked for it; else a webhook has brought it

	Session      *News // identity.verification_session.…
	Ask          bool  // there is news of the session ObjectID, which is to be had from Stripe
	Deauthorized bool  // account.application.deauthorized, of Account
	Own          bool  // of a type that the team handles
}

// Event is an event that was recorded, without what it told.
func (db *DB) Event(ctx context.Context, id string) (Event, error) {
	e := Event{ID: id}
	err := db.QueryRowContext(ctx, `SELECT type, livemode, account, object_id, created_at FROM events WHERE id = $1`, id).
		Scan(&e.Type, &e.Livemode, &e.Account, &e.ObjectID, (*unix)(&e.CreatedAt))
	return e, because("read event", err)
}

// RecordEvent writes the event and all that follows from it in one transaction. Once it returns without
// an error, the event may be acknowledged: it survives a power cut, and a repeat of it changes nothing.
func (db *DB) RecordEvent(ctx context.Context, e Event) (Result, error) {
	if e.Livemode != db.opt.Livemode {
		return OtherMode, nil // a live Connect endpoint gets test events, too
	}
	var result Result
	how := kept
	if e.Session != nil {
		how = shared
	}
	err := db.inTx(ctx, how, func(ctx context.Context, tx *Tx) error {
		p, err := db.plan(ctx, tx, e)
		if err != nil {
			return err
		}
		first, err := db.insertEvent(ctx, tx, e, p)
		if result = p.result; !first {
			if result = Duplicate; err == nil && !e.Fetched { // it comes at last, or again
				err = tx.Write(ctx, "note delivery", `UPDATE events SET fetched = 0 WHERE id = $1 AND fetched = 1`, e.ID)
			}
			return err
		}
		if p.apply == nil {
			return nil
		}
		return p.apply(ctx, tx)
	})
	return result, err
}

// insertEvent says whether the event is recorded now. Whose user is locked is recorded by nobody else meanwhile.
func (db *DB) insertEvent(ctx context.Context, tx *Tx, e Event, p plan) (first bool, err error) {
	args := []any{e.ID, e.Type, bit(e.Livemode), e.Account, e.ObjectID, e.CreatedAt.Unix(), db.Now(), string(p.result), bit(e.Fetched), p.person}
	switch {
	case p.recorded:
		return false, nil
	case p.locked:
		return true, tx.Write(ctx, "insert event", insertEvent, args...)
	}
	return tx.Exec(ctx, "insert event", insertEvent, args...)
}

const insertEvent = `INSERT INTO events (id, type, livemode, account, object_id, created_at, received_at, result, fetched, person)
	VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, nullif(CAST($10 AS BIGINT), 0)) ON CONFLICT (id) DO NOTHING`

// plan is what an event will do. It is made by reading alone, so that the event is written once, with what
// becomes of it, and a repeat of it is noticed before anything else is written.
type plan struct {
	result Result
	person int64 // whom the event is about; 0: nobody here
	apply  func(context.Context, *Tx) error

	locked, recorded bool // its user is locked, and it was recorded before that
}

func (db *DB) plan(ctx context.Context, tx *Tx, e Event) (plan, error) {
	switch {
	case e.Session != nil:
		n := *e.Session
		n.Event = true
		h, result, err := db.hear(ctx, tx, n, e.ID)
		return plan{result, h.r.person, func(ctx context.Context, tx *Tx) error { return db.apply(ctx, tx, &h) },
			h.r.person != 0 && h.p != nil, h.recorded}, err
	case e.Ask:
		r, p, err := db.lockAndRead(ctx, tx, db.ofSession(e.ObjectID))
		if known, err := found("match session", err); !known {
			return plan{result: Unmatched}, err
		}
		return plan{result: Asked, person: r.person, apply: func(ctx context.Context, tx *Tx) error {
			db.ask(ctx, tx, p, e.ID, e.ObjectID)
			return nil
		}}, nil
	case e.Deauthorized:
		a, result, err := db.hearDeauthorized(ctx, tx, e.Account, e.CreatedAt)
		if result != Applied {
			return plan{result: result}, err
		}
		return plan{result: result, apply: func(ctx context.Context, tx *Tx) error {
			return db.endConnection(ctx, tx, a, e.CreatedAt.Unix())
		}}, nil
	case e.Own: // those about one object come in order; the object stands where others have their user
		return plan{result: Applied, apply: func(ctx context.Context, tx *Tx) error {
			err := db.engine.lockName(ctx, tx, "object "+e.ObjectID)
			db.emit(ctx, tx, new(locked), Outcome{What: OutcomeOwnEvent, Key: e.ID, UserID: e.ObjectID, ObjectID: e.ObjectID, Code: e.Type})
			return err
		}}, nil
	}
	return plan{result: Ignored}, nil
}
