package store

import "context"

// NotAhead has done now what was written while the clock was ahead, and would wait until that time has come: an action that
// is due later than any that is put off now, and the look at a session that has changed in the future. Our clock decides when to look, and never for how long nobody does.
func (db *DB) NotAhead(ctx context.Context) error {
	return db.InTx(ctx, func(ctx context.Context, tx *Tx) error {
		tx.Write(ctx, "bring actions forward", `UPDATE actions SET due_at = $1, lease_until = 0 WHERE livemode = $2
			AND due_at IS NOT NULL AND done_at IS NULL AND failed_at IS NULL AND (due_at > $3 OR lease_until > $4)`,
			db.Now(), db.live, db.in(backOff[len(backOff)-1]+lease), db.in(2*lease))
		return tx.Write(ctx, "bring checks forward", `UPDATE verifications SET check_at = $1, updated_at = $1, opened_at = $1 WHERE livemode = $2 AND check_at > $1
			AND status IN ('requires_input', 'processing') AND session_id IS NOT NULL AND (updated_at > $3 OR opened_at > $3)`, db.Now(), db.live, db.in(lease))
	})
}
