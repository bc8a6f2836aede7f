package erase

import (
	"context"
	"crypto/rand"
	"fmt"

	"example.com/identity-starter/store"
)

// forgetAll replaces the ids of users who are to be forgotten and whose sessions
// are all redacted. What was decided and how often somebody tried remains, under
// a random id. It returns how many are still to come.
func forgetAll(ctx context.Context, db *store.DB) (waiting int, err error) {
	users, err := store.List(ctx, db, store.Scan[string], `SELECT user_id FROM forgetting WHERE livemode = $1`, db.Live())
	if err != nil {
		return 0, fmt.Errorf("list users to forget: %w", err)
	}
	for _, userID := range users {
		done, err := forget(ctx, db, userID)
		if err != nil {
			return 0, fmt.Errorf("forget user: %w", err)
		} else if !done {
			waiting++
		}
	}
	return waiting, nil
}

// forget waits for a session that was begun after the wish, too: nobody can be
// forgotten by halves.
func forget(ctx context.Context, db *store.DB, userID string) (bool, error) {
	var open, wanted int
	count := `SELECT count(*), count(r.verification_id) FROM verifications v LEFT JOIN redactions r ON r.verification_id = v.id
		WHERE v.livemode = $1 AND v.user_id = $2 AND v.redacted_at IS NULL AND (v.session_id IS NOT NULL OR r.verification_id IS NOT NULL)`
	if err := db.QueryRowContext(ctx, count, db.Live(), userID).Scan(&open, &wanted); err != nil || open > 0 && wanted == open {
		return false, err
	}
	err := db.InTx(ctx, func(ctx context.Context, tx *store.Tx) error {
		if err := tx.QueryRowContext(ctx, count, db.Live(), userID).Scan(&open, &wanted); err != nil || open > 0 {
			if err == nil && wanted < open {
				err = wantIn(ctx, db, tx, userID, db.Now())
			}
			return err
		}
		if err := db.BlankWords(ctx, tx, userID); err != nil { // somebody may have written since the wish
			return err
		}
		if err := db.ReplaceUser(ctx, tx, userID, "forgotten_"+rand.Text()); err != nil {
			return err
		}
		_, err := tx.ExecContext(ctx, `DELETE FROM forgetting WHERE livemode = $1 AND user_id = $2`, db.Live(), userID)
		return err
	})
	return err == nil && open == 0, err
}
