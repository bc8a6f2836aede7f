package store

import (
	"cmp"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"sync"
)

// durable puts on disk what groups have committed. SQLite would do so within the commit (synchronous=FULL), and keep
// the next group waiting for the disk. It is told not to (synchronous=NORMAL: the commit writes to the write-ahead
// log, in an order that a power cut cannot confuse, sqlite.org/pragma.html#pragma_synchronous), and the log is
// synced here, while the next group runs. Until then nobody is answered: what is acknowledged survives a power cut.
type durable struct {
	log    interface{ Sync() error } // SQLite's write-ahead log
	close  func() error
	turn   chan struct{} // one group at a time, in the order of their commits
	groups chan []*write
	ended  chan struct{}

	mu     sync.Mutex
	broken error // once set, stays: what a disk has not taken may be lost though it says later that all is well
}

// openLog opens the log of the database at path, which is beside the file that the path leads to.
func openLog(path string) (*durable, error) {
	file, err := filepath.EvalSymlinks(path)
	if err != nil {
		return nil, fmt.Errorf("find database: %w", err)
	}
	log, err := os.OpenFile(file+"-wal", os.O_RDWR, 0)
	if errors.Is(err, os.ErrNotExist) {
		return nil, fmt.Errorf("%w (%w)", ErrNoLog, err)
	} else if err != nil {
		return nil, fmt.Errorf("%w (%w)", ErrNotWritable, err)
	}
	d := &durable{log: log, close: log.Close, turn: make(chan struct{}, 1), groups: make(chan []*write), ended: make(chan struct{})}
	go d.work()
	return d, nil
}

func (d *durable) work() {
	defer close(d.ended)
	for group := range d.groups {
		d.sync(group)
		<-d.turn
	}
}

// take puts a group on disk once those before it are there: by and by where others wait to run meanwhile, else now.
func (d *durable) take(group []*write, othersWait bool) {
	d.turn <- struct{}{}
	if othersWait {
		d.groups <- group
		return
	}
	d.sync(group)
	<-d.turn
}

// sync puts a group on disk and tells each how it went. Those who need not wait are told at once, if there is nobody
// else in the group, on whom they may build: all before it is on disk.
func (d *durable) sync(group []*write) {
	if !slices.ContainsFunc(group, func(w *write) bool { return !w.soon }) {
		tell(group, d.failed())
		group = nil
	}
	err := d.failed()
	if err == nil {
		err = d.try()
	}
	tell(group, err)
}

func tell(group []*write, err error) {
	for _, w := range group {
		w.err = cmp.Or(w.err, err)
		close(w.done)
	}
}

func (d *durable) try() error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if err := d.log.Sync(); err != nil {
		d.broken = fmt.Errorf("sync write-ahead log, start the program again: %w", err)
	}
	return d.broken
}

// failed says whether the disk has failed to take something, after which nothing more is written.
func (d *durable) failed() error {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.broken
}

// end waits until all is on disk.
func (d *durable) end() error {
	d.turn <- struct{}{}
	close(d.groups)
	<-d.ended
	return d.close()
}
