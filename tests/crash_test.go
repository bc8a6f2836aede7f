//go:build unix

package tests

import (
	"fmt"
	"math/rand/v2"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"

	"example.com/identity-starter/store"
	"example.com/identity-starter/stripesim"
)

// fates are the events of some people: every other one fails three times, the rest is verified.
func fates(sessions []stripesim.Session) [][]Object {
	var all [][]Object
	for i, s := range sessions {
		event := func(what, kind string, o Object) Object { return Snapshot("evt_"+what+"_"+s.ID, kind, o) }
		list := []Object{event("processing", ProcessingEvent, About(s, "processing"))}
		if i%2 == 0 {
			all = append(all, append(list, event("verified", VerifiedEvent, About(s, "verified"))))
			continue
		}
		for n := range 3 {
			list = append(list, event(fmt.Sprint("failed", n), RequiresInputEvent, Failed(s, "document_expired", fmt.Sprint("vr_", n, s.ID))))
		}
		all = append(all, list)
	}
	return all
}

// Whenever the program is killed, what it has acknowledged is kept, and what is
// delivered again afterwards counts once.
func TestKilled(t *testing.T) {
	t.Parallel() // beside other tests that wait
	c := NewChild(t)
	s := c.NewStream()
	c.Spawn()
	leftover := false
	rounds, verified, failing := Length(3, 20), 0, 0
	for range rounds {
		sessions := c.People(16)
		verified, failing = verified+8, failing+8
		delay := time.Duration(rand.IntN(60)) * time.Millisecond
		killed := make(chan struct{})
		time.AfterFunc(delay, func() { defer close(killed); _ = c.Process.Kill() })
		s.All(fates(sessions))
		<-killed
		c.Kill()
		if wal, err := os.Stat(c.Database + "-wal"); err == nil && wal.Size() > 0 {
			leftover = true
		}
		t.Logf("killed after %v: %d of %d events were not acknowledged", delay, len(s.Lost()), len(s.Known))
		s.MustBeRecorded()
		c.Spawn()
		s.Redeliver()
		s.All(fates(sessions[:4])) // Stripe also repeats what was acknowledged
	}
	if store.IsFile(c.Database) && !leftover {
		t.Error("the test must leave a WAL behind at least once")
	}
	s.MustBeRecorded()
	if store.IsFile(c.Database) && c.Rows("PRAGMA integrity_check")[0] != "ok" {
		t.Error("the file must be whole")
	}
	c.fated(verified, failing)
}

// fated compares the tables with the fates of so many people.
func (c *Child) fated(verified, failing int) {
	c.T.Helper()
	for rule, q := range map[string]struct {
		query string
		want  int
	}{
		"every verdict is applied":            {"SELECT count(*) FROM users WHERE verified = 1", verified},
		"no attempt is lost or counted twice": {"SELECT count(*) FROM users WHERE verified = 0 AND attempts = 3", failing},
		"there are no other attempts":         {"SELECT count(*) FROM attempts", 3 * failing},
		"no action is lost":                   {"SELECT count(*) FROM actions WHERE kind = 'team'", verified + 4*failing},
		"no cancel is lost":                   {"SELECT count(DISTINCT object_id) FROM actions WHERE kind = 'cancel'", failing},
		"no action is given up":               {"SELECT count(*) FROM actions WHERE failed_at IS NOT NULL", 0},
	} {
		if got := c.Rows(q.query); got[0] != fmt.Sprint(q.want) {
			c.T.Errorf("%s: want %d, got %s", rule, q.want, got[0])
		}
	}
}

const drainTime = 15 * time.Second // as long as requests under way may take after a signal

// A program that is told to stop finishes what it is at.
func TestStoppedUnderLoad(t *testing.T) {
	t.Parallel() // beside other tests that wait
	c := NewChild(t)
	s := c.NewStream()
	c.Spawn()
	c.Sim.AddFault(stripesim.Fault{Path: SessionsPath, Method: "POST", Delay: 500 * time.Millisecond, Times: -1})
	clicked := make(chan Answer, 1)
	go func() { clicked <- c.API().Click() }()
	Eventually(t, "the click is at Stripe", func() bool { return len(c.Creates()) > 0 })
	streamed := make(chan map[int]int, 1)
	go func() { streamed <- s.All(Charges("stop", 16, 100)) }()
	Eventually(t, "webhooks come in", func() bool { s.mu.Lock(); defer s.mu.Unlock(); return len(s.Acked) > 100 })
	began := time.Now()
	if err := c.Signal(syscall.SIGTERM); err != nil || time.Since(began) > drainTime {
		t.Errorf("SIGTERM must end the program with 0 within %v, got %v after %v", drainTime, err, time.Since(began))
	}
	if got := <-clicked; got.Status != 200 || !strings.Contains(got.Body, "url") {
		t.Errorf("a request under way must be finished, got %d %s", got.Status, got.Body)
	}
	for status, n := range <-streamed {
		if status != 200 && status != 0 {
			t.Errorf("a webhook is answered 200 or not at all, got %d %d times", status, n)
		}
	}
	s.MustBeRecorded()
	c.Spawn()
	s.Redeliver()
	s.MustBeRecorded()
}

// Whoever is killed and started again lists at once what was missed meanwhile, though nobody has given its turn back.
func TestKilledListsAtItsStart(t *testing.T) {
	c := NewChild(t)
	for start := 1; start <= 3; start++ {
		c.Spawn()
		Eventually(t, "a start lists what was missed", func() bool { return c.listed() == start })
		c.Kill()
	}
}
