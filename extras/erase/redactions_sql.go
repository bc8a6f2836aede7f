package erase

import (
	"context"
	"fmt"
	"math/rand/v2"
	"time"

	"example.com/identity-starter/store"
)

// redactAfter is how long to wait before Stripe is asked about a redaction again,
// which may take it four days (docs.stripe.com/identity/verification-sessions).
var redactAfter = []time.Duration{time.Hour, 6 * time.Hour, 24 * time.Hour}

// nextRedaction takes a session about which Stripe should be asked now, and sets
// in how long it is its turn again. 0: none is due.
func nextRedaction(ctx context.Context, db *store.DB, before time.Time) (v store.Verification, again time.Duration, err error) {
	for {
		var id string
		var tries int
		err := db.QueryRowContext(ctx, `SELECT verification_id, tries FROM redactions WHERE livemode = $1 AND refused = 0 AND due_at <= $2
			ORDER BY due_at LIMIT 1`, db.Live(), db.Now()).Scan(&id, &tries)
		if store.IsNoRows(err) {
			return v, 0, nil
		} else if err != nil {
			return v, 0, fmt.Errorf("find a session to redact: %w", err)
		}
		wait := putOff(tries)
		mine, err := take(ctx, db, id, tries, wait, before)
		if err != nil {
			return v, 0, fmt.Errorf("take a session to redact: %w", err)
		}
		if !mine {
			continue
		}
		if v, err = db.Find(ctx, id); !store.IsNoRows(err) { // else it was given up just now, because Stripe made no session
			return v, wait, err
		}
	}
}

// take is false where another process was faster, and where there is nothing to do
// any more: Stripe has redacted the session, whoever asked for it, or never made one; or somebody has come back to
// one that had come of age. With it the session is set aside, so that from here on nobody comes back to it.
func take(ctx context.Context, db *store.DB, id string, tries int, wait time.Duration, before time.Time) (mine bool, err error) {
	err = db.InTx(ctx, func(ctx context.Context, tx *store.Tx) (err error) {
		if err := db.LockOf(ctx, tx, id); err != nil {
			return err
		}
		if err := dropYoung(ctx, db, tx, id, before); err != nil {
			return err
		}
		mine, err = tx.Exec(ctx, "put it off", `UPDATE redactions SET due_at = $1, tries = $2, by_age = 0
			WHERE verification_id = $3 AND refused = 0 AND due_at <= $4
			AND EXISTS (SELECT 1 FROM verifications v WHERE v.id = redactions.verification_id AND `+left+`)`,
			db.Now()+int64(wait.Seconds()), tries+1, id, db.Now())
		if err != nil {
			return err
		} else if mine {
			return db.SetAside(ctx, tx, id)
		}
		return write(ctx, tx, "end it", `DELETE FROM redactions WHERE verification_id = $1
			AND NOT EXISTS (SELECT 1 FROM verifications v WHERE v.id = redactions.verification_id AND `+left+`)`, id)
	})
	return mine && err == nil, err
}

// putOff is in how long the next try is due after so many, with a little chance, so that a day's are not all due at once.
func putOff(tries int) time.Duration {
	wait := redactAfter[min(tries, len(redactAfter)-1)]
	return wait + rand.N(wait/10)
}

// dropYoung ends a wish that nobody has had but RETENTION_DAYS, where the session is not old any more.
func dropYoung(ctx context.Context, db *store.DB, tx *store.Tx, id string, before time.Time) error {
	young := false
	err := tx.QueryRowContext(ctx, `SELECT by_age = 1 AND NOT EXISTS (SELECT 1 FROM verifications WHERE `+old+` AND id = $3)
		FROM redactions WHERE verification_id = $3`, before.Unix(), db.Live(), id).Scan(&young)
	switch {
	case store.IsNoRows(err):
		return nil
	case err != nil || !young:
		return err
	}
	return write(ctx, tx, "drop a wish to redact", `DELETE FROM redactions WHERE verification_id = $1`, id)
}

// notAhead has due now what lies further ahead than anything is put off: our clock was ahead when that was written.
func notAhead(ctx context.Context, db *store.DB) error {
	return db.InTx(ctx, func(ctx context.Context, tx *store.Tx) error {
		latest := db.Now() + 2*int64(redactAfter[len(redactAfter)-1].Seconds())
		if err := write(ctx, tx, "bring redactions forward", `UPDATE redactions SET due_at = $1 WHERE livemode = $2 AND refused = 0 AND due_at > $3`,
			db.Now(), db.Live(), latest); err != nil {
			return err
		}
		return write(ctx, tx, "bring disconnects forward", `UPDATE forgetting SET due_at = $1 WHERE livemode = $2 AND due_at > $3`, db.Now(), db.Live(), latest)
	})
}

// soon has Stripe asked again in a minute.
func soon(ctx context.Context, db *store.DB, id string) error {
	return db.InTx(ctx, func(ctx context.Context, tx *store.Tx) error {
		return write(ctx, tx, "ask again soon", `UPDATE redactions SET due_at = $1, tries = 0 WHERE verification_id = $2`, db.Now()+60, id)
	})
}

// refuse notes that Stripe refuses to redact a session for good.
func refuse(ctx context.Context, db *store.DB, id string) error {
	return db.InTx(ctx, func(ctx context.Context, tx *store.Tx) error {
		return write(ctx, tx, "note a refusal", `UPDATE redactions SET refused = 1 WHERE verification_id = $1 AND refused = 0`, id)
	})
}

// write runs a statement, and says in its error what it was for.
func write(ctx context.Context, tx *store.Tx, what, statement string, args ...any) error {
	return tx.Write(ctx, what, statement, args...)
}

const retireAtOnce = 100 // sessions that come of age in one transaction

// old is a session with which nothing has happened since $1, and that nobody has yet to look at; nobody has wanted it redacted
// so far where it is unwanted, too.
const (
	old = `created_at < $1 AND livemode = $2 AND redacted_at IS NULL AND missing_at IS NULL AND session_id IS NOT NULL AND status <> 'processing'
	AND news_at < $1 AND opened_at < $1 AND (status <> 'requires_input' OR error_code <> '' OR revoked > 0)
	AND needs_review = 0 AND gate <> 'waiting'`
	unwanted = ` AND NOT EXISTS (SELECT 1 FROM redactions r WHERE r.verification_id = verifications.id)`
)

// retire has sessions redacted with which nothing has happened since before:
// finished ones, and failed ones to which nobody came back. It takes a hundred at
// most, and says whether it found any. Looking does not hold up a writer.
func retire(ctx context.Context, db *store.DB, before time.Time) (bool, error) {
	ids, err := store.List(ctx, db, store.Scan[string], `SELECT id FROM verifications WHERE `+old+unwanted+` LIMIT $3`,
		before.Unix(), db.Live(), retireAtOnce)
	if err != nil {
		return false, fmt.Errorf("look for old sessions: %w", err)
	}
	if len(ids) == 0 {
		return false, nil
	}
	err = db.InTx(ctx, func(ctx context.Context, tx *store.Tx) error {
		for _, id := range ids { // due at once, the same as if somebody had asked for it then
			if err := write(ctx, tx, "retire old sessions", `INSERT INTO redactions (verification_id, livemode, due_at, by_age)
				SELECT id, livemode, CAST($1 AS BIGINT), 1 FROM verifications WHERE `+old+unwanted+` AND id = $3
				ON CONFLICT (verification_id) DO NOTHING`, before.Unix(), db.Live(), id); err != nil { // somebody may ask for it just now
				return err
			}
		}
		return nil
	})
	return err == nil, err
}
