package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"
)

// Inspection is what a look at the file finds, without a change to it.
type Inspection struct {
	Version, Newest int       // of the schema: the file's, and this program's
	LastEvent       time.Time // when Stripe's newest webhook event was received, by our clock; zero: never
}

// Inspect looks at the file that is there, without making or migrating it, and
// tries whether it could be written. Errors: ErrNoCgo, ErrNewer, ErrNotDatabase,
// ErrNotWritable.
func Inspect(ctx context.Context, path string, livemode bool) (Inspection, error) {
	if !BuiltWithCgo {
		return Inspection{}, ErrNoCgo
	}
	db, err := sql.Open("sqlite3", address(path)+"?mode=rw&_txlock=immediate&_busy_timeout=5000")
	if err != nil {
		return Inspection{}, fmt.Errorf("open database: %w", err)
	}
	found, err := inspect(ctx, db, livemode)
	if err != nil {
		err = explain(err)
	}
	return found, errors.Join(err, db.Close())
}

func inspect(ctx context.Context, db *sql.DB, livemode bool) (Inspection, error) {
	names, err := migrations.ReadDir("migrations")
	if err != nil {
		return Inspection{}, fmt.Errorf("list migrations: %w", err)
	}
	found := Inspection{Newest: len(names)}
	if err := found.tryToWrite(ctx, db); err != nil || found.Version == 0 {
		return found, err // version 0: nothing in it yet
	}
	// With the lock for writing given back, and by an index: webhooks go on meanwhile.
	var last int64
	err = db.QueryRowContext(ctx, `SELECT received_at FROM events WHERE livemode = ? ORDER BY created_at DESC LIMIT 1`, livemode).Scan(&last)
	if isNoRows(err) {
		return found, nil
	} else if err != nil {
		return found, fmt.Errorf("find last event: %w", err)
	}
	found.LastEvent = time.Unix(last, 0).UTC()
	return found, nil
}

// tryToWrite reads the file's version, and tries whether it could be written.
func (found *Inspection) tryToWrite(ctx context.Context, db *sql.DB) error {
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return fmt.Errorf("begin transaction: %w", err)
	}
	defer tx.Rollback()
	if err := tx.QueryRowContext(ctx, "PRAGMA user_version").Scan(&found.Version); err != nil {
		return fmt.Errorf("read schema version: %w", err)
	}
	if found.Version > found.Newest {
		return ErrNewer
	}
	// SQLite gives the lock for writing also on a file that cannot be written. The rollback takes this back.
	if _, err := tx.ExecContext(ctx, fmt.Sprintf("PRAGMA user_version = %d", found.Version)); err != nil {
		return fmt.Errorf("try to write: %w", err)
	}
	return nil
}
