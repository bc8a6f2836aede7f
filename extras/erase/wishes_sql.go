package erase

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math"
	"slices"

	"example.com/identity-starter/store"
)

// errNoUser means that nothing is known of a user.
var errNoUser = errors.New("no such user")

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

// left are verifications of which something may be left at Stripe: it has not redacted them, and has not said that it does not
// know them.
const left = `redacted_at IS NULL AND missing_at IS NULL`

// everything is a time that no session is younger than.
const everything = math.MaxInt64

// want has a user's sessions that were begun by then redacted from that time on, and blanks
// what people wrote. With forget the user's connections are ended, and the user's id is replaced once all is done.
func want(ctx context.Context, db *store.DB, userID string, from, begunBy int64, forget bool) error {
	return db.InTx(ctx, func(ctx context.Context, tx *store.Tx) error {
		if err := db.Lock(ctx, tx, userID); err != nil {
			return err
		}
		ids, err := store.List(ctx, tx, store.Scan[string], `SELECT id FROM verifications v WHERE `+of+` AND `+left+` AND created_at <= $3`,
			db.Live(), userID, begunBy)
		if err != nil {
			return fmt.Errorf("list sessions to redact: %w", err)
		}
		if err := wantIn(ctx, db, tx, userID, from, ids); err != nil || !forget {
			return err
		}
		return write(ctx, tx, "note that a user is to be forgotten", `INSERT INTO forgetting (livemode, user_id, due_at) VALUES ($1, $2, $3)
			ON CONFLICT (livemode, user_id) DO UPDATE SET due_at = excluded.due_at, tries = 0`, db.Live(), userID, from)
	})
}

// wantIn also sets the sessions aside: who clicks meanwhile gets another one, and nobody is sent to one that is about to go.
func wantIn(ctx context.Context, db *store.DB, tx *store.Tx, userID string, from int64, ids []string) error {
	for _, id := range ids {
		if err := write(ctx, tx, "ask for redaction", `INSERT INTO redactions (verification_id, livemode, due_at) VALUES ($1, $2, $3)
			ON CONFLICT (verification_id) DO UPDATE SET due_at = excluded.due_at, tries = 0, by_age = 0, refused = 0 WHERE redactions.refused < 2`,
			id, db.Live(), from); err != nil {
			return err
		}
		if err := db.SetAside(ctx, tx, id); err != nil {
			return err
		}
	}
	return db.BlankWords(ctx, tx, userID)
}

// toRedact lists the user's sessions that Stripe has not redacted yet, though it should.
func toRedact(ctx context.Context, db *store.DB, userID string) ([]store.Verification, error) {
	ids, err := store.List(ctx, db, store.Scan[string], `SELECT id FROM verifications v WHERE `+of+`
		AND `+left+` AND EXISTS (SELECT 1 FROM redactions r WHERE r.verification_id = v.id) ORDER BY number`, db.Live(), userID)
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

// settle takes the operator's word that what Stripe has refused for good is settled by hand.
func settle(ctx context.Context, db *store.DB, userID string) error {
	return db.InTx(ctx, func(ctx context.Context, tx *store.Tx) error {
		return write(ctx, tx, "settle refusals", `UPDATE redactions SET refused = 2 WHERE refused = 1
			AND verification_id IN (SELECT id FROM verifications v WHERE `+of+`)`, db.Live(), userID)
	})
}
