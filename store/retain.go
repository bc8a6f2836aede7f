package store

import (
	"context"
	"fmt"
	"time"
)

const (
	retireAtOnce = 100 // sessions that come of age in one transaction
	eventsAtOnce = 200 // event rows removed in one: a webhook waits for a few milliseconds at most
)

// Retire has sessions redacted with which nothing has happened since before:
// finished ones, and failed ones to which nobody came back. It takes a hundred at
// most, and says whether it found any.
func (db *DB) Retire(ctx context.Context, before time.Time) (bool, error) {
	const old = `livemode = ?1 AND created_at < ?2 AND redact_at IS NULL AND redacted_at IS NULL AND session_id IS NOT NULL
		AND status <> 'processing' AND max(news_at, opened_at) < ?2 AND (status <> 'requires_input' OR error_code <> '')
		AND needs_review = 0 AND comparison <> 'waiting'` // somebody has yet to look at it
	// They are due at once, the same as if somebody had asked for it then.
	return db.inBatch(ctx, `SELECT EXISTS (SELECT 1 FROM verifications WHERE `+old+`)`,
		`UPDATE verifications SET redact_at = ?2 WHERE rowid IN (SELECT rowid FROM verifications WHERE `+old+` LIMIT ?3)`,
		before, retireAtOnce)
}

// RemoveEvents removes rows of events that Stripe made before that time, two
// hundred at most, and says whether there were any.
func (db *DB) RemoveEvents(ctx context.Context, before time.Time) (bool, error) {
	return db.inBatch(ctx, `SELECT EXISTS (SELECT 1 FROM events WHERE livemode = ?1 AND created_at < ?2)`,
		`DELETE FROM events WHERE rowid IN (SELECT rowid FROM events WHERE livemode = ?1 AND created_at < ?2 LIMIT ?3)`,
		before, eventsAtOnce)
}

// inBatch changes rows if there are any: looking does not hold up a writer.
func (db *DB) inBatch(ctx context.Context, look, change string, before time.Time, atOnce int) (bool, error) {
	var found bool
	if err := db.read.QueryRowContext(ctx, look, db.live, before.Unix()).Scan(&found); err != nil || !found {
		return false, err
	}
	err := db.inTx(ctx, func(ctx context.Context, tx *txn) error {
		if _, err := tx.ExecContext(ctx, change, db.live, before.Unix(), atOnce); err != nil {
			return fmt.Errorf("retire old rows: %w", err)
		}
		return nil
	})
	return err == nil, err
}
