package store

import (
	"cmp"
	"fmt"
	"os"
	"path/filepath"
	"sync"
)

// durable puts on disk what groups have committed. SQLite would do so within the commit (synchronous=FULL), and keep
// the next group waiting for the disk. It is told not to (synchronous=NORMAL: the commit writes to the write-ahead
// log, in an order that a power cut cannot confuse, sqlite.org/pragma.html#pragma_synchronous), and the log is
// synced here, while the next group runs. Nobody is answered before that: what is acknowledged survives a power cut.
type durable struct {
	log    interface{ Sync() error } // SQLite's write-ahead log
	close  func() error
	groups chan []*write // one waits at most
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
	if err != nil {
		return nil, fmt.Errorf("open write-ahead log: %w", err)
	}
	d := &durable{log: log, close: log.Close, groups: make(chan []*write), ended: make(chan struct{})}
	go d.work()
	return d, nil
}

func (d *durable) work() {
	defer close(d.ended)
	for group := range d.groups {
		d.sync(group)
	}
}

// sync puts the group on disk and tells each how it went: those at once that need not wait for it.
func (d *durable) sync(group []*write) {
	d.mu.Lock() // the writer does it by itself when nobody waits for it
	defer d.mu.Unlock()
	for _, w := range group {
		if w.soon {
			w.err = cmp.Or(w.err, d.broken)
			close(w.done) // what it builds on is on disk
		}
	}
	if d.broken == nil {
		if err := d.log.Sync(); err != nil {
			d.broken = fmt.Errorf("sync write-ahead log: %w", err)
		}
	}
	for _, w := range group {
		if w.soon {
			continue // told already
		}
		w.err = cmp.Or(w.err, d.broken)
		close(w.done)
	}
}

// end waits until all is on disk.
func (d *durable) end() error {
	close(d.groups)
	<-d.ended
	return d.close()
}
