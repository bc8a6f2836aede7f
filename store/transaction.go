package store

import (
	"cmp"
	"context"
	"database/sql"
	"fmt"
	"strings"
)

// Tx is a write transaction. What it is asked must not outlive the function that got it.
type Tx struct {
	conn    statements
	err     error    // of the first statement that failed: none is run after it, and nothing is committed
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
// through functions of Tx. It may run do twice, the first time in vain: do sets anew what it leaves behind. A statement
// that fails has the transaction fail, whatever do returns.
func (db *DB) InTx(ctx context.Context, do func(ctx context.Context, tx *Tx) error) error {
	return db.inTx(ctx, kept, do)
}

func (db *DB) inTx(ctx context.Context, how frame, do func(ctx context.Context, tx *Tx) error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	tx, err := db.engine.run(ctx, how, func(ctx context.Context, tx *Tx) error {
		err := do(ctx, tx)
		return cmp.Or(err, tx.err)
	})
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

// fail has the transaction fail for that reason, if it is one, and the first.
func (tx *Tx) fail(err error) { tx.err = cmp.Or(tx.err, err) }

// Exec runs a statement and says whether it changed a row.
func (tx *Tx) Exec(ctx context.Context, doing, statement string, args ...any) (changed bool, err error) {
	if tx.err != nil {
		return false, tx.err
	}
	rows, err := tx.conn.exec(ctx, statement, args...)
	tx.wrote, tx.err = tx.wrote || err != nil || rows > 0, because(doing, err)
	return rows > 0, tx.err
}

// Write runs a statement of which nothing but its effect is wanted. A server gets it along with the next one or the commit.
// As with a bufio.Writer, whatever follows returns its error, too, and so does the transaction: where more follows it need not
// be looked at.
func (tx *Tx) Write(ctx context.Context, doing, statement string, args ...any) error {
	if tx.wrote = true; tx.err == nil {
		tx.err = tx.conn.later(ctx, pending{doing: doing, text: statement, args: args})
	}
	return tx.err
}

// along has a query read, or a statement that returns what it has changed, at the latest with the next one.
func (tx *Tx) along(ctx context.Context, doing string, read func(Row) error, query string, args ...any) {
	if tx.wrote = tx.wrote || !reads(query); tx.err == nil {
		tx.err = tx.conn.later(ctx, pending{doing, query, args, func(row Row) (bool, error) { return false, read(row) }})
	}
}

// script runs several statements that may change anything.
func (tx *Tx) script(ctx context.Context, doing, statements string) error {
	if tx.wrote = true; tx.err == nil {
		tx.err = because(doing, tx.conn.script(ctx, statements))
	}
	return tx.err
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
	if tx.err != nil {
		return tx.err
	}
	any := false
	tx.err = tx.conn.each(ctx, func(row Row) (bool, error) {
		any = true
		return read(row)
	}, query, args...)
	// Also where a query fails: on some errors SQLite takes the whole transaction back.
	tx.wrote = tx.wrote || tx.err != nil || any && !reads(query)
	return tx.err
}

// reads says whether a statement cannot change anything.
func reads(query string) bool { return strings.HasPrefix(strings.TrimSpace(query), "SELECT") }

// Panic is what a transaction has panicked with, and its stack, which is lost once the goroutine that waits panics with it.
type Panic struct {
	Value any
	Stack []byte
}

func (p *Panic) Error() string { return fmt.Sprintf("%v\n%s", p.Value, p.Stack) }
