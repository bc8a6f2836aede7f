package store

import (
	"context"
	"errors"
	"runtime"
	"runtime/debug"
	"strings"
	"sync"
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
// costs; none is answered before it. Each is on its own all the same, without paying for it: inside a savepoint
// SQLite copies every page that it changes, so only a group in which one fails is done again with savepoints.
type writer struct {
	conn    *connection
	minutes minutes // what the group adds to the table
	finish  func(ctx context.Context, conn statements, all minutes) error
	durable *durable
	waiting chan *write
	close   func() error // ends it, once
	closing chan struct{}
	ended   chan struct{}
}

// write is one transaction on its way through the group. It may run twice.
type write struct {
	do       func(*Tx) error
	soon     bool        // it is answered once all before it is on disk, itself a moment later
	tx       *Tx         // of the last run
	taken    atomic.Bool // by the group, or by a caller who left before its turn
	mine     bool        // taken by the group
	err      error
	panicked *Panic
	done     chan struct{}
}

// newWriter writes on a connection to the file at path, which it closes, also where it fails.
func newWriter(ctx context.Context, conn *connection, path string, lost func(error),
	finish func(context.Context, statements, minutes) error) (*writer, error) {
	log, err := openLog(path, lost)
	if err != nil {
		return nil, errors.Join(err, conn.close())
	}
	g := &writer{conn: conn, finish: finish, minutes: minutes{}, durable: log,
		waiting: make(chan *write, groupSize), closing: make(chan struct{}), ended: make(chan struct{})}
	whole := context.WithoutCancel(ctx)
	g.close = sync.OnceValue(func() error { return g.end(whole) })
	go g.work(whole)
	return g, nil
}

// end runs what is waiting and ends the group.
func (g *writer) end(ctx context.Context) error {
	close(g.closing)
	<-g.ended
	if errors.Is(g.durable.stands(), ErrMoved) {
		// SQLite would leave the log where it is. What is acknowledged belongs into the file that was moved away, and the
		// log not beside the one that may have taken its place, which it would destroy at the next start.
		_ = g.conn.script(ctx, "PRAGMA wal_checkpoint(TRUNCATE)")
		g.durable.takeAway()
	}
	return errors.Join(g.durable.end(), g.conn.close())
}

// run has do run in a transaction and returns once that is on disk, or, soon, about to be. Who
// leaves while waiting for a turn has written nothing; once it is their turn, leaving changes nothing any more.
func (g *writer) run(ctx context.Context, soon bool, do func(*Tx) error) (*Tx, error) {
	w := &write{do: do, soon: soon, done: make(chan struct{})}
	select {
	case <-g.closing:
		return nil, errClosed
	case <-ctx.Done():
		return nil, ctx.Err()
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
		return nil, left
	}
	<-w.done
	if w.panicked != nil {
		panic(w.panicked)
	}
	return w.tx, w.err
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
	g.gather()
	all, err := g.runAll(ctx, first)
	if err == nil {
		err = g.finish(ctx, g.conn, g.minutes)
	}
	if err == nil {
		err = g.exec(ctx, "COMMIT")
	}
	if err != nil {
		g.rollback(ctx) // SQLite may have done so already, as it does when the disk is full
		tell(all, err)
		return
	}
	g.durable.take(all, len(g.waiting) > 0)
}

// gather lets others come as long as some do: whoever is about to write gets to it while nobody else has anything to
// compute. It takes no time when there is nobody, and under load it made groups twice as large, and the p99 a third less.
func (g *writer) gather() {
	for n := -1; n < len(g.waiting); {
		n = len(g.waiting)
		runtime.Gosched()
	}
}

// runAll begins a transaction and runs the first and those that wait by then. Its error is that of all of them.
func (g *writer) runAll(ctx context.Context, first *write) ([]*write, error) {
	all, queued := []*write{first}, len(g.waiting)
	if err := g.begin(ctx); err != nil { // those behind have waited for the lock as long: not once more for each of them
		for range queued {
			all = append(all, g.next())
		}
		return all, err
	}
	for w := first; w != nil; {
		if w.mine = w.taken.CompareAndSwap(false, true); w.mine { // else the caller has left
			if g.try(w); w.failed() && w.tx.wrote {
				return all, g.again(ctx, all)
			}
		}
		if len(all) == groupSize {
			break
		}
		if w = g.next(); w != nil {
			all = append(all, w)
		}
	}
	return all, nil
}

func (g *writer) begin(ctx context.Context) error {
	if err := g.durable.failed(); err != nil {
		return err
	}
	clear(g.minutes)
	return g.exec(ctx, "BEGIN IMMEDIATE")
}

// again takes back what a group has written, and runs each of it in a savepoint. All of them, because what
// one has read of another may be gone. Its error is the whole group's: SQLite gave up on the transaction.
func (g *writer) again(ctx context.Context, all []*write) error {
	g.rollback(ctx)
	if err := g.begin(ctx); err != nil {
		return err
	}
	for _, w := range all {
		if !w.mine {
			continue
		}
		if err := g.exec(ctx, "SAVEPOINT one"); err != nil {
			return err
		}
		if g.try(w); w.failed() {
			if err := g.exec(ctx, "ROLLBACK TO one"); err != nil {
				return errors.Join(w.err, err)
			}
		}
		if err := g.exec(ctx, "RELEASE one"); err != nil {
			return errors.Join(w.err, err)
		}
	}
	return nil
}

// try runs one transaction, and keeps a panic for the one who waits for it.
func (g *writer) try(w *write) {
	w.tx, w.err, w.panicked = &Tx{conn: g.conn, group: g.minutes}, nil, nil
	defer func() {
		if p := recover(); p != nil {
			w.panicked = &Panic{p, debug.Stack()}
		}
	}()
	if w.err = w.do(w.tx); w.err == nil {
		for minute, c := range w.tx.minutes {
			g.minutes.add(minute, c)
		}
	}
}

func (w *write) failed() bool { return w.err != nil || w.panicked != nil }

func (g *writer) rollback(ctx context.Context) { _, _ = g.conn.exec(ctx, "ROLLBACK") }

func (g *writer) exec(ctx context.Context, statement string) error {
	_, err := g.conn.exec(ctx, statement)
	return because(strings.ToLower(statement), err)
}
