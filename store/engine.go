package store

import (
	"cmp"
	"context"
	"errors"
	"strings"
)

// engine is one kind of database, as far as they differ. Every rule is said elsewhere, once for all of them.
type engine interface {
	// run has do run in a transaction, perhaps more than once, and returns the last run's.
	run(ctx context.Context, how frame, do func(context.Context, *Tx) error) (*Tx, error)
	// tables are the names of those that are there.
	tables(ctx context.Context, q Querier) ([]string, error)
	// columns are those of all tables, in the order in which these were made.
	columns(ctx context.Context, q Querier) ([]column, error)
	// snapshot has do read all at one moment, whatever is written meanwhile.
	snapshot(ctx context.Context, do func(Querier) error) error
	// given are the highest numbers that tables have ever given to rows, as far as that is known.
	given(ctx context.Context, q Querier) (map[string]int, error)
	// load has do write tables in any order, whatever refers to what. After it each numbers its rows on behind what was given.
	load(ctx context.Context, tx *Tx, given map[string]int, do func() error) error
	// storable is a text as it can be kept.
	storable(text string) string
	// several says whether transactions run side by side: what one has read may be otherwise once it has locked.
	several() bool
	// lockName has whoever else locks that name wait until the transaction ends.
	lockName(ctx context.Context, tx *Tx, name string) error
	// explain names the common reasons of an error, in words for people.
	explain(err error) error
	// stands says whether what is written is kept.
	stands() error
	// scrub takes out of files what was erased: see DB.Scrub.
	scrub(ctx context.Context) (clean bool, err error)
	close() error
}

// errAgain takes a transaction back that has locked somebody else than whom it is about by now, and begins it anew.
var errAgain = errors.New("it is somebody else's by now")

// frame is how a transaction is run.
type frame int

const (
	kept      frame = iota // it is on disk before it is answered
	soon                   // a power cut a moment later may take it back: it waits for what was done before alone
	shared                 // it is kept, and may share a transaction with others: it is about one user, whom it locks first
	migration              // it changes the schema, however long that takes, and one program after the other
)

// statements are a connection within a transaction.
type statements interface {
	// exec runs a statement and returns how many rows it changed.
	exec(ctx context.Context, text string, args ...any) (changed int64, err error)
	// later runs a statement, at the latest before the transaction is committed, and before any that follows.
	later(ctx context.Context, p pending) error
	// flush has what was to be run later run now.
	flush(ctx context.Context) error
	// each reads the rows of a statement, until read says that it has enough.
	each(ctx context.Context, read func(Row) (more bool, err error), text string, args ...any) error
	// script runs several statements without arguments.
	script(ctx context.Context, text string) error
}

// pending is a statement that nobody waits for.
type pending struct {
	doing string
	text  string
	args  []any
	read  func(Row) (more bool, err error) // its rows; nil: nobody wants them
}

// Problem is what can be wrong with a server, and what to do, in words for people and without a name out of its address.
type Problem struct{ What, Fix string }

func (p Problem) Error() string { return p.What + ": " + p.Fix }

// kind is how a database is opened, and looked at without a change to it. Each gives the DB its engine.
type kind struct {
	name    string                     // "": it is called by its path
	check   func(address string) error // whether an address can be one
	open    func(ctx context.Context, db *DB, address string) error
	look    func(ctx context.Context, db *DB, address string) error // opens what is there, to read
	inspect func(ctx context.Context, db *DB, address string, found *Inspection) error
}

// kinds are the engines besides that of files, by the scheme of an address.
func kinds() map[string]kind {
	return map[string]kind{
		"postgres": postgresKind(), "postgresql": postgresKind(), // the one line of postgres*.go
	}
}

// kindOf is the engine of an address, which is a file's path where it has none of the schemes.
func kindOf(address string) kind {
	scheme, _, named := strings.Cut(address, "://")
	if k, known := kinds()[scheme]; named && known {
		return k
	}
	return kind{check: func(string) error { return nil }, open: openFile, look: lookAtFile, inspect: inspectFile}
}

// IsFile says whether the address is a file's path, and not that of a server.
func IsFile(address string) bool { return kindOf(address).name == "" }

// Called is the database as people are told of it: a file's path, and of a server, in whose address a password may be, its kind.
func Called(address string) string { return cmp.Or(kindOf(address).name, address) }

// CheckAddress says whether the address can be one, without a look at what is there.
func CheckAddress(address string) error { return kindOf(address).check(address) }
