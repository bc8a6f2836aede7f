package store

import (
	"context"
	"errors"
	"time"
)

// ErrAnotherOpen means that the user has another open session here.
var ErrAnotherOpen = errors.New("the user has another open session")

// ToDo lists the verifications about whose sessions there are actions of a kind to do.
func (db *DB) ToDo(ctx context.Context, kind string) ([]Verification, error) {
	list, err := List(ctx, db, scanVerification, `SELECT `+verificationColumns+` FROM verifications v WHERE session_id IN (
		SELECT object_id FROM actions WHERE livemode = $1 AND kind = $2 AND done_at IS NULL AND failed_at IS NULL)`, db.live, kind)
	return list, because("list what is to do", err)
}

// Open lists up to a hundred verifications that are not final, by id, after the given one. What is put to the
// columns keeps SQLite to the order of ids: another index would have every page read and sort all that are open.
func (db *DB) Open(ctx context.Context, after string) ([]Verification, error) {
	list, err := List(ctx, db, scanVerification, `SELECT `+verificationColumns+` FROM verifications v
		WHERE +livemode = $1 AND status || '' IN ('requires_input', 'processing') AND id > $2 ORDER BY id LIMIT 100`, db.live, after)
	return list, because("list open verifications", err)
}

// Knows says whether a session has a row here, by its id or, as while its create is under way, by its reference.
func (db *DB) Knows(ctx context.Context, sessionID, reference string) (bySession, byReference bool, err error) {
	err = db.QueryRowContext(ctx, `SELECT EXISTS (SELECT 1 FROM verifications WHERE session_id = $1),
		EXISTS (SELECT 1 FROM verifications WHERE id = $2)`, sessionID, reference).Scan(&bySession, &byReference)
	return bySession, byReference, because("look for a session", err)
}

// HeardOf says whether a webhook has told of a user's session at or after that time, by Stripe's clock.
func (db *DB) HeardOf(ctx context.Context, sessionID string, since time.Time) (bool, error) {
	return value[bool](ctx, db, "find event", `SELECT EXISTS (SELECT 1 FROM events
		WHERE person = (SELECT person FROM verifications WHERE session_id = $1) AND object_id = $1 AND created_at >= $2
		AND fetched = 0)`, sessionID, since.Unix())
}

// Rebuild writes a session as Stripe's own lists have it, of which this file may know
// nothing; failures are its failed checks that count. It says whether anything was new.
// For a row that it has to make nothing follows: that is the past. The row gets the session's reference
// for its id; a session of others comes without one. Errors: ErrAnotherOpen, with the attempts counted all the same.
func (db *DB) Rebuild(ctx context.Context, n News, createdAt time.Time, failures []News) (bool, error) {
	var changed, skipped bool
	err := db.InTx(ctx, func(ctx context.Context, tx *Tx) error {
		changed, skipped = false, false
		h, known, err := db.match(ctx, tx, n, "")
		if err != nil {
			return err
		}
		p, err := db.lockedFor(ctx, tx, &h)
		if err == nil && !known && db.engine.several() { // somebody else may just have rebuilt it
			if h, known, err = db.match(ctx, tx, n, ""); known {
				p = h.p
			}
		}
		if err != nil {
			return err
		}
		if changed, err = db.countPast(ctx, tx, p, h, failures, known); err != nil {
			return err
		}
		if n.Overruled && (!known || h.r.Open()) {
			h.After.Revoked++ // a verdict that was given and taken back while nothing was heard
		}
		if !known {
			if h.r, err = db.insertPast(ctx, tx, p, n, createdAt); err != nil || h.r.ID == "" {
				skipped = err == nil
				db.settle(ctx, tx, p)
				return err
			}
		}
		moves := h.moves()
		changed = changed || moves
		db.move(ctx, tx, p, &h)
		switch {
		case !moves:
		case known:
			db.follow(ctx, tx, p, h)
		case db.opt.Gate && h.After.Status == Verified:
			db.stopAtGate(ctx, tx, p, h, rebuilt)
		}
		db.settle(ctx, tx, p)
		return nil
	})
	if err == nil && skipped {
		err = ErrAnotherOpen
	}
	return changed, err
}

// countPast counts a session's failed checks, and says whether one was new. Of a session that was known all follows from it.
func (db *DB) countPast(ctx context.Context, tx *Tx, p *locked, h heard, failures []News, known bool) (some bool, err error) {
	for _, failure := range failures {
		f := h
		f.news, f.After, f.redacted = failure, h.Before, false
		f.Counted, err = db.isNew(ctx, tx, failure)
		if err != nil {
			return some, err
		}
		db.addAttempt(ctx, tx, p, &f)
		if f.Counted && known {
			db.follow(ctx, tx, p, f)
		}
		some = some || f.Counted
	}
	return some, nil
}

// insertPast makes the row for a session; move then writes the session itself. Stripe lists the newest first, so
// its place among the user's is found by Stripe's time. No id: the user has another open one.
func (db *DB) insertPast(ctx context.Context, tx *Tx, p *locked, n News, createdAt time.Time) (row, error) {
	before, err := value[int64](ctx, tx, "find the one before", `SELECT number FROM verifications WHERE person = $1 AND created_at <= $2
		ORDER BY number DESC LIMIT 1`, p.nr, createdAt.Unix())
	id := n.Reference
	if err == nil && id == "" {
		id, err = newID(ctx, tx)
	}
	if err != nil {
		return row{}, err
	}
	spent := n.Overruled || n.Reference == "" // another app's is not ours to go on with, or to close
	r := row{person: p.nr, number: p.numbered + 1, Verification: Verification{Status: n.Status, Spent: spent}}
	added, err := tx.Exec(ctx, "insert verification", `INSERT INTO verifications
		(person, number, id, livemode, user_id, status, spent, created_at, updated_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT DO NOTHING`,
		p.nr, r.number, id, db.live, p.userID, string(n.Status), bit(spent), createdAt.Unix(), db.Now())
	if err != nil || !added {
		return r, err
	}
	r.ID, r.UserID = id, p.userID
	p.next(&r)
	return db.putAfter(ctx, tx, p, r, before)
}

// putAfter moves a user's newest verification to the place after the one with that number.
func (db *DB) putAfter(ctx context.Context, tx *Tx, p *locked, r row, before int64) (row, error) {
	last := r.number
	if r.number = before + 1; r.number == last {
		return r, nil
	}
	const doing = "put verification in order" // by way of numbers that nobody has
	tx.Write(ctx, doing, `UPDATE verifications SET number = 0 WHERE person = $1 AND number = $2`, p.nr, last)
	tx.Write(ctx, doing, `UPDATE verifications SET number = -number - 1 WHERE person = $1 AND number > $2`, p.nr, before)
	tx.Write(ctx, doing, `UPDATE verifications SET number = -number WHERE person = $1 AND number < 0`, p.nr)
	tx.Write(ctx, doing, `UPDATE verifications SET number = $1 WHERE person = $2 AND number = 0`, r.number, p.nr)
	if p.open == last {
		p.open = r.number
	} else if p.open > before {
		p.open++
	}
	var err error
	p.newest, err = value[int64](ctx, tx, "find the newest", newest, p.nr)
	return r, err
}

// newest is the number of a user's newest verification.
const newest = `SELECT number FROM verifications WHERE person = $1 ORDER BY number DESC LIMIT 1`
