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
	LastEvent       time.Time // when a webhook event was received last, by our clock; zero: never
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
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return found, fmt.Errorf("begin transaction: %w", err)
	}
	defer tx.Rollback()
	if err := tx.QueryRowContext(ctx, "PRAGMA user_version").Scan(&found.Version); err != nil {
		return found, fmt.Errorf("read schema version: %w", err)
	}
	if found.Version > found.Newest {
		return found, ErrNewer
	}
	// SQLite gives the lock for writing also on a file that cannot be written. The rollback takes this back.
	if _, err := tx.ExecContext(ctx, fmt.Sprintf("PRAGMA user_version = %d", found.Version)); err != nil {
		return found, fmt.Errorf("try to write: %w", err)
	}
	if found.Version == 0 {
		return found, nil // nothing in it yet
	}
	var last sql.NullInt64
	if err := tx.QueryRowContext(ctx, `SELECT max(received_at) FROM events WHERE livemode = ?`, livemode).Scan(&last); err != nil {
		return found, fmt.Errorf("find last event: %w", err)
	}
	if last.Valid {
		found.LastEvent = time.Unix(last.Int64, 0).UTC()
	}
	return found, nil
}
