// Package store owns the database: its schema, its transactions, and the
// rules that must hold when two requests, or two processes, arrive at once.
// It knows nothing of HTTP and never calls Stripe.
package store

import (
	"context"
	"crypto/cipher"
	"errors"
	"time"
)

// What Open can find wrong with the file or with the program, in words for people.
var (
	ErrNoCgo = errors.New("this program was built without cgo, and SQLite needs it: install a C compiler " +
		"(macOS: xcode-select --install; Debian, Ubuntu: apt install build-essential; Windows: MSYS2's mingw-w64 gcc), " +
		"then build again with CGO_ENABLED=1")
	ErrNewer      = errors.New("the database was written by a newer version of this program: run that one, or restore a backup")
	ErrPrerelease = errors.New("the database is of a version before the first release, and cannot be brought up to date: choose a new name, " +
		"then `reconcile -all` with `-adopt` fills it from Stripe; decisions and connected accounts are in the old file alone")
	ErrNotFile     = errors.New("it is a folder or a device: name a file")
	ErrNotDatabase = errors.New("the file is not an SQLite database: choose another name")
	ErrForeign     = errors.New("the file is the database of another program: choose another name")
	ErrDamaged     = errors.New("the database is damaged, or was cut off while it was copied: restore a backup")
	ErrOtherLog    = errors.New("beside the name is the write-ahead log (-wal) of a file that is not there any more: " +
		"stop the program if it runs, then put that file back, or move the log and what ends in -shm away")
	ErrLocked      = errors.New("another program keeps the database locked: end it, or what it does there, such as a change that is not saved")
	ErrNotWritable = errors.New("the file cannot be written: check that its folder exists, who owns it, and the free space")
	ErrNoLog       = errors.New("SQLite has no write-ahead log there, as on some network disks: choose a folder on a disk of this machine")
	ErrPart        = errors.New("the schema of a part does not fit")
)

// Options are the settings that the rules in this package depend on.
type Options struct {
	Livemode    bool       // which of Stripe's modes this program sees
	MaxAttempts int        // failed checks a user may have
	MaxPerDay   int        // ceiling on checks in 24 h, for all users; 0: none
	TokenKey    []byte     // 32 bytes: keep Connect refresh tokens, sealed with it; nil: they are not kept
	Consumers   []Consumer // what follows from outcomes
	Gate        bool       // one of them is asked before a verified session counts: see OutcomeAtGate
	Schemas     []Schema   // of the parts that have tables of their own, after the core's
	Place       string     // where this program listens, where no other one can: its turns are not waited for; "": it is not known
	Now         func() time.Time
	Observers   []func(Change) // told of each change of a verification once it is committed; must not block
	Lost        func(error)    // told once why, when nothing is recorded any more until the next start; must not block
}

// Change is what a piece of news has done to a verification. Before and After
// are the same where it only told of an attempt, or of the session's id.
type Change struct {
	SessionID, UserID string
	Before, After     State
	Counted           bool // a new attempt
	ByEvent           bool // told by a webhook or an event that was listed, not by an answer
}

// DB is the open database. All its methods are safe for concurrent use.
type DB struct {
	Querier // read: outside of any transaction, and it cannot write
	engine  engine
	opt     Options
	live    int                      // opt.Livemode as the tables have it
	due     map[string]chan struct{} // by consumer: there may be work
	tokens  cipher.AEAD              // made of opt.TokenKey
	made    bool
}

// Open opens the database at the address, makes its file if that is not there, and brings its schema up
// to date. One that cannot be ours is left as it is. Errors: those above, ErrPart.
func Open(ctx context.Context, address string, opt Options) (*DB, error) {
	db, err := newDB(opt)
	if err != nil {
		return nil, err
	}
	if err = kindOf(address).open(ctx, db, address); err == nil {
		err = db.inTx(ctx, migration, db.migrate)
	}
	if err == nil {
		err = db.NotAhead(ctx)
	}
	if err == nil && !opt.Gate {
		err = db.closeGate(ctx)
	}
	if err != nil {
		return nil, errors.Join(db.engine.explain(err), db.Close())
	}
	return db, nil
}

// newDB is one that is not open yet.
func newDB(opt Options) (db *DB, err error) {
	if opt.Now == nil {
		opt.Now = time.Now
	}
	db = &DB{opt: opt, live: bit(opt.Livemode), due: map[string]chan struct{}{}}
	for _, c := range opt.Consumers {
		db.due[c.Name] = make(chan struct{}, 1)
	}
	db.tokens, err = tokenCipher(opt.TokenKey)
	return db, err
}

// Close closes the database; again, it does nothing. A file's waits for the transactions that were asked for; on a server they end
// by themselves.
func (db *DB) Close() error { return db.engine.close() }

// Ping reads from the database, as a health check. An error also where nothing is recorded any more. Errors: ErrMoved.
func (db *DB) Ping(ctx context.Context) error {
	if err := db.engine.stands(); err != nil {
		return err
	}
	_, err := value[int](ctx, db, "read database", "SELECT count(*) FROM schemas")
	return err
}

// Made says whether Open has made its tables, so that nothing was in it.
func (db *DB) Made() bool { return db.made }

// Live is the mode of this program as the column livemode has it.
func (db *DB) Live() int { return db.live }

// Now is our clock in Unix seconds. It dates rows; it never decides about an outcome.
func (db *DB) Now() int64 { return db.opt.Now().Unix() }

// in is our clock after that time.
func (db *DB) in(wait time.Duration) int64 { return db.Now() + int64(wait.Seconds()) }
