package store

import "context"

// After is the state machine, for its tables.
func (s State) After(n News) State { return s.after(n) }

// Exec changes the file as somebody with another tool could.
func (db *DB) Exec(ctx context.Context, statement string) error {
	_, err := db.write.ExecContext(ctx, statement)
	return err
}
