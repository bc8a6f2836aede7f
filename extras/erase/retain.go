package erase

import (
	"context"
	"fmt"
	"time"

	"example.com/identity-starter/store"
)

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
			if _, err := tx.ExecContext(ctx, `INSERT INTO redactions (verification_id, livemode, due_at)
				SELECT id, livemode, CAST($1 AS BIGINT) FROM verifications WHERE `+old+` AND id = $3`, before.Unix(), db.Live(), id); err != nil {
				return fmt.Errorf("retire old sessions: %w", err)
			}
		}
		return nil
	})
	return err == nil, err
}
