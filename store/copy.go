package store

import (
	"context"
	"errors"
	"fmt"
	"hash/maphash"
	"slices"
	"strings"
)

// What a copy can find wrong, in words for people.
var (
	ErrNothing = errors.New("there is no database, or an empty one, and nothing to copy")
	ErrOlder   = errors.New("the database lacks what this version, or an extra in its list, adds: start this program once with it, then copy")
	ErrAbsent  = errors.New("an extra has tables in the database, and is not in the program: put it into team/extras.go, " +
		"or drop its tables and its row in the table schemas")
	ErrNotEmpty  = errors.New("there are rows already: name a new file, or an empty database or schema of a server")
	ErrSame      = errors.New("it is the same database, or a copy of it that was made before: name another one, or drop that copy first")
	ErrUnlike    = errors.New("the table has other columns there")
	ErrNotCopied = errors.New("what was written is not what was read: a trigger, perhaps, has changed it")
)

// Copy is what was copied.
type Copy struct {
	Tables  []CopiedTable
	LeftOut []string // tables of nobody in the program
}

// CopiedTable is a table, and how many rows were copied. In some of these a text was changed, since a server does not take every byte.
type CopiedTable struct {
	Name           string
	Rows, Replaced int
}

// Look opens the database that is there to read from it, and changes nothing. Errors: those of Open, ErrNothing, ErrOlder, ErrAbsent.
func Look(ctx context.Context, address string, opt Options) (*DB, error) {
	db, err := newDB(opt)
	if err != nil {
		return nil, err
	}
	if err = kindOf(address).look(ctx, db, address); err == nil {
		err = db.isOurs(ctx)
	}
	if err != nil {
		return nil, errors.Join(db.engine.explain(err), db.Close())
	}
	return db, nil
}

// isOurs says whether a database has the schema of this program, neither less nor more.
func (db *DB) isOurs(ctx context.Context) error {
	versions, err := db.readVersions(ctx, db, new(Inspection))
	if err == nil && len(versions) == 0 {
		err = ErrNothing
	}
	for _, part := range db.parts() {
		if err == nil && versions[part.Part] != len(part.names()) {
			err = ErrOlder
		}
		delete(versions, part.Part)
	}
	for name, version := range versions {
		if err == nil && version > 0 {
			err = fmt.Errorf("%s: %w", name, ErrAbsent)
		}
	}
	return err
}

// CopyTo fills the empty database at the address with all that this one has at one moment, reads it again there, and compares.
// It is one transaction: one that ends halfway leaves nothing. Progress is told how many rows were written so far; nil:
// nobody waits. Errors: those of Open, ErrNotEmpty, ErrSame, ErrUnlike, ErrNotCopied.
func (db *DB) CopyTo(ctx context.Context, address string, progress func(rows int)) (done Copy, err error) {
	to, err := newDB(Options{Schemas: db.opt.Schemas, Now: db.opt.Now})
	if err != nil {
		return done, err
	}
	tag, err := db.Tag(ctx)
	if err != nil {
		return done, err
	}
	if err = kindOf(address).open(ctx, to, address); err == nil {
		err = to.inTx(ctx, migration, func(whole context.Context, tx *Tx) error {
			if err := to.mustBeEmpty(whole, tx, tag); err != nil {
				return err
			}
			if err := to.migrate(whole, tx); err != nil {
				return err
			}
			return db.engine.snapshot(whole, func(from Querier) (err error) {
				c := copying{left: ctx.Err, from: from, to: tx, storable: to.engine.storable, progress: progress, seed: maphash.MakeSeed()}
				done, err = c.all(whole, db.engine, to.engine)
				return err
			})
		})
	}
	return done, errors.Join(to.engine.explain(err), to.Close())
}

// mustBeEmpty allows for a schema, which a program that was started there has made, and for nothing that it has recorded.
func (db *DB) mustBeEmpty(ctx context.Context, tx *Tx, tag string) error {
	versions, err := db.readVersions(ctx, tx, new(Inspection))
	if err != nil || len(versions) == 0 {
		return err
	}
	if own, err := readTag(ctx, tx); err != nil {
		return err
	} else if own == tag {
		return ErrSame
	}
	tables, err := tablesOf(ctx, db.engine, tx)
	for _, t := range tables {
		if err != nil || t.name == "schemas" || t.name == "origin" {
			continue
		}
		var some bool
		if some, err = value[bool](ctx, tx, "look for rows", `SELECT EXISTS (SELECT 1 FROM `+quoted(t.name)+`)`); some {
			return ErrNotEmpty
		}
	}
	return err
}

// column is one of a table's.
type column struct{ table, name string }

// table has its columns in the order of their names, which is the same in every engine.
type table struct {
	name    string
	columns []string
}

func tablesOf(ctx context.Context, e engine, q Querier) (all []table, err error) {
	columns, err := e.columns(ctx, q)
	for _, c := range columns {
		if len(all) == 0 || all[len(all)-1].name != c.table {
			all = append(all, table{name: c.table})
		}
		t := &all[len(all)-1]
		t.columns = append(t.columns, c.name)
	}
	for _, t := range all {
		slices.SortFunc(t.columns, func(a, b string) int { return strings.Compare(strings.ToLower(a), strings.ToLower(b)) })
	}
	return all, because("read columns", err)
}

// quoted is a name as a statement has it, whatever words an engine keeps for itself.
func quoted(name string) string { return `"` + strings.ReplaceAll(name, `"`, `""`) + `"` }

// list is the table's columns as a statement has them.
func (t table) list() string {
	names := make([]string, len(t.columns))
	for i, name := range t.columns {
		names[i] = quoted(name)
	}
	return strings.Join(names, ", ")
}
