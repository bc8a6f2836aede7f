package store

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"runtime"
	"strings"
	"time"
)

// dsn has the settings of every connection in the address, because a PRAGMA run once would reach one of the pool.
// What is on disk when, since Stripe does not send an event again that was acknowledged, is in durable.go.
func dsn(path string) string {
	return address(path) + "?_synchronous=NORMAL&_busy_timeout=5000&_foreign_keys=true&_stmt_cache_size=100"
}

// flushes has SQLite wait on macOS until the disk itself has what is synced, as os.File.Sync does, and not only the
// drive's memory: also on a connection that reads, which writes the log into the file where it closes it last.
const flushes = "PRAGMA fullfsync = 1; PRAGMA checkpoint_fullfsync = 1;"

// settings are those of the one connection that writes, besides: what is on disk when is in durable.go. Every so many pages the log goes into the
// file: a page that changed often meanwhile goes there once. What a savepoint copies stays in memory. What is deleted or
// written over is zeros in the file, in its indexes, too, but for a rare copy where SQLite has rearranged a page (VACUUM removes it).
const settings = `PRAGMA journal_mode = WAL; PRAGMA wal_autocheckpoint = 4000;
	PRAGMA temp_store = MEMORY; PRAGMA cache_size = -16000; PRAGMA secure_delete = ON;
	SELECT count(*) FROM sqlite_master` // which makes the log, where there is none

// What marks a file as ours (sqlite.org/fileformat2.html#application_id): as its header has it, and what writes it. It is
// there before there is a log, and so stands in the file itself.
const (
	mark    = "\x49\x64\x53\x74"
	putMark = "PRAGMA application_id = 0x49645374;"
)

// open opens the connection that writes, and makes those that read possible.
func (s *sqlite) open(ctx context.Context, path string, marked bool) error {
	named, err := sql.Open("sqlite3", "")
	if err != nil {
		return err
	}
	driver := named.Driver()
	conn, err := openWriter(ctx, driver, path, marked)
	if err = errors.Join(err, named.Close()); err != nil {
		return err
	}
	if s.writer, err = newWriter(ctx, conn, path, s.db.opt.Lost, s.db.writeMinutes); err != nil {
		return err
	}
	s.read = sql.OpenDB(readers{s, driver, path})
	s.read.SetMaxOpenConns(max(4, runtime.NumCPU()))
	s.read.SetMaxIdleConns(max(4, runtime.NumCPU()))
	s.db.Querier = reader{s.read}
	return nil
}

// openWriter opens the connection that writes. It waits for another program that opens a new file at this moment:
// SQLite's own patience ends where a file is switched to a write-ahead log.
func openWriter(ctx context.Context, open driver.Driver, path string, marked bool) (*connection, error) {
	all := settings
	if !marked {
		all = putMark + settings
	}
	for until := time.Now().Add(5 * time.Second); ; {
		conn, err := connect(ctx, open, dsn(path), all)
		if err == nil || time.Now().After(until) || !strings.Contains(err.Error(), "database is locked") {
			return conn, err
		}
		select {
		case <-time.After(50 * time.Millisecond):
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

func connect(ctx context.Context, open driver.Driver, dsn, settings string) (*connection, error) {
	conn, err := open.Open(dsn)
	if err != nil {
		return nil, err
	}
	c := &connection{driver: conn, prepared: map[string]*statement{}}
	if err = c.script(ctx, flushes+settings); err != nil {
		return nil, errors.Join(err, c.close())
	}
	return c, nil
}

// readers opens the connections that read, one when it is needed: never to another file than that which is written to.
// SQLite would write what is in the log into it.
type readers struct {
	of   *sqlite
	open driver.Driver
	path string
}

func (r readers) Driver() driver.Driver { return r.open }

// Connect implements driver.Connector.
func (r readers) Connect(ctx context.Context) (driver.Conn, error) {
	if err := r.of.writer.durable.stands(); err != nil {
		return nil, err
	}
	c, err := connect(ctx, r.open, dsn(r.path)+"&_query_only=true", "")
	if err != nil {
		return nil, err
	}
	return c.driver, nil
}
