package store

import "context"

// After is the state machine, for its tables.
func (s State) After(n News) State { return s.next(n) }

// Waiting is how many transactions wait for their turn.
func (db *DB) Waiting() int { return len(db.writer.waiting) }

// Count runs a query that gives one number, outside of any transaction.
func (db *DB) Count(ctx context.Context, query string, args ...any) (n int, err error) {
	err = db.read.QueryRowContext(ctx, query, args...).Scan(&n)
	return n, err
}

// Exec runs a statement on the connection that writes, while nobody else does.
func (db *DB) Exec(ctx context.Context, statement string) error {
	return db.writer.conn.script(ctx, statement)
}
