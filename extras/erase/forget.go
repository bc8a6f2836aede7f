package erase

import (
	"cmp"
	"context"
	"crypto/rand"
	"fmt"
	"strings"

	"example.com/identity-starter/store"
)

// forgetAll replaces the ids of users who are to be forgotten and whose sessions
// are all redacted, or only that one's. What was decided and how often somebody tried
// remains, under a random id. It returns how many are still to come. Who cannot be
// forgotten holds up nobody else.
func forgetAll(ctx context.Context, db *store.DB, only string) (waiting int, err error) {
	users, err := store.List(ctx, db, store.Scan[string], `SELECT user_id FROM forgetting WHERE livemode = $1 AND ($2 = '' OR user_id = $2)`,
		db.Live(), only)
	if err != nil {
		return 0, fmt.Errorf("list users to forget: %w", err)
	}
	failed := 0
	var first error
	for _, userID := range users {
		done, err := forget(ctx, db, userID)
		if err != nil {
			failed++
			first = cmp.Or(first, err)
		} else if !done {
			waiting++
		}
	}
	if first != nil {
		return waiting, fmt.Errorf("forget users, of %d failed %d: %w", len(users), failed, first)
	}
	return waiting, nil
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

// forget waits for a session that was begun after the wish, too: nobody can be
// forgotten by halves.
func forget(ctx context.Context, db *store.DB, userID string) (bool, error) {
	var open, wanted int
	count := `SELECT count(*), count(r.verification_id) FROM verifications v LEFT JOIN redactions r ON r.verification_id = v.id
		WHERE ` + of + ` AND v.redacted_at IS NULL AND (v.session_id IS NOT NULL OR r.verification_id IS NOT NULL)`
	if err := db.QueryRowContext(ctx, count, db.Live(), userID).Scan(&open, &wanted); err != nil || open > 0 && wanted == open {
		return false, err
	}
	err := db.InTx(ctx, func(ctx context.Context, tx *store.Tx) error {
		if err := tx.QueryRowContext(ctx, count, db.Live(), userID).Scan(&open, &wanted); err != nil || open > 0 {
			if err == nil && wanted < open {
				err = wantIn(ctx, db, tx, userID, db.Now(), everything)
			}
			return err
		}
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
	})
	return err == nil && open == 0, err
}
