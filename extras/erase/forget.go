package erase

import (
	"cmp"
	"context"
	"crypto/rand"
	"fmt"
	"strings"
	"time"

	"example.com/identity-starter/store"
)

const forgetAtOnce = 100 // users who are looked at in a turn, however many wait for Stripe

// forgetSome replaces the ids of users who are to be forgotten, whose sessions are all
// redacted and whose accounts are disconnected. It looks at the first of them after that one, and returns up to whom it has got.
// What was decided and how often somebody tried remains, under a random id. Who cannot be
// forgotten holds up nobody else.
func forgetSome(ctx context.Context, db *store.DB, after string) (last string, err error) {
	users, err := store.List(ctx, db, store.Scan[string], `SELECT user_id FROM forgetting WHERE livemode = $1 AND user_id > $2
		ORDER BY user_id LIMIT $3`, db.Live(), after, forgetAtOnce)
	if err != nil {
		return "", fmt.Errorf("list users to forget: %w", err)
	}
	failed := 0
	var first error
	for _, userID := range users {
		if err := forget(ctx, db, userID); err != nil {
			failed++
			first = cmp.Or(first, err)
		}
		last = userID
	}
	if len(users) < forgetAtOnce {
		last = "" // from the beginning
	}
	if first != nil {
		return last, fmt.Errorf("forget users, of %d failed %d: %w", len(users), failed, first)
	}
	return last, nil
}

// nobodyAbsent refuses where a part has tables and is not in the program: which of their
// columns name people is not known, and nobody can be forgotten by halves.
func nobodyAbsent(ctx context.Context, db *store.DB, q store.Querier) error {
	absent, err := db.AbsentParts(ctx, q)
	if err != nil || len(absent) == 0 {
		return err
	}
	return fmt.Errorf("the database has tables of parts that this program does not have (%s), and they may name the user: "+
		"put the parts back into team/extras.go, or drop their tables and their rows in the table schemas", strings.Join(absent, ", "))
}

// remaining is what must be gone before a user is forgotten.
type remaining struct {
	left      int  // sessions of which something may be left at Stripe; those that are not made yet are among them
	ended     int  // of these, those that have come since the wish, and that nobody is at any more
	connected int  // accounts
	known     bool // that there are such
}

// whatRemains counts it. What Stripe has refused for good counts until somebody has said that it is settled.
func whatRemains(ctx context.Context, db *store.DB, q store.Querier, userID string) (r remaining, wish bool, err error) {
	err = q.QueryRowContext(ctx, `SELECT due_at IS NOT NULL, (SELECT count(*) FROM accounts a WHERE a.livemode = $1 AND a.user_id = $2 AND a.disconnected_at IS NULL)
		FROM forgetting WHERE livemode = $1 AND user_id = $2`, db.Live(), userID).Scan(&r.known, &r.connected)
	if store.IsNoRows(err) {
		return r, false, nil
	} else if err == nil {
		err = q.QueryRowContext(ctx, `SELECT count(*) FROM verifications v WHERE `+of+` AND `+left+`
			AND NOT EXISTS (SELECT 1 FROM redactions r WHERE r.verification_id = v.id AND r.refused = 2)`, db.Live(), userID).Scan(&r.left)
	}
	if err == nil {
		err = q.QueryRowContext(ctx, `SELECT count(*) FROM verifications v WHERE `+of+` AND `+left+` AND `+ended,
			db.Live(), userID, db.Now()-int64(mayBeThere.Seconds())).Scan(&r.ended)
	}
	if err != nil {
		err = fmt.Errorf("look at a user to forget: %w", err)
	}
	return r, true, err
}

// waits says whether there is nothing to do but to wait for Stripe.
func (r remaining) waits() bool {
	return (r.left > 0 || r.connected > 0) && r.ended == 0 && (r.connected == 0 || r.known)
}

// mayBeThere is how long after a click somebody may be on Stripe's page.
const mayBeThere = time.Hour

// ended is a verification that nobody has wanted redacted so far, and that nobody is at any more since $3.
const ended = `NOT EXISTS (SELECT 1 FROM redactions r WHERE r.verification_id = v.id)
	AND (spent = 1 OR status IN ('verified', 'canceled') OR status = 'requires_input' AND opened_at <= $3)`

// forget replaces a user's id, if nothing remains. What came after the wish, a session that was begun or an account that was
// connected, is waited for, too: nobody can be forgotten by halves. Such a session is redacted once it has ended, since
// somebody may be at it.
func forget(ctx context.Context, db *store.DB, userID string) error {
	if r, wish, err := whatRemains(ctx, db, db, userID); err != nil || !wish || r.waits() {
		return err // looking holds up nobody who writes
	}
	return db.InTx(ctx, func(ctx context.Context, tx *store.Tx) error {
		if err := db.Lock(ctx, tx, userID); err != nil {
			return err
		}
		r, wish, err := whatRemains(ctx, db, tx, userID)
		switch {
		case err != nil || !wish:
			return err
		case r.ended > 0:
			err = wantEnded(ctx, db, tx, userID)
		}
		if err == nil && r.connected > 0 && !r.known {
			err = write(ctx, tx, "disconnect accounts", `UPDATE forgetting SET due_at = $1 WHERE livemode = $2 AND user_id = $3`, db.Now(), db.Live(), userID)
		}
		if err != nil || r.left > 0 || r.connected > 0 {
			return err
		}
		return replace(ctx, db, tx, userID)
	})
}

func wantEnded(ctx context.Context, db *store.DB, tx *store.Tx, userID string) error {
	ids, err := store.List(ctx, tx, store.Scan[string], `SELECT id FROM verifications v WHERE `+of+` AND `+left+` AND `+ended,
		db.Live(), userID, db.Now()-int64(mayBeThere.Seconds()))
	if err != nil {
		return fmt.Errorf("list sessions to redact: %w", err)
	}
	return wantIn(ctx, db, tx, userID, db.Now(), ids)
}

func replace(ctx context.Context, db *store.DB, tx *store.Tx, userID string) error {
	if err := nobodyAbsent(ctx, db, tx); err != nil {
		return err
	}
	if err := db.BlankWords(ctx, tx, userID); err != nil { // somebody may have written since the wish
		return err
	}
	if err := db.ReplaceUser(ctx, tx, userID, store.Forgotten+rand.Text()); err != nil {
		return err
	}
	return write(ctx, tx, "end the wish to be forgotten", `DELETE FROM forgetting WHERE livemode = $1 AND user_id = $2`, db.Live(), userID)
}
