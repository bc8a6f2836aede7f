package store

import (
	"context"
	"strings"
)

// engine is one kind of database, as far as they differ. Every rule is said elsewhere, once for all of them.
type engine interface {
	// run has do run in a transaction, perhaps more than once, and returns the last run's.
	run(ctx context.Context, how frame, do func(context.Context, *Tx) error) (*Tx, error)
	// tables are the names of those that are there.
	tables(ctx context.Context, q Querier) ([]string, error)
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

// frame is how a transaction is run.
type frame int

const (
	kept      frame = iota // it is on disk before it is answered
	soon                   // a power cut a moment later may take it back: it waits for what was done before alone
	migration              // it changes the schema, however long that takes, and one program after the other
)

// statements are a connection within a transaction.
type statements interface {
	// exec runs a statement and returns how many rows it changed.
	exec(ctx context.Context, text string, args ...any) (changed int64, err error)
	// each reads the rows of a statement, until read says that it has enough.
	each(ctx context.Context, read func(Row) (more bool, err error), text string, args ...any) error
	// script runs several statements without arguments.
	script(ctx context.Context, text string) error
}

// kind is how a database is opened, and looked at without a change to it. Both give the DB its engine.
type kind struct {
	open    func(ctx context.Context, db *DB, address string) error
	inspect func(ctx context.Context, db *DB, address string, found *Inspection) error
}

// kinds are the engines besides that of files, by the scheme of an address.
func kinds() map[string]kind {
	return map[string]kind{
		"postgres": {openPostgres, inspectPostgres}, "postgresql": {openPostgres, inspectPostgres}, // the one line of postgres*.go
	}
}

// kindOf is the engine of an address, which is a file's path where it has none of the schemes.
func kindOf(address string) kind {
	scheme, _, _ := strings.Cut(address, "://")
	if k, ok := kinds()[scheme]; ok {
		return k
	}
	return kind{openFile, inspectFile}
}

// IsFile says whether the address is a file's path, and not that of a server.
func IsFile(address string) bool {
	scheme, _, _ := strings.Cut(address, "://")
	_, ok := kinds()[scheme]
	return !ok
}
