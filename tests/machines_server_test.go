//go:build unix

package tests

import (
	"net/http"
	"strings"
	"syscall"
	"testing"
	"time"
)

// long enough for whoever waits for a database that does not come back: patience, and a slow machine.
const bounded = 15 * time.Second

// backWithin is how soon all must work again by itself once the server lets somebody in.
const backWithin = 10 * time.Second

// What the log says, in words for people.
const (
	fullServer = "PostgreSQL has no connection left: raise its max_connections, or end who else has them"
	uncertain  = "the connection to PostgreSQL was lost while it committed: whether it did is not known"
)

// isAway asks a machine for everything, as people do, programs, and whoever looks after it: each must be answered as the contract says, in bounded time.
func isAway(t *testing.T, c *Child, person *Browser) {
	t.Helper()
	began := time.Now()
	answers := map[string]<-chan Answer{
		"a page":           Later(func() Answer { return person.Get("/") }),
		"a click":          Later(person.Click),
		"the status":       Later(func() Answer { return person.Get("/verification/status") }),
		"a page of theirs": Later(func() Answer { return person.Get("/connect") }),
	}
	health := Later(func() Answer { return c.API().Get("/healthz") })
	file := Later(func() Answer { return c.API().Get("/static/style.css") })
	for what, answer := range answers {
		got := <-answer
		if got.Status != 500 || strings.HasPrefix(what, "a page") != strings.Contains(got.Header.Get("Content-Type"), "text/html") ||
			!strings.HasPrefix(what, "a page") && got.Code() != "internal" {
			t.Errorf("without its database %s must be answered 500 internal, got %d %s", what, got.Status, got.Body)
		}
	}
	if got := <-health; got.Status != http.StatusServiceUnavailable {
		t.Errorf("without its database a machine is not healthy: want 503, got %d %s", got.Status, got.Body)
	}
	if got := <-file; got.Status != 200 {
		t.Errorf("what needs no database must be served, got %d", got.Status)
	}
	if took := time.Since(began); took > bounded {
		t.Errorf("everybody must be answered within %v, got %v", bounded, took)
	}
}

// isBack waits until everything works on the machines, which nobody has restarted, since the server lets somebody in.
func isBack(t *testing.T, all ...*Child) {
	t.Helper()
	began := time.Now()
	for _, c := range all {
		Eventually(t, "all works again", func() bool { return c.API().Get("/healthz").Status == 200 && c.API().Click().Status == 200 })
		if len(c.Ended) > 0 {
			t.Fatalf("a server that is away must not end the program; it said:\n%s", c.Out)
		}
	}
	if took := time.Since(began); took > backWithin {
		t.Errorf("all must work again by itself within %v after the server lets somebody in, got %v", backWithin, took)
	}
}

// leavesNothing waits until every action is done. Whether actions were claimed in the moment in which the server ended, no machine
// can know: they wait for two minutes, which the test does not.
func (c *Child) leavesNothing(others ...*Child) {
	c.T.Helper()
	for _, o := range append(others, c) {
		if strings.Contains(o.Out.String(), "claim actions: "+uncertain) {
			c.Change("UPDATE actions SET lease_until = 0 WHERE done_at IS NULL")
		}
	}
	c.NothingIsLeft()
}

// A server is killed under load, and stays away for longer than anybody waits: nothing that was acknowledged is missing, pages say
// so meanwhile, and everything works by itself soon after it is back. Then it is back so soon that hardly anybody notices.
func TestServerKilled(t *testing.T) {
	OnlyServer(t, "a file has no server")
	t.Parallel() // it waits for a server
	server := OwnServer(t)
	one := ChildOn(t, server.Address())
	one.Spawn()
	two := one.Beside()
	two.Spawn()
	person := one.Browser()
	person.Verify(one.App)
	s := one.NewStream()
	under := func(n int) <-chan map[int]int { // load
		t.Helper()
		lists, before := fates(append(one.People(n/2), two.People(n/2)...)), s.acknowledged()
		done := make(chan map[int]int, 1)
		go func() { done <- s.All(lists) }()
		Eventually(t, "events come in", func() bool { return s.acknowledged() > before+n })
		return done
	}
	load := under(24)
	server.Stop(syscall.SIGKILL)
	isAway(t, two, person)
	server.Start()
	isBack(t, one, two)
	s.mustOnlyFail("while the server is away", <-load)
	s.Redeliver()

	load = under(24)
	server.Stop(syscall.SIGQUIT)
	page, click := Later(func() Answer { return person.Get("/") }), Later(one.Browser().Click)
	server.Start()
	for _, answer := range []<-chan Answer{page, click} {
		if got := <-answer; got.Status != 200 {
			t.Errorf("who comes while the server restarts must not notice, got %d", got.Status)
		}
	}
	isBack(t, one, two)
	s.mustOnlyFail("while the server restarts", <-load)
	s.Redeliver()
	s.MustBeRecorded()
	one.leavesNothing(two)
	one.fated(24, 24)
	for _, c := range []*Child{one, two} {
		server.NamesNothing(c.Out.String())
	}
}

// The server has no connection left, for those that are new: they are told so in bounded time, and the log says why in words. Once
// others let go all works by itself.
func TestServerFull(t *testing.T) {
	OnlyServer(t, "a file has no connections")
	t.Parallel() // it waits for a server
	server := OwnServer(t, "max_connections=30")
	c := ChildOn(t, server.Address())
	c.Spawn()
	person := c.Browser()
	person.Verify(c.App)
	leave := server.fill()
	starting := Later(func() Answer {
		got := Execute(t, t.TempDir(), nil, append(Enough(), "DATABASE_URL="+server.Address())...)
		return Answer{Status: got.Code, Body: got.Stdout + got.Stderr}
	})
	event := make(chan int, 1)
	s := c.NewStream()
	go func() {
		event <- s.Deliver("evt_full", Snapshot("evt_full", "charge.succeeded", Object{"id": "ch_1"}).JSON(t))
	}()
	isAway(t, c, person)
	if got := <-event; got != 500 {
		t.Errorf("an event that cannot be recorded must be answered 500, got %d", got)
	}
	if got := <-starting; got.Status != 1 || !strings.Contains(got.Body, fullServer) {
		t.Errorf("who starts meanwhile must end, and say why, got %d\n%s", got.Status, got.Body)
	} else {
		server.NamesNothing(got.Body)
	}
	leave()
	isBack(t, c)
	c.leavesNothing()
	s.Redeliver()
	s.MustBeRecorded()
	if log := c.Out.String(); !strings.Contains(log, fullServer) {
		t.Errorf("the log must name the reason in words, got\n%s", log)
	}
	server.NamesNothing(c.Out.String())
}
