package store

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgtype"
)

// conversation is a transaction on a server, in as few round trips as can be: what nobody waits for goes along with the next
// statement that somebody does wait for, the beginning with the first, and what is left with the commit. The server runs one
// after the other all the same, and each sees what was committed while the one before it waited.
type conversation struct {
	line   line // where nobody else is on it
	ask    func(ctx context.Context, all []pending) (last pgconn.CommandTag, err error)
	queued []pending
}

func (c *conversation) later(_ context.Context, p pending) error {
	c.queued = append(c.queued, p)
	return nil
}

func (c *conversation) flush(ctx context.Context) error {
	_, err := c.send(ctx)
	return err
}

func (c *conversation) exec(ctx context.Context, text string, args ...any) (changed int64, err error) {
	tag, err := c.send(ctx, pending{text: text, args: args})
	return tag.RowsAffected(), err
}

func (c *conversation) each(ctx context.Context, read func(Row) (bool, error), text string, args ...any) error {
	_, err := c.send(ctx, pending{text: text, args: args, read: read})
	return err
}

func (c *conversation) script(ctx context.Context, text string) error {
	if err := c.flush(ctx); err != nil { // which also begins
		return err
	}
	_, err := c.line.conn.Exec(ctx, schemaOf(text))
	return err
}

// send asks what waits, and then these.
func (c *conversation) send(ctx context.Context, last ...pending) (pgconn.CommandTag, error) {
	all := append(c.queued, last...)
	c.queued = nil
	return c.ask(ctx, all)
}

// line is a connection.
type line struct{ conn *pgx.Conn }

// idle says whether there is no transaction.
func (l line) idle() bool { return l.conn.PgConn().TxStatus() == 'I' }

// ask begins a transaction, if there is none, and asks all that in one round trip.
func (l line) ask(ctx context.Context, all []pending) (tag pgconn.CommandTag, err error) {
	if l.idle() {
		all = slices.Insert(all, 0, pending{doing: "begin", text: "BEGIN ISOLATION LEVEL READ COMMITTED"})
	}
	var batch pgx.Batch
	for _, p := range all {
		args, err := arguments(p.args)
		if err != nil {
			return tag, because(p.doing, err)
		}
		batch.Queue(spoken(p.text), args...)
	}
	results := l.conn.SendBatch(ctx, &batch)
	for _, p := range all {
		if tag, err = answer(results, p.read); err != nil {
			err = because(p.doing, err)
			break
		}
	}
	if closing := results.Close(); err == nil {
		err = closing
	}
	return tag, err
}

// commit ends the transaction with what is left to ask.
func (l line) commit(ctx context.Context, left []pending) error {
	tag, err := l.ask(ctx, append(left, pending{doing: "commit", text: "COMMIT"}))
	if err == nil && tag.String() == "ROLLBACK" {
		return errors.New("commit: a statement has failed before, and nobody minded")
	}
	return err
}

// end takes back what was not committed. A connection of which nobody knows how it stands is closed.
func (l line) end() {
	if l.conn.IsClosed() || l.idle() {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	if _, err := l.conn.Exec(ctx, "ROLLBACK"); err != nil {
		_ = l.conn.Close(ctx)
	}
}

// answer reads what has become of the next statement.
func answer(results pgx.BatchResults, read func(Row) (bool, error)) (tag pgconn.CommandTag, err error) {
	rows, err := results.Query()
	if err != nil {
		return tag, err
	}
	defer rows.Close() // also when read panics
	for more := read != nil; more && rows.Next(); {
		var row values
		if row, err = plain(rows); err == nil {
			more, err = read(row)
		}
		if err != nil {
			return tag, err
		}
	}
	rows.Close()
	return rows.CommandTag(), rows.Err()
}

// plain is a row as the other engine has it, too.
func plain(rows pgx.Rows) (values, error) {
	all, err := rows.Values()
	row := make(values, len(all))
	for i, value := range all {
		switch value := value.(type) {
		case int32:
			row[i] = int64(value)
		case bool:
			row[i] = int64(bit(value))
		case pgtype.Numeric: // a sum
			whole, e := value.Int64Value()
			row[i], err = whole.Int64, errors.Join(err, e)
		default:
			row[i] = value
		}
	}
	return row, err
}

// arguments are what the driver takes, without what the server would refuse.
func arguments(args []any) ([]any, error) {
	all := make([]any, len(args))
	for i, arg := range args {
		value, err := driver.DefaultParameterConverter.ConvertValue(arg)
		if err != nil {
			return nil, fmt.Errorf("argument %d: %w", i+1, err)
		}
		all[i] = value
	}
	return readable(all), nil
}
