package erase

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"time"

	"example.com/identity-starter/store"
)

// errNoUser means that nothing is known of a user.
var errNoUser = errors.New("no such user")

// redactAfter is how long to wait before Stripe is asked about a redaction again,
// which may take it four days (docs.stripe.com/identity/verification-sessions).
var redactAfter = []time.Duration{time.Hour, 6 * time.Hour, 24 * time.Hour}

// findUser returns the id of the user whom the sign-in names so, whose id it is here, which
// no sign-in may name, or whose reference, which people are shown. Errors: errNoUser.
func findUser(ctx context.Context, db *store.DB, named string) (string, error) {
	userID, known := cmp.Or(store.UserID(named), named), false
	err := db.QueryRowContext(ctx, `SELECT EXISTS (SELECT 1 FROM people WHERE livemode = $1 AND user_id = $2)`, db.Live(), userID).Scan(&known)
	if err != nil {
		return "", fmt.Errorf("find user: %w", err)
	}
	if known {
		return userID, nil
	}
	list, err := db.ByReference(ctx, named)
	if err != nil || len(list) == 0 {
		return "", cmp.Or(err, errNoUser)
	}
	if slices.ContainsFunc(list, func(v store.Verification) bool { return v.UserID != list[0].UserID }) {
		return "", errNoUser
	}
	return list[0].UserID, nil
}

// of finds the verifications v of the user with the id $2, where $1 is the mode.
const of = `v.person = (SELECT nr FROM people WHERE livemode = $1 AND user_id = $2)`

// everything is a time that no session is younger than.
const everything = math.MaxInt64

// want has a user's sessions that were begun by then redacted from that time on, and blanks
// what people wrote. With forget the user's id is replaced once it is done.
func want(ctx context.Context, db *store.DB, userID string, from, begunBy int64, forget bool) error {
	return db.InTx(ctx, func(ctx context.Context, tx *store.Tx) error {
		if err := wantIn(ctx, db, tx, userID, from, begunBy); err != nil || !forget {
			return err
		}
		return write(ctx, tx, "note that a user is to be forgotten",
			`INSERT INTO forgetting (livemode, user_id) VALUES ($1, $2) ON CONFLICT DO NOTHING`, db.Live(), userID)
	})
}

func wantIn(ctx context.Context, db *store.DB, tx *store.Tx, userID string, from, begunBy int64) error {
	if err := write(ctx, tx, "ask for redaction", `INSERT INTO redactions (verification_id, livemode, due_at)
		SELECT id, livemode, CAST($1 AS BIGINT) FROM verifications
		 WHERE person = (SELECT nr FROM people WHERE livemode = $2 AND user_id = $3) AND redacted_at IS NULL AND created_at <= $4
		ON CONFLICT (verification_id) DO UPDATE SET due_at = excluded.due_at, tries = 0`, from, db.Live(), userID, begunBy); err != nil {
		return err
	}
	return db.BlankWords(ctx, tx, userID)
}

// toRedact lists the user's sessions that Stripe has not redacted yet, though it should.
func toRedact(ctx context.Context, db *store.DB, userID string) ([]store.Verification, error) {
	ids, err := store.List(ctx, db, store.Scan[string], `SELECT id FROM verifications v WHERE `+of+`
		AND redacted_at IS NULL AND EXISTS (SELECT 1 FROM redactions r WHERE r.verification_id = v.id) ORDER BY number`, db.Live(), userID)
	if err != nil {
		return nil, fmt.Errorf("list sessions to redact: %w", err)
	}
	var list []store.Verification
	for _, id := range ids {
		v, err := db.Find(ctx, id)
		if store.IsNoRows(err) {
			continue // given up just now, because Stripe made no session
		} else if err != nil {
			return nil, fmt.Errorf("list sessions to redact: %w", err)
		}
		list = append(list, v)
	}
	return list, nil
}

// nextRedaction takes a session about which Stripe should be asked now, and sets
// when it is its turn again. False: none is due.
func nextRedaction(ctx context.Context, db *store.DB) (v store.Verification, due bool, err error) {
	for {
		var id string
		var tries int
		err := db.QueryRowContext(ctx, `SELECT verification_id, tries FROM redactions WHERE livemode = $1 AND due_at <= $2
			ORDER BY due_at LIMIT 1`, db.Live(), db.Now()).Scan(&id, &tries)
		if store.IsNoRows(err) {
			return v, false, nil
		} else if err != nil {
			return v, false, fmt.Errorf("find a session to redact: %w", err)
		}
		mine, err := take(ctx, db, id, tries)
		if err != nil {
			return v, false, fmt.Errorf("take a session to redact: %w", err)
		}
		if !mine {
			continue
		}
		if v, err = db.Find(ctx, id); !store.IsNoRows(err) { // else it was given up just now, because Stripe made no session
			return v, err == nil, err
		}
	}
}

// take is false where another process was faster, and where there is nothing to do
// any more: Stripe has redacted the session, whoever asked for it, or never made one.
func take(ctx context.Context, db *store.DB, id string, tries int) (mine bool, err error) {
	wait := redactAfter[min(tries, len(redactAfter)-1)]
	wait += rand.N(wait / 10) // so that a day's sessions are not asked about all at once
	err = db.InTx(ctx, func(ctx context.Context, tx *store.Tx) (err error) {
		mine, err = tx.Exec(ctx, "put it off", `UPDATE redactions SET due_at = $1, tries = $2 WHERE verification_id = $3 AND due_at <= $4
			AND EXISTS (SELECT 1 FROM verifications v WHERE v.id = redactions.verification_id AND v.redacted_at IS NULL)`,
			db.Now()+int64(wait.Seconds()), tries+1, id, db.Now())
		if err != nil || mine {
			return err
		}
		return write(ctx, tx, "end it", `DELETE FROM redactions WHERE verification_id = $1
			AND NOT EXISTS (SELECT 1 FROM verifications v WHERE v.id = redactions.verification_id AND v.redacted_at IS NULL)`, id)
	})
	return mine && err == nil, err
}

// nothingToRedact ends the wish to redact a verification of which Stripe has no session.
func nothingToRedact(ctx context.Context, db *store.DB, v store.Verification) error {
	return db.InTx(ctx, func(ctx context.Context, tx *store.Tx) error {
		return write(ctx, tx, "end a wish to redact", `DELETE FROM redactions WHERE verification_id = $1
			AND EXISTS (SELECT 1 FROM verifications v WHERE v.id = redactions.verification_id AND v.session_id IS NULL)`, v.ID)
	})
}

// write runs a statement, and says in its error what it was for.
func write(ctx context.Context, tx *store.Tx, what, statement string, args ...any) error {
	_, err := tx.Exec(ctx, what, statement, args...)
	return err
}

const retireAtOnce = 100 // sessions that come of age in one transaction

// old is a session with which nothing has happened since $1, and that nobody has yet to look at.
const old = `created_at < $1 AND livemode = $2 AND redacted_at IS NULL AND session_id IS NOT NULL AND status <> 'processing'
	AND news_at < $1 AND opened_at < $1 AND (status <> 'requires_input' OR error_code <> '')
	AND needs_review = 0 AND gate <> 'waiting'
	AND NOT EXISTS (SELECT 1 FROM redactions r WHERE r.verification_id = verifications.id)`

// retire has sessions redacted with which nothing has happened since before:
// finished ones, and failed ones to which nobody came back. It takes a hundred at
// most, and says whether it found any. Looking does not hold up a writer.
func retire(ctx context.Context, db *store.DB, before time.Time) (bool, error) {
	ids, err := store.List(ctx, db, store.Scan[string], `SELECT id FROM verifications WHERE `+old+` LIMIT $3`,
		before.Unix(), db.Live(), retireAtOnce)
	if err != nil {
		return false, fmt.Errorf("look for old sessions: %w", err)
	}
	if len(ids) == 0 {
		return false, nil
	}
	err = db.InTx(ctx, func(ctx context.Context, tx *store.Tx) error {
		for _, id := range ids { // due at once, the same as if somebody had asked for it then
			if err := write(ctx, tx, "retire old sessions", `INSERT INTO redactions (verification_id, livemode, due_at)
				SELECT id, livemode, CAST($1 AS BIGINT) FROM verifications WHERE `+old+` AND id = $3`, before.Unix(), db.Live(), id); err != nil {
				return err
			}
		}
		return nil
	})
	return err == nil, err
}
