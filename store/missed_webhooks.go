package store

import (
	"context"
	"database/sql"
	"fmt"
	"math/rand/v2"
	"time"
)

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
	return sql.NullInt64{Int64: db.Now() + spread(wait), Valid: true}
}

// spread adds up to a tenth, so that a day's sessions are not asked about all at once.
func spread(d time.Duration) int64 {
	seconds := int64(d.Seconds())
	return seconds + rand.Int64N(seconds/10+1)
}

// Check is a session to look at.
type Check struct {
	Verification
	Untouched bool // its link has expired and nobody has ever submitted anything: it can be canceled
}

// NextCheck takes the session that should be looked at next, those being checked
// first, and sets when it is its turn again. False: none is due.
func (db *DB) NextCheck(ctx context.Context) (Check, bool, error) {
	var due bool
	if err := db.read.QueryRowContext(ctx, `SELECT EXISTS (SELECT 1 FROM verifications WHERE livemode = ? AND check_at <= ?
		AND status IN ('requires_input', 'processing') AND session_id IS NOT NULL)`, db.live, db.Now()).Scan(&due); err != nil || !due {
		return Check{}, false, err
	}
	var c Check
	var opened int64
	err := db.InTx(ctx, func(ctx context.Context, tx *Tx) (err error) {
		var checks int
		if c.Verification, err = scanVerification(tx.QueryRowContext(ctx, `SELECT `+verificationColumns+` FROM verifications
			WHERE livemode = ? AND check_at <= ? AND status IN ('requires_input', 'processing') AND session_id IS NOT NULL
			ORDER BY status = 'processing' DESC, asked_at > 0 DESC, check_at LIMIT 1`, db.live, db.Now())); err != nil {
			return err
		}
		if err := tx.QueryRowContext(ctx, `UPDATE verifications SET checks = checks + 1 WHERE id = ?
			RETURNING checks, opened_at`, c.ID).Scan(&checks, &opened); err != nil {
			return err
		}
		next := sql.NullInt64{}
		if checks < len(checkAfter) {
			next = sql.NullInt64{Int64: db.Now() + spread(checkAfter[checks]-checkAfter[checks-1]), Valid: true}
		}
		_, err = tx.ExecContext(ctx, `UPDATE verifications SET check_at = ? WHERE id = ?`, next, c.ID)
		return err
	})
	if IsNoRows(err) {
		return Check{}, false, nil // another process was faster
	} else if err != nil {
		return Check{}, false, fmt.Errorf("take a session to check: %w", err)
	}
	linkSince := max(opened, c.CreatedAt.Unix())
	c.Untouched = c.Status == RequiresInput && c.ErrorCode == "" && db.Now()-linkSince >= int64(untouchedFor.Seconds())
	return c, true, nil
}

// Open lists up to a hundred verifications that are not final, by id, after the given one.
// The plus signs keep SQLite to the order of ids: page by page it reads each once, where
// another index would have every page read and sort all that are open.
func (db *DB) Open(ctx context.Context, after string) ([]Verification, error) {
	list, err := List(ctx, db, scanVerification, `SELECT `+verificationColumns+` FROM verifications
		WHERE +livemode = $1 AND +status IN ('requires_input', 'processing') AND id > $2 ORDER BY id LIMIT 100`, db.live, after)
	if err != nil {
		return nil, fmt.Errorf("list open verifications: %w", err)
	}
	return list, nil
}

// NewestEvent is Stripe's time of the newest event about a session that we hold;
// zero without one. Others may come by another endpoint, which still works.
func (db *DB) NewestEvent(ctx context.Context) (time.Time, error) {
	var at int64
	err := db.read.QueryRowContext(ctx, `SELECT created_at FROM events WHERE livemode = ? AND account = ''
		AND type GLOB 'identity.verification_session.*' ORDER BY created_at DESC LIMIT 1`, db.live).Scan(&at)
	if IsNoRows(err) {
		return time.Time{}, nil
	} else if err != nil {
		return time.Time{}, fmt.Errorf("find newest event: %w", err)
	}
	return time.Unix(at, 0).UTC(), nil
}

// HeardOf says whether an event about the object was received at or after that time, by Stripe's clock.
func (db *DB) HeardOf(ctx context.Context, objectID string, since time.Time) (bool, error) {
	var heard bool
	if err := db.read.QueryRowContext(ctx, `SELECT EXISTS (SELECT 1 FROM events WHERE livemode = ? AND object_id = ?
		AND created_at >= ?)`, db.live, objectID, since.Unix()).Scan(&heard); err != nil {
		return false, fmt.Errorf("find event: %w", err)
	}
	return heard, nil
}
