package store

import (
	"context"
	"time"
)

// NotAhead has what was to be done at a time that lies further ahead than any that is written done now: it was written while
// the clock was ahead, and would wait until then. Our clock decides when to look, and never for how long nobody does.
func (db *DB) NotAhead(ctx context.Context) error {
	return db.InTx(ctx, func(ctx context.Context, tx *Tx) error {
		_, err := tx.Exec(ctx, "bring actions forward", `UPDATE actions SET due_at = $1, lease_until = 0 WHERE livemode = $2
			AND due_at IS NOT NULL AND done_at IS NULL AND failed_at IS NULL AND (due_at > $3 OR lease_until > $4)`,
			db.Now(), db.live, db.in(longest(backOff)+lease), db.in(2*lease))
		if err != nil {
			return err
		}
		_, err = tx.Exec(ctx, "bring checks forward", `UPDATE verifications SET check_at = $1 WHERE livemode = $2 AND check_at > $3
			AND status IN ('requires_input', 'processing') AND session_id IS NOT NULL`, db.Now(), db.live, db.in(longest(checkAfter)+lease))
		return err
	})
}

func longest(waits []time.Duration) time.Duration { return waits[len(waits)-1] }
