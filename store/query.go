package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"
)

// Querier is a write transaction, or the database outside of one.
type Querier interface {
	// QueryRowContext runs a query of which one row is read, as database/sql does.
	QueryRowContext(ctx context.Context, query string, args ...any) Row
	// each reads the rows of a query, until read says that it has enough.
	each(ctx context.Context, read func(Row) (more bool, err error), query string, args ...any) error
}

// Row is a row that a query has found, or, of QueryRowContext, may have found.
type Row interface{ Scan(into ...any) error }

// List runs a query and reads each row.
func List[T any](ctx context.Context, q Querier, read func(Row) (T, error), query string, args ...any) ([]T, error) {
	var list []T
	err := q.each(ctx, func(row Row) (bool, error) {
		one, err := read(row)
		list = append(list, one)
		return true, err
	}, query, args...)
	if err != nil {
		return nil, err
	}
	return list, nil
}

// reader reads through database/sql: from a pool, or in a transaction of it.
type reader struct {
	pool interface {
		QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
		QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
	}
}

func (r reader) QueryRowContext(ctx context.Context, query string, args ...any) Row {
	return r.pool.QueryRowContext(ctx, query, args...)
}

func (r reader) each(ctx context.Context, read func(Row) (bool, error), query string, args ...any) error {
	rows, err := r.pool.QueryContext(ctx, query, args...)
	if err != nil {
		return err
	}
	defer rows.Close()
	for more := true; more && rows.Next(); {
		if more, err = read(rows); err != nil {
			return err
		}
	}
	return rows.Err()
}

// Scan reads a row of one column, for List.
func Scan[T any](row Row) (one T, err error) {
	err = row.Scan(&one)
	return one, err
}

// numbers reads rows of a name and a number.
func numbers(ctx context.Context, q Querier, doing, query string, args ...any) (map[string]int, error) {
	all := map[string]int{}
	_, err := List(ctx, q, func(row Row) (name string, err error) {
		var number int
		err = row.Scan(&name, &number)
		all[name] = number
		return name, err
	}, query, args...)
	return all, because(doing, err)
}

// value reads the one value that a query finds; the zero value when it finds no row.
func value[T any](ctx context.Context, q Querier, doing, query string, args ...any) (T, error) {
	one, err := Scan[T](q.QueryRowContext(ctx, query, args...))
	_, err = found(doing, err)
	return one, err
}

// found says whether a query has found its row.
func found(doing string, err error) (bool, error) {
	if IsNoRows(err) {
		return false, nil
	}
	return err == nil, because(doing, err)
}

// because says in an error what was being done.
func because(doing string, err error) error {
	if err != nil {
		return fmt.Errorf("%s: %w", doing, err)
	}
	return nil
}

// IsNoRows says whether a query found nothing.
func IsNoRows(err error) bool { return errors.Is(err, sql.ErrNoRows) }

// exec runs a statement in a transaction of its own and says whether it changed a row.
func (db *DB) exec(ctx context.Context, how frame, doing, statement string, args ...any) (changed bool, err error) {
	err = db.inTx(ctx, how, func(ctx context.Context, tx *Tx) (err error) {
		changed, err = tx.Exec(ctx, doing, statement, args...)
		return err
	})
	return changed && err == nil, err
}

// ifAny runs do where a look outside of any transaction finds something to do: looking is cheap, writing
// holds up others. False: there was nothing, or somebody else was faster, so that do found no row.
func (db *DB) ifAny(ctx context.Context, doing string, do func(ctx context.Context, tx *Tx) error, look string, args ...any) (bool, error) {
	if some, err := value[bool](ctx, db, doing, look, args...); err != nil || !some {
		return false, err
	}
	return found(doing, db.InTx(ctx, do))
}

// bit is a bool as the tables have it.
func bit(yes bool) int {
	if yes {
		return 1
	}
	return 0
}

// unix is a time that the file has in Unix seconds.
type unix time.Time

// Scan is as database/sql has it.
func (u *unix) Scan(value any) error {
	var seconds sql.Null[int64]
	err := seconds.Scan(value)
	*u = unix(time.Unix(seconds.V, 0).UTC())
	return err
}
