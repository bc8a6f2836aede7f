package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"

	_ "github.com/mattn/go-sqlite3" // registers the driver "sqlite3"
)

// sqlite is the engine of files.
type sqlite struct {
	db      *DB
	read    *sql.DB
	writer  *writer
	file    *os.File    // see readHeader; nil: there is none
	unclean atomic.Bool // the write-ahead log may hold what was erased
}

// openFile opens the file at path, and makes it if it is not there.
func openFile(ctx context.Context, db *DB, path string) error {
	s := &sqlite{db: db}
	db.engine = s
	marked, err := s.recognise(ctx, path, new(Inspection))
	if err != nil {
		return err
	}
	// Only its owner reads the file; SQLite gives the ones beside it the same rights.
	if s.file == nil {
		s.file, _ = os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600) // SQLite says what is wrong
	}
	s.unclean.Store(true) // the program may have ended before it could scrub
	return because("open database", s.open(ctx, path, marked))
}

// inspectFile looks at the file that is there, and leaves it open.
func inspectFile(ctx context.Context, db *DB, path string, found *Inspection) error {
	s := &sqlite{db: db}
	db.engine = s
	if _, err := s.recognise(ctx, path, found); err != nil {
		return err
	}
	if err := s.openToRead(address(path) + "?mode=rw&_txlock=immediate&_busy_timeout=5000"); err != nil {
		return err
	}
	// SQLite gives the lock for writing also on a file that cannot be written. The rollback takes this back.
	return db.tryToWrite(ctx, s.read, "CREATE TABLE doctor (tried INTEGER)", found)
}

func (s *sqlite) openToRead(dsn string) (err error) {
	s.read, err = sql.Open("sqlite3", dsn)
	s.db.Querier = reader{s.read}
	return because("open database", err)
}

// run is one of the writer's transactions.
func (s *sqlite) run(ctx context.Context, how frame, do func(context.Context, *Tx) error) (*Tx, error) {
	whole := context.WithoutCancel(ctx)
	tx, err := s.writer.run(ctx, how == soon, func(tx *Tx) error { return do(whole, tx) })
	if err == nil && tx.erased {
		s.unclean.Store(true)
	}
	return tx, err
}

func (s *sqlite) tables(ctx context.Context, q Querier) ([]string, error) {
	return List(ctx, q, Scan[string], `SELECT name FROM sqlite_master`)
}

// several is false: one transaction comes after the other, and nothing needs a lock besides.
func (s *sqlite) several() bool { return false }

func (s *sqlite) lockName(context.Context, *Tx, string) error { return nil }

func (s *sqlite) stands() error { return s.writer.durable.stands() }

func (s *sqlite) close() error {
	defer s.file.Close()
	if s.writer == nil { // it was only looked at
		if s.read == nil {
			return nil
		}
		return s.read.Close()
	}
	return errors.Join(s.writer.close(), s.read.Close())
}

// scrub has what stands in the write-ahead log put into the database, where zeros take its place (secure_delete), and cuts it off.
func (s *sqlite) scrub(ctx context.Context) (clean bool, err error) {
	if !s.unclean.CompareAndSwap(true, false) {
		return true, nil
	}
	defer func() {
		if !clean {
			s.unclean.Store(true)
		}
	}()
	conn, err := s.read.Conn(ctx) // any connection can; as long as it waits for those who read, nobody can write
	if err != nil {
		return false, because("scrub database", err)
	}
	defer func() { err = errors.Join(err, conn.Close()) }()
	if _, err = conn.ExecContext(ctx, "PRAGMA busy_timeout = 20"); err != nil { // milliseconds
		return false, because("scrub database", err)
	}
	defer func() {
		_, e := conn.ExecContext(context.WithoutCancel(ctx), "PRAGMA busy_timeout = 5000")
		err = errors.Join(err, e)
	}()
	var busy, frames, done int
	err = conn.QueryRowContext(ctx, "PRAGMA wal_checkpoint(TRUNCATE)").Scan(&busy, &frames, &done)
	return err == nil && busy == 0, because("scrub database", err)
}

// CheckDriver says whether what the database at the address needs is in the program. Errors: ErrNoCgo.
func CheckDriver(address string) error {
	if !IsFile(address) {
		return nil
	}
	db, err := sql.Open("sqlite3", ":memory:")
	return new(sqlite).explain(errors.Join(err, db.Ping(), db.Close()))
}

// address is the file's name as SQLite takes it with parameters behind it (sqlite.org/uri.html).
func address(path string) string {
	path = filepath.ToSlash(path)
	if filepath.VolumeName(path) != "" {
		path = "/" + path // file:///C:/… on Windows
	}
	escaped := (&url.URL{Path: path}).EscapedPath()
	if strings.HasPrefix(path, "/") {
		escaped = "//" + escaped
	}
	return "file:" + strings.TrimPrefix(escaped, "./")
}

// explain names the common reasons for which SQLite cannot open a file. It goes by SQLite's
// words (sqlite.org/rescode.html): the driver's error type does not exist without cgo.
func (s *sqlite) explain(err error) error {
	if err == nil {
		return nil
	}
	for words, reason := range map[string]error{
		"requires cgo to work":                 ErrNoCgo,
		"file is not a database":               ErrNotDatabase,
		"database disk image is malformed":     ErrDamaged,
		"attempt to write a readonly database": ErrNotWritable,
		"unable to open database file":         ErrNotWritable,
		"database or disk is full":             ErrNotWritable,
		"database is locked":                   ErrLocked,
	} {
		if strings.Contains(err.Error(), words) {
			return fmt.Errorf("%w (%w)", reason, err)
		}
	}
	return err
}
