//go:build linux

package tests

import (
	"database/sql"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
	"time"
)

// mustServe expects that what needs no write works, and fast.
func (c *Child) mustServe(when string, person *Browser) {
	c.T.Helper()
	for _, path := range []string{"/healthz", "/", "/static/style.css"} {
		began := time.Now()
		if got := person.Get(path); got.Status != 200 || time.Since(began) > 2*time.Second {
			c.T.Errorf("%s: %s must be answered at once, got %d after %v", when, path, got.Status, time.Since(began))
		}
	}
}

// mustRecover expects that everything works again, without a restart.
func (s *Stream) mustRecover(when string) {
	s.C.T.Helper()
	s.Redeliver()
	s.MustBeRecorded()
	if got := s.C.API().Click(); got.Status != 200 {
		s.C.T.Errorf("%s is over, and a click must work again, got %d %s", when, got.Status, got.Body)
	}
	if len(s.C.Ended) > 0 {
		s.C.T.Errorf("%s must not end the program", when)
	}
}

// A backup, or a person with a database tool, holds the write lock: for three
// seconds nobody notices, for longer Stripe is told to come again.
func TestLocked(t *testing.T) {
	OnlyFile(t, "one program alone writes to a file")
	t.Parallel() // beside other tests that wait
	c := NewChild(t)
	s := c.NewStream()
	c.Spawn()
	person := c.Browser()
	person.User()
	for _, held := range Length([]time.Duration{3 * time.Second}, []time.Duration{3 * time.Second, 30 * time.Second}) {
		other, err := sql.Open("sqlite3", "file:"+c.Database+"?_txlock=immediate&_busy_timeout=5000")
		if err != nil {
			t.Fatal(err)
		}
		lock, err := other.BeginTx(t.Context(), nil)
		if err != nil {
			t.Fatal(err)
		}
		released := make(chan struct{})
		time.AfterFunc(held, func() { defer close(released); _ = lock.Rollback(); _ = other.Close() })
		streamed := make(chan map[int]int, 1)
		go func() { streamed <- s.All(Charges(fmt.Sprint("locked", held), 16, 3)) }()
		c.mustServe("while the file is locked", person)
		counts := <-streamed
		c.mustServe("after it", person)
		<-released
		s.mustOnlyFail("while the file is locked", counts)
		if held < 5*time.Second && counts[500] > 0 {
			t.Errorf("a lock of %v must be waited for, got %v", held, counts)
		}
		s.mustRecover("the lock")
	}
}

// The system refuses to let the files grow: nothing is acknowledged that is not
// recorded, and once it may grow again all is well.
func TestWritesFail(t *testing.T) {
	OnlyFile(t, "a server answers for its disk")
	c := NewChild(t)
	s := c.NewStream()
	c.Spawn()
	person := c.Browser()
	person.User()
	limit := func(bytes string) {
		t.Helper()
		if out, err := exec.CommandContext(t.Context(), "prlimit", fmt.Sprint("--pid=", c.Process.Pid), "--fsize="+bytes+":").CombinedOutput(); err != nil {
			t.Fatalf("limit the size of files: %v\n%s", err, out)
		}
	}
	limit("4096")
	counts := s.All(Charges("limited", 8, 30))
	if counts[500] == 0 {
		t.Fatalf("the test must make writes fail, got %v", counts)
	}
	s.mustOnlyFail("while files cannot grow", counts)
	s.MustBeRecorded()
	c.mustServe("while files cannot grow", person)
	limit("unlimited")
	s.mustRecover("the limit")
}

// onSmallDisk has the program run with its database on a disk of its own, of 48
// megabytes: the write-ahead log alone takes 16. False: this system lets nobody make one.
func (c *Child) onSmallDisk() bool {
	c.T.Helper()
	folder := c.T.TempDir()
	mount := []string{"unshare", "--mount", "--map-root-user", "sh", "-c", `mount -t tmpfs -o size=48m none "$0" && exec "$@"`, folder}
	if os.Geteuid() == 0 {
		mount = append(mount[:2], mount[3:]...)
	}
	if out, err := exec.CommandContext(c.T.Context(), mount[0], append(mount[1:], "true")...).CombinedOutput(); err != nil {
		c.T.Logf("NOT TESTED: this system allows no mounts: %v %s", err, out)
		return false
	}
	c.Wrap = mount
	c.Set("DATABASE_URL=" + filepath.Join(folder, "starter.db"))
	c.Spawn()
	c.Disk = filepath.Join(fmt.Sprintf("/proc/%d/root", c.Process.Pid), folder)
	return true
}

// The disk is full: nothing is acknowledged that is not recorded, and once there
// is room all is well.
func TestDiskFull(t *testing.T) {
	OnlyFile(t, "a server answers for its disk")
	c := NewChild(t)
	s := c.NewStream()
	if !c.onSmallDisk() {
		return
	}
	person := c.Browser()
	person.User()
	s.All(Charges("before", 4, 5))
	filler := filepath.Join(c.Disk, "filler")
	block := make([]byte, 4096)
	file, err := os.Create(filler)
	if err != nil {
		t.Fatal(err)
	}
	for err == nil {
		_, err = file.Write(block)
	}
	if !errors.Is(err, syscall.ENOSPC) || file.Close() != nil {
		t.Fatalf("the disk must be full, got %v", err)
	}
	counts := s.All(Charges("full", 8, 60))
	if counts[500] == 0 {
		t.Fatalf("the test must make writes fail, got %v", counts)
	}
	s.mustOnlyFail("while the disk is full", counts)
	s.MustBeRecorded()
	c.mustServe("while the disk is full", person)
	if err := os.Remove(filler); err != nil {
		t.Fatal(err)
	}
	s.mustRecover("the full disk")
}

// The files become read-only while the program runs, as they do when a disk fails.
func TestReadOnly(t *testing.T) {
	OnlyFile(t, "a server answers for its disk")
	c := NewChild(t)
	s := c.NewStream()
	c.Spawn()
	person := c.Browser()
	person.User()
	s.All(Charges("before", 4, 5))
	change := func(flag string) error {
		out, err := exec.CommandContext(t.Context(), "chattr", flag, c.Database, c.Database+"-wal").CombinedOutput()
		if err != nil {
			return fmt.Errorf("%w: %s", err, out)
		}
		return nil
	}
	if err := change("+i"); err != nil {
		t.Logf("NOT TESTED: this system does not let us make files immutable: %v", err)
		return
	}
	t.Cleanup(func() { _ = change("-i") }) // or the folder could not be removed
	counts := s.All(Charges("readonly", 8, 10))
	if counts[200] != 0 {
		t.Errorf("what cannot be written must not be acknowledged, got %v", counts)
	}
	s.mustOnlyFail("while the files are read-only", counts)
	c.mustServe("while the files are read-only", person)
	if err := change("-i"); err != nil {
		t.Fatal(err)
	}
	s.mustRecover("read-only")
}
