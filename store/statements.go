package store

import (
	"bytes"
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"reflect"
	"strings"
)

// connection is one connection to the database, spoken to through the driver's standard interfaces: what
// database/sql adds is of use to a pool, and costs twice what SQLite does for a small statement. Each statement
// is prepared once. It is not safe for concurrent use.
type connection struct {
	driver   driver.Conn
	prepared map[string]*statement
	args     []driver.NamedValue
}

// statement is a prepared one. Its rows are read into one slice.
type statement struct {
	driver.Stmt
	row []driver.Value
}

func (c *connection) prepare(ctx context.Context, text string) (*statement, error) {
	if s := c.prepared[text]; s != nil {
		return s, nil
	}
	made, err := c.driver.(driver.ConnPrepareContext).PrepareContext(ctx, text)
	if err != nil {
		return nil, err
	}
	s := &statement{Stmt: made}
	c.prepared[text] = s
	return s, nil
}

// bind makes of arguments what a driver takes.
func (c *connection) bind(args []any) ([]driver.NamedValue, error) {
	c.args = c.args[:0]
	for i, arg := range args {
		value := driver.NamedValue{Ordinal: i + 1}
		switch arg := arg.(type) {
		case string, int64, nil:
			value.Value = arg
		case int:
			value.Value = int64(arg)
		default:
			var err error
			if value.Value, err = driver.DefaultParameterConverter.ConvertValue(arg); err != nil {
				return nil, fmt.Errorf("argument %d: %w", i+1, err)
			}
		}
		c.args = append(c.args, value)
	}
	return c.args, nil
}

func (c *connection) exec(ctx context.Context, text string, args ...any) (changed int64, err error) {
	if strings.Contains(text, "RETURNING ") { // left in the middle of its rows it would keep the commit from being made
		err = c.each(ctx, func(Row) (bool, error) { changed++; return true, nil }, text, args...)
		return changed, err
	}
	s, err := c.prepare(ctx, text)
	if err != nil {
		return 0, err
	}
	bound, err := c.bind(args)
	if err != nil {
		return 0, err
	}
	result, err := s.Stmt.(driver.StmtExecContext).ExecContext(ctx, bound)
	if err != nil {
		return 0, err
	}
	return result.RowsAffected()
}

// later runs the statement now: nothing would be gained.
func (c *connection) later(ctx context.Context, p pending) (err error) {
	if p.read == nil {
		_, err = c.exec(ctx, p.text, p.args...)
	} else {
		err = c.each(ctx, p.read, p.text, p.args...)
	}
	return because(p.doing, err)
}

func (c *connection) flush(context.Context) error { return nil }

func (c *connection) script(ctx context.Context, text string) error {
	_, err := c.driver.(driver.ExecerContext).ExecContext(ctx, text, nil)
	return err
}

func (c *connection) each(ctx context.Context, read func(Row) (more bool, err error), text string, args ...any) (err error) {
	s, err := c.prepare(ctx, text)
	if err != nil {
		return err
	}
	bound, err := c.bind(args)
	if err != nil {
		return err
	}
	rows, err := s.Stmt.(driver.StmtQueryContext).QueryContext(ctx, bound)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, rows.Close()) }() // also when read panics
	if s.row == nil {
		s.row = make([]driver.Value, len(rows.Columns()))
	}
	for more := true; more && err == nil; {
		if err = rows.Next(s.row); err == nil {
			more, err = read(values(s.row))
		}
	}
	if err == io.EOF {
		err = nil
	}
	return err
}

func (c *connection) close() error {
	var err error
	for _, s := range c.prepared { // one that is left keeps the file open, and what is beside it
		err = errors.Join(err, s.Close())
	}
	return errors.Join(err, c.driver.Close())
}

// values are a row as the driver has it.
type values []driver.Value

// Scan is as database/sql has it, for the types that the tables and their readers have.
func (v values) Scan(into ...any) error {
	if len(into) != len(v) {
		return fmt.Errorf("scan: %d columns into %d", len(v), len(into))
	}
	for i, value := range v {
		if err := assign(into[i], value); err != nil {
			return fmt.Errorf("scan column %d: %w", i+1, err)
		}
	}
	return nil
}

func assign(into any, value driver.Value) error {
	content, isBytes := value.([]byte)
	switch to := into.(type) {
	case sql.Scanner:
		return to.Scan(value)
	case *any:
		if *to = value; isBytes {
			*to = bytes.Clone(content)
		}
		return nil
	case *[]byte:
		if isBytes || value == nil {
			*to = bytes.Clone(content)
			return nil
		}
	}
	to := reflect.ValueOf(into).Elem()
	switch value := value.(type) {
	case string:
		if to.Kind() == reflect.String {
			to.SetString(value)
			return nil
		}
	case int64:
		switch {
		case to.CanInt():
			to.SetInt(value)
			return nil
		case to.Kind() == reflect.Bool:
			to.SetBool(value != 0)
			return nil
		}
	}
	return fmt.Errorf("a %T does not fit a %s", value, to.Type())
}
