package store

import (
	"cmp"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"sync"
)

// durable puts on disk what groups have committed. SQLite would do so within the commit (synchronous=FULL), and keep
// the next group waiting for the disk. It is told not to (synchronous=NORMAL: the commit writes to the write-ahead
// log, in an order that a power cut cannot confuse, sqlite.org/pragma.html#pragma_synchronous), and the log is
// synced here, while the next group runs. Until then nobody is answered: what is acknowledged survives a power cut.
// (On macOS os.File.Sync has the drive empty its own memory, too: F_FULLFSYNC in Go's internal/poll.)
//
// Nor is anybody answered unless the files are then still where the next start will look for them. Only a look after
// the commit can say so: what goes away later takes along what was acknowledged, and whoever moved it has it. Between
// an earlier look and the commit it could go, too, and what is acknowledged then would be in no file of that name.
type durable struct {
	log    interface{ Sync() error } // SQLite's write-ahead log
	close  func() error
	turn   chan struct{} // one group at a time, in the order of their commits
	places []place
	lost   func(error)

	mu     sync.Mutex
	broken error // once set, stays: what a disk has not taken may be lost though it says later that all is well
}

// ErrMoved means that the database, or its log, is not at its path any more, or is another file.
var ErrMoved = errors.New("the database's file was moved, replaced or deleted while the program ran")

// place is a path, and the file that was there when the database was opened. It stays open: no other gets its number.
type place struct {
	path string
	file os.FileInfo
}

// openLog opens the log of the database at path, and remembers which files these are. Lost may be nil.
func openLog(path string, lost func(error)) (*durable, error) {
	log, err := os.OpenFile(logOf(path), os.O_RDWR, 0)
	if errors.Is(err, os.ErrNotExist) {
		return nil, fmt.Errorf("%w (%w)", ErrNoLog, err)
	} else if err != nil {
		return nil, fmt.Errorf("%w (%w)", ErrNotWritable, err)
	}
	d := &durable{log: log, close: log.Close, turn: make(chan struct{}, 1), lost: lost}
	for _, path := range []string{path, log.Name()} {
		file, err := os.Stat(path)
		if err != nil {
			return nil, errors.Join(fmt.Errorf("find database: %w", err), log.Close())
		}
		os.SameFile(file, file) // on Windows the number is read when it is first asked for
		d.places = append(d.places, place{path, file})
	}
	return d, nil
}

// take puts a group on disk once those before it are there: by and by where others wait to run meanwhile, else now.
func (d *durable) take(group []*write, othersWait bool) {
	d.turn <- struct{}{}
	put := func() { d.sync(group); <-d.turn }
	if othersWait {
		go put()
	} else {
		put()
	}
}

// sync puts a group on disk and tells each how it went. Those who need not wait are told at once, if there is nobody
// else in the group, on whom they may build: all before it is on disk.
func (d *durable) sync(group []*write) {
	soon := !slices.ContainsFunc(group, func(w *write) bool { return !w.soon })
	if soon {
		tell(group, d.stands())
	}
	if d.failed() == nil {
		if err := d.log.Sync(); err != nil {
			_ = d.breakBy(fmt.Errorf("sync write-ahead log: %w", err), "look at the disk, then start the program again")
		}
	}
	if !soon {
		tell(group, d.stands())
	}
}

func tell(group []*write, err error) {
	for _, w := range group {
		w.err = cmp.Or(w.err, err)
		close(w.done)
	}
}

// stands says whether the files are where they were opened, and nothing else has failed.
func (d *durable) stands() error {
	for _, p := range d.places {
		if !p.stands() {
			return d.breakBy(ErrMoved, p.path+" is not what was opened: stop the program, put the file back or the one to go on with, start again")
		}
	}
	return d.failed()
}

func (p place) stands() bool {
	now, err := os.Stat(p.path)
	return err == nil && os.SameFile(p.file, now)
}

// takeAway removes the log of a file that was moved away, once it is empty: it is beside another file, or none.
func (d *durable) takeAway() {
	log := d.places[1]
	if now, err := os.Stat(log.path); err == nil && now.Size() == 0 && log.stands() && !d.places[0].stands() {
		_ = errors.Join(os.Remove(log.path), os.Remove(strings.TrimSuffix(log.path, "-wal")+"-shm"))
	}
}

// breakBy says why nothing is acknowledged any more, and, the first time, how that can be mended.
func (d *durable) breakBy(err error, fix string) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.broken == nil {
		d.broken = err
		if d.lost != nil {
			d.lost(fmt.Errorf("%w: %s", err, fix))
		}
	}
	return d.broken
}

// failed says whether something has gone wrong, after which nothing more is written.
func (d *durable) failed() error {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.broken
}

// end waits until all is on disk.
func (d *durable) end() error {
	d.turn <- struct{}{}
	return d.close()
}
