package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"runtime/debug"
	"strings"
	"sync/atomic"
	"time"
)

const (
	groupSize = 64 // transactions in one commit
	// A writer that never pauses starves every other process on the file, because
	// SQLite has no queue for the write lock: who waits tries again every now and then.
	busyTime  = 10 * time.Millisecond
	groupRest = time.Millisecond
)

var errClosed = errors.New("database is closed")

// writer is the one writer: many on a pool measured a fifth of its rate, with 40 times the p99. Transactions
// that wait at the same time share a commit, and with it the wait for the disk, which is most of what one
// costs. Each is a savepoint, so that it fails alone; none is answered before the commit.
type writer struct {
	pool    *sql.DB // of conn alone
	conn    *sql.Conn
	frame   map[string]*sql.Stmt // the statements around each transaction, prepared once: a sixth of an event's time
	waiting chan *write
	closing chan struct{}
	ended   chan struct{}
}

// write is one transaction on its way through the group.
type write struct {
	do       func() error
	taken    atomic.Bool // by the group, or by a caller who left before its turn
	err      error
	panicked error // with its stack, which is lost once another goroutine panics with it
	done     chan struct{}
}

// Tx is a write transaction. What it is asked must not outlive the function that got it.
type Tx struct {
	statements
	written []string // kinds of the actions written in it
	change  *Change  // what it has done to a verification
}

// statements are what a transaction can run, as database/sql has them.
type statements interface {
	Querier
	ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error)
}

func newWriter(ctx context.Context, address string) (*writer, error) {
	pool, err := sql.Open("sqlite3", address)
	if err != nil {
		return nil, fmt.Errorf("open database: %w", err)
	}
	conn, err := pool.Conn(ctx)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("open database: %w", err), pool.Close())
	}
	g := &writer{pool: pool, conn: conn, frame: map[string]*sql.Stmt{}, waiting: make(chan *write, groupSize),
		closing: make(chan struct{}), ended: make(chan struct{})}
	go g.work(context.WithoutCancel(ctx))
	return g, nil
}

// close runs what is waiting and ends the group.
func (g *writer) close() error {
	close(g.closing)
	<-g.ended
	var err error
	for _, statement := range g.frame { // one that is left keeps the file open, and what is beside it
		err = errors.Join(err, statement.Close())
	}
	return errors.Join(err, g.conn.Close(), g.pool.Close())
}

// run has do run in a transaction and returns once that is on disk, or has changed nothing. Who leaves
// while waiting for a turn has written nothing; once it is their turn, leaving changes nothing any more.
func (g *writer) run(ctx context.Context, do func() error) error {
	w := &write{do: do, done: make(chan struct{})}
	select {
	case <-g.closing:
		return errClosed
	case <-ctx.Done():
		return ctx.Err()
	case g.waiting <- w:
	}
	var left error
	select {
	case <-w.done:
	case <-ctx.Done():
		left = ctx.Err()
	case <-g.ended: // it came in while the last ones went out
		left = errClosed
	}
	if left != nil && w.taken.CompareAndSwap(false, true) {
		return left
	}
	<-w.done
	if w.panicked != nil {
		panic(w.panicked)
	}
	return w.err
}

func (g *writer) work(ctx context.Context) {
	defer close(g.ended)
	rested := time.Now() // when there last was a rest
	for {
		idle := time.Now()
		var first *write
		select {
		case first = <-g.waiting:
		case <-g.closing:
			if first = g.next(); first == nil {
				return
			}
		}
		if time.Since(idle) > groupRest {
			rested = time.Now()
		}
		g.commit(ctx, first)
		if len(g.waiting) > 0 && time.Since(rested) > busyTime {
			time.Sleep(groupRest)
			rested = time.Now()
		}
	}
}

// next is the next one that waits; nil when there is none.
func (g *writer) next() *write {
	select {
	case w := <-g.waiting:
		return w
	default:
		return nil
	}
}

// commit runs the first and those that wait by then in one transaction of SQLite's,
// and tells each how it went.
func (g *writer) commit(ctx context.Context, first *write) {
	all, queued := []*write{first}, len(g.waiting)
	err := g.exec(ctx, "BEGIN IMMEDIATE")
	if err != nil { // those behind have waited for the lock as long: not once more for each of them
		for range queued {
			all = append(all, g.next())
		}
	}
	for w := first; w != nil && err == nil; {
		if err = g.savepoint(ctx, w); err != nil || len(all) == groupSize {
			break
		}
		if w = g.next(); w != nil {
			all = append(all, w)
		}
	}
	if err == nil {
		err = g.exec(ctx, "COMMIT")
	}
	if err != nil { // SQLite may have rolled back already, as it does when the disk is full
		_, _ = g.conn.ExecContext(ctx, "ROLLBACK")
	}
	for _, w := range all {
		if err != nil && w.err == nil {
			w.err = err
		}
		close(w.done)
	}
}

// savepoint runs one transaction of the group. Its error is the whole group's:
// SQLite gave up on the transaction that all are in.
func (g *writer) savepoint(ctx context.Context, w *write) error {
	if !w.taken.CompareAndSwap(false, true) {
		return nil // the caller has left
	}
	if err := g.exec(ctx, "SAVEPOINT one"); err != nil {
		return err
	}
	if g.try(w); w.err != nil || w.panicked != nil {
		if err := g.exec(ctx, "ROLLBACK TO one"); err != nil {
			return errors.Join(w.err, err)
		}
	}
	return g.exec(ctx, "RELEASE one")
}

// try keeps a panic for the one who waits for the transaction.
func (g *writer) try(w *write) {
	defer func() {
		if p := recover(); p != nil {
			w.panicked = fmt.Errorf("%v\n%s", p, debug.Stack())
		}
	}()
	w.err = w.do()
}

func (g *writer) exec(ctx context.Context, statement string) error {
	if g.frame[statement] == nil {
		prepared, err := g.conn.PrepareContext(ctx, statement)
		if err != nil {
			return because(strings.ToLower(statement), err)
		}
		g.frame[statement] = prepared
	}
	_, err := g.frame[statement].ExecContext(ctx)
	return because(strings.ToLower(statement), err)
}
