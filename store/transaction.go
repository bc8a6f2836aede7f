package store

import (
	"context"
	"database/sql"
	"fmt"
	"strings"
)

// Tx is a write transaction. What it is asked must not outlive the function that got it.
type Tx struct {
	conn    statements
	wrote   bool     // a statement has changed something, or failed
	written []string // kinds of the actions written in it
	change  *Change  // what it has done to a verification
	erased  bool     // it has removed what must not stay in the file's bytes
	user    int64    // the number of the one whom it has locked to hear news of him
	minutes minutes  // what it adds to the table
	group   minutes  // what those before it in the group add
}

// InTx is the only way to write. The statements run under a context that cannot be cancelled: a browser that
// leaves must not roll back half a transaction. Parts with tables of their own write those, and the core's
// through functions of Tx. It may run do twice, the first time in vain: do sets anew what it leaves behind.
func (db *DB) InTx(ctx context.Context, do func(ctx context.Context, tx *Tx) error) error {
	return db.inTx(ctx, kept, do)
}

func (db *DB) inTx(ctx context.Context, how frame, do func(ctx context.Context, tx *Tx) error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	tx, err := db.engine.run(ctx, how, do)
	if err != nil {
		return err
	}
	for _, kind := range tx.written {
		select {
		case db.due[kind] <- struct{}{}:
		default: // told already
		}
	}
	for _, tell := range db.opt.Observers {
		if tx.change != nil {
			tell(*tx.change)
		}
	}
	return nil
}

// Exec runs a statement and says whether it changed a row.
func (tx *Tx) Exec(ctx context.Context, doing, statement string, args ...any) (changed bool, err error) {
	rows, err := tx.conn.exec(ctx, statement, args...)
	tx.wrote = tx.wrote || err != nil || rows > 0
	return rows > 0, because(doing, err)
}

// Write runs a statement of which nothing but its effect is wanted. A server gets it along with the next one or the commit,
// which may return its error.
func (tx *Tx) Write(ctx context.Context, doing, statement string, args ...any) error {
	tx.wrote = true
	return tx.conn.later(ctx, pending{doing: doing, text: statement, args: args})
}

// along has a query read, or a statement that returns what it has changed, at the latest with the next one.
func (tx *Tx) along(ctx context.Context, doing string, read func(Row) error, query string, args ...any) error {
	err := tx.conn.later(ctx, pending{doing, query, args, func(row Row) (bool, error) { return false, read(row) }})
	tx.wrote = tx.wrote || err != nil || !reads(query)
	return err
}

// script runs several statements that may change anything.
func (tx *Tx) script(ctx context.Context, doing, statements string) error {
	tx.wrote = true
	return because(doing, tx.conn.script(ctx, statements))
}

// QueryRowContext reads one row of a query, or of a statement that returns what it has changed.
func (tx *Tx) QueryRowContext(ctx context.Context, query string, args ...any) Row {
	return oneRow{tx, ctx, query, args}
}

type oneRow struct {
	in    Querier
	ctx   context.Context
	query string
	args  []any
}

// Scan runs the statement: its error is sql.ErrNoRows where it finds nothing.
func (r oneRow) Scan(into ...any) error {
	found := false
	err := r.in.each(r.ctx, func(row Row) (bool, error) {
		found = true
		return false, row.Scan(into...)
	}, r.query, r.args...)
	if err == nil && !found {
		return sql.ErrNoRows
	}
	return err
}

func (tx *Tx) each(ctx context.Context, read func(Row) (bool, error), query string, args ...any) error {
	any := false
	err := tx.conn.each(ctx, func(row Row) (bool, error) {
		any = true
		return read(row)
	}, query, args...)
	// Also where a query fails: on some errors SQLite takes the whole transaction back.
	tx.wrote = tx.wrote || err != nil || any && !reads(query)
	return err
}

// reads says whether a statement cannot change anything.
func reads(query string) bool { return strings.HasPrefix(strings.TrimSpace(query), "SELECT") }

// Panic is what a transaction has panicked with, and its stack, which is lost once the goroutine that waits panics with it.
type Panic struct {
	Value any
	Stack []byte
}

func (p *Panic) Error() string { return fmt.Sprintf("%v\n%s", p.Value, p.Stack) }
