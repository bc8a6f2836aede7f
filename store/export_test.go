package store

import "context"

// After is the state machine, for its tables.
func (s State) After(n News) State { return s.after(n) }

// InTx runs do in a write transaction. It is given what runs a statement in it.
func (db *DB) InTx(ctx context.Context, do func(exec func(query string, args ...any) error) error) error {
	return db.inTx(ctx, func(ctx context.Context, tx *txn) error {
		return do(func(query string, args ...any) error {
			_, err := tx.ExecContext(ctx, query, args...)
			return err
		})
	})
}

// Waiting is how many transactions wait for their turn.
func (db *DB) Waiting() int { return len(db.group.waiting) }

// Count runs a query that gives one number, outside of any transaction.
func (db *DB) Count(ctx context.Context, query string, args ...any) (n int, err error) {
	err = db.read.QueryRowContext(ctx, query, args...).Scan(&n)
	return n, err
}

// Exec runs a statement on the connection that writes, while nobody else does.
func (db *DB) Exec(ctx context.Context, statement string) error {
	_, err := db.group.conn.ExecContext(ctx, statement)
	return err
}
