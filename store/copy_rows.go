package store

import (
	"context"
	"encoding/binary"
	"fmt"
	"hash/maphash"
	"slices"
	"strings"
)

// copying is a copy under way.
type copying struct {
	left     func() error // whether nobody waits for it any more
	from     Querier      // at one moment
	to       *Tx
	storable func(text string) string
	progress func(rows int)
	rows     int // of the tables that are copied
	seed     maphash.Seed
}

// all copies what both have tables for.
func (c *copying) all(ctx context.Context, from, to engine) (done Copy, err error) {
	sources, err := tablesOf(ctx, from, c.from)
	if err != nil {
		return done, err
	}
	targets, err := tablesOf(ctx, to, c.to)
	if err != nil {
		return done, err
	}
	given, err := from.given(ctx, c.from)
	if err != nil {
		return done, because("read numbers", err)
	}
	same, left, err := pair(sources, targets)
	if err != nil {
		return done, err
	}
	done.LeftOut = left
	named := map[string]int{} // as they are called there
	for i, t := range targets {
		named[t.name] = given[same[i].name]
	}
	err = to.load(ctx, c.to, named, func() error {
		for _, t := range targets { // what scripts have written
			c.to.Write(ctx, "empty "+t.name, `DELETE FROM `+quoted(t.name))
		}
		for i, t := range targets {
			copied, err := c.table(ctx, same[i], t)
			if err != nil {
				return fmt.Errorf("copy %s: %w", t.name, err)
			}
			done.Tables = append(done.Tables, copied)
		}
		return nil
	})
	return done, err
}

// pair finds what each of the targets is called in the source, and which tables of that are nobody's in the program.
func pair(sources, targets []table) (same []table, left []string, err error) {
	for _, t := range targets {
		i := slices.IndexFunc(sources, func(s table) bool { return strings.EqualFold(t.name, s.name) })
		if i < 0 || !slices.EqualFunc(t.columns, sources[i].columns, strings.EqualFold) {
			return nil, nil, fmt.Errorf("%s: %w", t.name, ErrUnlike)
		}
		same = append(same, sources[i])
	}
	for _, s := range sources {
		if !slices.ContainsFunc(targets, func(t table) bool { return strings.EqualFold(t.name, s.name) }) {
			left = append(left, s.name)
		}
	}
	return same, left, nil
}

// atOnce is how many values one statement writes: SQLite takes 32,766, and of more than some thousands nothing gets faster.
const atOnce = 4000

// table copies one table, reads it again, and compares.
func (c *copying) table(ctx context.Context, from, to table) (done CopiedTable, err error) {
	done.Name = to.name
	most := max(1, atOnce/len(to.columns)) * len(to.columns)
	full, batch := to.insert(most), make([]any, 0, most)
	var read, written sum
	err = from.each(ctx, c.from, func(row []any) error {
		if c.replace(row) {
			done.Replaced++
		}
		read.add(c.seed, row)
		if batch = append(batch, row...); len(batch) < most {
			return nil
		}
		err := c.write(ctx, full, batch)
		c.told(read.rows)
		batch = batch[:0]
		return err
	})
	if err == nil && len(batch) > 0 {
		err = c.write(ctx, to.insert(len(batch)), batch)
	}
	if err == nil {
		err = to.each(ctx, c.to, func(row []any) error { written.add(c.seed, row); return c.left() })
	}
	if err == nil && (read.rows != written.rows || read.all != written.all) {
		err = fmt.Errorf("%w (rows read: %d, written: %d)", ErrNotCopied, read.rows, written.rows)
	}
	c.told(read.rows)
	c.rows, done.Rows = c.rows+read.rows, read.rows
	return done, err
}

// told tells how many rows of this table have been written.
func (c *copying) told(rows int) {
	if c.progress != nil {
		c.progress(c.rows + rows)
	}
}

func (c *copying) write(ctx context.Context, text string, values []any) error {
	if err := c.left(); err != nil {
		return err
	}
	_, err := c.to.Exec(ctx, "write rows", text, values...)
	return err
}

// insert is the statement that writes so many values.
func (t table) insert(values int) string {
	text := []byte(`INSERT INTO ` + quoted(t.name) + ` (` + t.list() + `) VALUES (`)
	for i := range values {
		switch {
		case i == 0:
		case i%len(t.columns) == 0:
			text = append(text, "), ("...)
		default:
			text = append(text, ", "...)
		}
		text = fmt.Appendf(text, "$%d", i+1)
	}
	return string(append(text, ')'))
}

// replace changes texts that cannot be kept as they are, which is told, and says whether there were any.
func (c *copying) replace(row []any) (some bool) {
	for i, value := range row {
		if text, ok := value.(string); ok && c.storable(text) != text {
			row[i], some = c.storable(text), true
		}
	}
	return some
}

// each reads all rows, one after the other into the same slice.
func (t table) each(ctx context.Context, q Querier, read func(row []any) error) error {
	row, into := make([]any, len(t.columns)), make([]any, len(t.columns))
	for i := range row {
		into[i] = &row[i]
	}
	return q.each(ctx, func(r Row) (bool, error) {
		if err := r.Scan(into...); err != nil {
			return false, err
		}
		return true, read(row)
	}, `SELECT `+t.list()+` FROM `+quoted(t.name))
}

// sum is of all rows of a table, each with all its values. It is the same in whatever order they are read: two engines need
// not agree on one, nor need a table have a key.
type sum struct {
	rows    int
	all     uint64
	encoded []byte // of a row, for the next one's, too
}

func (s *sum) add(seed maphash.Seed, row []any) {
	s.encoded = s.encoded[:0]
	for _, value := range row {
		switch value := value.(type) {
		case nil:
			s.encoded = append(s.encoded, 'n')
		case int64:
			s.encoded = binary.BigEndian.AppendUint64(append(s.encoded, 'i'), uint64(value))
		case string:
			s.encoded = append(binary.BigEndian.AppendUint64(append(s.encoded, 's'), uint64(len(value))), value...)
		default: // with its type, and where it ends
			text := fmt.Sprintf("%T %v", value, value)
			s.encoded = append(binary.BigEndian.AppendUint64(append(s.encoded, 'o'), uint64(len(text))), text...)
		}
	}
	s.rows, s.all = s.rows+1, s.all+maphash.Bytes(seed, s.encoded)
}
