package store

import (
	"context"
	"database/sql"
	"errors"
	"math/rand/v2"
	"time"
)

// ErrAnotherOpen means that the user has another open session here.
var ErrAnotherOpen = errors.New("the user has another open session")

// checkAfter is when to look at Stripe for a session after its last news, should
// no webhook come; after the last of them it is left alone.
var checkAfter = []time.Duration{10 * time.Minute, time.Hour, 6 * time.Hour, 24 * time.Hour, 48 * time.Hour, 72 * time.Hour}

// untouchedFor is how long the link of a session works (docs.stripe.com/identity/verification-sessions).
const untouchedFor = 48 * time.Hour

// firstCheck is when to look after news that left the session in this state; NULL when it is final.
func (db *DB) firstCheck(s State) sql.NullInt64 {
	wait := checkAfter[0]
	switch {
	case s.Status == Verified || s.Status == Canceled:
		return sql.NullInt64{}
	case s.Status == RequiresInput && s.ErrorCode == "":
		wait = untouchedFor // most people who never come back have not submitted anything
	}
	return db.lookIn(wait)
}

// lookIn adds up to a tenth, so that a day's sessions are not asked about all at once.
func (db *DB) lookIn(wait time.Duration) sql.NullInt64 {
	return sql.NullInt64{Int64: db.in(wait) + rand.Int64N(int64(wait.Seconds())/10+1), Valid: true}
}

// NextCheck takes the session that should be looked at next, those being checked
// first, and sets when it is its turn again. False: none is due.
func (db *DB) NextCheck(ctx context.Context) (Verification, bool, error) {
	var v Verification
	var opened int64
	taken, err := db.ifAny(ctx, "take a session to check", func(ctx context.Context, tx *Tx) error {
		var checks int
		err := tx.QueryRowContext(ctx, `SELECT checks + 1, opened_at, `+verificationColumns+` FROM verifications v
			WHERE livemode = $1 AND check_at <= $2 AND status IN ('requires_input', 'processing') AND session_id IS NOT NULL
			ORDER BY status = 'processing' DESC, asked_at > 0 DESC, check_at LIMIT 1`, db.live, db.Now()).
			Scan(append([]any{&checks, &opened}, v.columns()...)...)
		if err != nil {
			return err
		}
		next := sql.NullInt64{}
		if checks < len(checkAfter) {
			next = db.lookIn(checkAfter[checks] - checkAfter[checks-1])
		}
		_, err = tx.Exec(ctx, "put off a check", `UPDATE verifications SET checks = $1, check_at = $2 WHERE id = $3`, checks, next, v.ID)
		return err
	}, `SELECT EXISTS (SELECT 1 FROM verifications WHERE livemode = $1 AND check_at <= $2
		AND status IN ('requires_input', 'processing') AND session_id IS NOT NULL)`, db.live, db.Now())
	linkSince := max(opened, v.CreatedAt.Unix())
	v.Untouched = v.Status == RequiresInput && v.ErrorCode == "" && db.Now()-linkSince >= int64(untouchedFor.Seconds())
	return v, taken, err
}

// Open lists up to a hundred verifications that are not final, by id, after the given one. What is put to the
// columns keeps SQLite to the order of ids: another index would have every page read and sort all that are open.
func (db *DB) Open(ctx context.Context, after string) ([]Verification, error) {
	list, err := List(ctx, db, scanVerification, `SELECT `+verificationColumns+` FROM verifications v
		WHERE +livemode = $1 AND status || '' IN ('requires_input', 'processing') AND id > $2 ORDER BY id LIMIT 100`, db.live, after)
	return list, because("list open verifications", err)
}

// NewestEvent is Stripe's time of the newest event about a session that we hold;
// zero without one. Others may come by another endpoint, which still works.
func (db *DB) NewestEvent(ctx context.Context) (time.Time, error) {
	at, err := value[unix](ctx, db, "find newest event", `SELECT created_at FROM events WHERE livemode = $1 AND account = ''
		AND type > 'identity.verification_session.' AND type < 'identity.verification_session/'
		ORDER BY created_at DESC LIMIT 1`, db.live)
	return time.Time(at), err
}

// HeardOf says whether an event about the object was received at or after that time, by Stripe's clock.
func (db *DB) HeardOf(ctx context.Context, objectID string, since time.Time) (bool, error) {
	return value[bool](ctx, db, "find event", `SELECT EXISTS (SELECT 1 FROM events WHERE livemode = $1 AND object_id = $2
		AND created_at >= $3)`, db.live, objectID, since.Unix())
}

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

// insertPast makes the row for a session, under our own reference where it is free; move
// then writes the session itself. No id: the user has another open one.
func (db *DB) insertPast(ctx context.Context, tx *Tx, n News, createdAt time.Time) (string, error) {
	for _, id := range []string{n.Reference, newID()} {
		if len(id) != len(newID()) {
			continue // somebody else's reference
		}
		added, err := tx.Exec(ctx, "insert verification", `INSERT INTO verifications
			(id, livemode, user_id, status, created_at, updated_at) VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT DO NOTHING`,
			id, db.live, n.UserID, n.Status, createdAt.Unix(), db.Now())
		if err != nil || added {
			return id, err
		}
	}
	return "", nil
}
