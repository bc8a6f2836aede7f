package store

import (
	"context"
	"fmt"
)

// After is the state machine, for its tables.
func (s State) After(n News) State { return s.next(n) }

// Contradicts says whether Stripe has to be asked.
func (s State) Contradicts(n News) bool { return s.contradicts(n) || s.unsettled(n) }

// SaveAccount is Connect for a state that is not of interest.
func (db *DB) SaveAccount(ctx context.Context, a Account, refreshToken string) error {
	return db.Connect(ctx, "", a, refreshToken)
}

// Waiting is how many transactions wait for their turn.
func (db *DB) Waiting() int { return len(db.file().writer.waiting) }

// Count runs a query that gives one number, outside of any transaction.
func (db *DB) Count(ctx context.Context, query string, args ...any) (n int, err error) {
	err = db.QueryRowContext(ctx, query, args...).Scan(&n)
	return n, err
}

// Exec runs a statement on the connection that writes, while nobody else does.
func (db *DB) Exec(ctx context.Context, statement string) error {
	if f, ok := db.engine.(*sqlite); ok {
		return f.writer.conn.script(ctx, statement)
	}
	return db.InTx(ctx, func(ctx context.Context, tx *Tx) error { return tx.script(ctx, "write", statement) })
}

// NoSync is for tests about the order of things, and not about power cuts.
func (db *DB) NoSync(ctx context.Context) error {
	if f, ok := db.engine.(*sqlite); ok {
		return f.writer.conn.script(ctx, "PRAGMA synchronous = OFF")
	}
	return nil
}

// WatchPreparing tells what a statement reads and changes whenever SQLite prepares one on the connection that writes:
// then, and only then, it asks whether that may be done. All that were prepared before are so once more.
func (db *DB) WatchPreparing(tell func(what string)) {
	conn, ok := db.file().writer.conn.driver.(interface {
		RegisterAuthorizer(callback func(action int, first, second, database string) int)
	})
	if !ok {
		panic("the driver has no RegisterAuthorizer any more")
	}
	conn.RegisterAuthorizer(func(action int, first, second, _ string) int {
		tell(fmt.Sprintf("%d %s %s", action, first, second))
		return 0
	})
}

// ReplaceLog puts another one in the place of SQLite's write-ahead log, for what is synced.
func (db *DB) ReplaceLog(log interface{ Sync() error }) {
	db.file().writer.durable.turn <- struct{}{}
	db.file().writer.durable.log = log
	<-db.file().writer.durable.turn
}

// Path is where the database is.
func (db *DB) Path() string { return db.file().writer.durable.places[0].path }

// HoldReaders has all connections that read opened, and gives them back.
func (db *DB) HoldReaders(ctx context.Context) error {
	for range db.file().read.Stats().MaxOpenConnections {
		conn, err := db.file().read.Conn(ctx)
		if err != nil {
			return err
		}
		defer conn.Close()
	}
	return nil
}

// file is the engine of a test that is about the file.
func (db *DB) file() *sqlite { return db.engine.(*sqlite) }
