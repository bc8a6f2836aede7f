//go:build unix

package tests

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"example.com/identity-starter/outcomes"
	"example.com/identity-starter/store"
	"example.com/identity-starter/stripesim"
)

// life is what Stripe tells of a person's session, one event after the other, and what must have come of it.
type life struct {
	stripesim.Session
	events   []Object
	attempts int
	verified bool
	told     []string // the team, in order
}

// hears adds an event, each of a second of its own.
func (l *life) hears(kind string, about Object) {
	id := fmt.Sprint("evt_", len(l.events), l.ID)
	l.events = append(l.events, Snapshot(id, kind, about).With(Object{"created": l.Created.Unix() + int64(len(l.events)) + 1}))
}

// fails is a check that fails, and how many of them there were.
func (l *life) fails(code string) {
	if code == "abandoned" {
		l.hears(RequiresInputEvent, Failed(l.Session, code, "").With(Object{"last_verification_report": nil}))
	} else {
		l.hears(ProcessingEvent, About(l.Session, "processing"))
		l.hears(RequiresInputEvent, Failed(l.Session, code, fmt.Sprint("vr_", l.attempts, l.ID)))
		l.attempts++
	}
	l.told = append(l.told, "failed")
	if l.attempts == 3 {
		l.told = append(l.told, "exhausted")
	}
}

func (l *life) succeeds() {
	l.hears(ProcessingEvent, About(l.Session, "processing"))
	l.hears(VerifiedEvent, About(l.Session, "verified"))
	l.verified, l.told = true, append(l.told, "verified")
}

// lives are as many, of all kinds, as there are sessions.
func lives(sessions []stripesim.Session) (all []*life) {
	for i, s := range sessions {
		l := &life{Session: s}
		all = append(all, l)
		switch i % 6 {
		case 0:
			l.succeeds()
		case 1:
			l.fails("document_expired")
			l.succeeds()
		case 2:
			l.fails("document_expired")
			l.fails("selfie_face_mismatch")
			l.succeeds()
		case 3:
			l.fails("document_expired")
			l.fails("document_expired")
			l.fails("selfie_face_mismatch")
		case 4:
			l.fails("document_expired")
			l.hears(CanceledEvent, About(l.Session, "canceled"))
		case 5:
			l.fails("abandoned")
			l.fails("document_expired")
			l.hears(RequiresInputEvent, Failed(l.Session, "document_expired", fmt.Sprint("vr_", 0, l.ID))) // the same check
			l.succeeds()
		}
	}
	return all
}

// live has both machines told of the lives at once, the events of each in order. Middle is closed when half of it was told. It
// returns once all was; what the first machine has not answered with 200 is an error.
func live(t *testing.T, s *Stream, first, second string, all []*life, middle chan<- struct{}) {
	t.Helper()
	total, told := 0, atomic.Int64{}
	for _, l := range all {
		total += len(l.events)
	}
	const senders = 16
	var sending sync.WaitGroup
	for i := range senders {
		sending.Go(func() {
			for n := i; n < len(all); n += senders {
				for _, event := range all[n].events {
					if got := s.ToBoth(first, second, event); got[0] != 200 {
						t.Errorf("the machine that goes on must acknowledge each event, got %d", got[0])
					}
					if told.Add(1) == int64(total/2) {
						close(middle)
					}
				}
			}
		})
	}
	sending.Wait()
}

// Three hundred people live through all that can happen, two machines hear of each event at the same time, and one of them is
// killed in the middle: nothing that anybody has acknowledged is lost, nothing counts twice, everybody is told of each person in
// order, though what comes first is refused at first and put off while more news comes in by either machine, and the one that goes
// on notices nothing.
func TestLivesOnTwoMachines(t *testing.T) {
	OnlyServer(t, "a file is for one machine")
	t.Parallel() // beside other tests that wait
	told := NewTold(t)
	told.Refuse = func(_ outcomes.Outcome, before int) bool { return before == 0 }
	one := NewChild(t, toldAt+"="+told.Server.URL)
	one.Spawn()
	two := one.Beside()
	two.Spawn()
	var clicking sync.WaitGroup
	for i := range 12 {
		clicking.Go(func() { []*Child{one, two}[i%2].People(25) })
	}
	clicking.Wait()
	s := one.NewStream()
	all, middle, lived := lives(one.Sim.Sessions()), make(chan struct{}), make(chan struct{})
	first, second := one.URL, two.URL
	go func() { defer close(lived); live(t, s, first, second, all, middle) }()
	<-middle
	two.Kill()
	killed := time.Now().Unix()
	two.Spawn()
	<-lived
	s.MustBeRecorded()
	if lost := s.Lost(); len(lost) > 0 {
		t.Errorf("each event must be acknowledged by somebody, not so %q", lost)
	}
	// What the dead one was at is its own for two minutes.
	Eventually(t, "all that nobody had when the machine died is done", func() bool {
		return one.Rows("SELECT count(*) FROM actions WHERE done_at IS NULL AND due_at IS NOT NULL AND (lease_until = 0 OR lease_until > ?)", killed+121)[0] == "0"
	})
	one.Change("UPDATE actions SET lease_until = 0, tries = 0 WHERE done_at IS NULL")
	third := one.Beside()
	third.Spawn()
	one.NothingIsLeft()
	for _, c := range []*Child{one, two, third} {
		c.LogsNoError()
	}
	mustHaveLived(t, one, all, told)
}

// mustHaveLived compares what the tables say of each person, and what the team was told, with the lives.
func mustHaveLived(t *testing.T, c *Child, all []*life, told *Told) {
	t.Helper()
	rows := map[string]string{}
	for _, row := range c.Rows("SELECT user_id, verified, attempts FROM users") {
		user, rest, _ := strings.Cut(row, "|")
		rows[user] = rest
	}
	for i, l := range all {
		if want := fmt.Sprintf("%d|%d", bit(l.verified), l.attempts); rows[l.UserID] != want {
			t.Errorf("life %d: verified and attempts must be %s, got %s", i%6, want, rows[l.UserID])
		}
		if got := told.Of(l.UserID); !slices.Equal(got, l.told) {
			t.Errorf("life %d: the team must be told in order, want %q, got %q", i%6, l.told, got)
		}
		if exhausted := l.attempts == 3; exhausted != (c.StatusAtStripe(l.ID) == "canceled") {
			t.Errorf("life %d: whether the session is closed at Stripe: want %v", i%6, exhausted)
		}
	}
	if got := c.Rows("SELECT count(*) FROM events WHERE result NOT IN ('applied', 'stale')"); got[0] != "0" {
		t.Errorf("each event is about somebody who is known and in no doubt, but %s are not", got[0])
	}
	found, err := store.Inspect(t.Context(), c.Database, false, nil)
	if err != nil || len(found.Underived) > 0 {
		t.Errorf("everybody's row must say what the other tables say, not so %q, %v", found.Underived, err)
	}
}

// What comes in by one machine about somebody, while another one has put off what came before, waits for that.
func TestPutOffByAnotherMachine(t *testing.T) {
	OnlyServer(t, "a file is for one machine")
	t.Parallel() // it waits until what was put off is looked for
	told := NewTold(t)
	open := atomic.Bool{}
	told.Refuse = func(outcomes.Outcome, int) bool { return !open.Load() }
	one := NewChild(t, toldAt+"="+told.Server.URL)
	one.Spawn()
	l := &life{Session: one.People(1)[0]}
	for range 3 {
		l.fails("document_expired")
	}
	s := one.NewStream()
	deliver := func(c *Child, events []Object) {
		t.Helper()
		for _, event := range events {
			if got := s.DeliverTo(c.URL, fmt.Sprint(event["id"]), event.JSON(t)); got != 200 {
				t.Fatalf("an event must be acknowledged, got %d", got)
			}
		}
	}
	deliver(one, l.events[:2])
	Eventually(t, "the first is put off", func() bool {
		return one.Rows("SELECT count(*) FROM actions WHERE kind = 'team' AND tries = 1 AND lease_until = 0")[0] == "1"
	})
	two := one.Beside()
	two.Spawn()
	deliver(two, l.events[2:])
	open.Store(true)
	one.NothingIsLeft()
	if got := told.Of(l.UserID); !slices.Equal(got, l.told) {
		t.Errorf("the team must be told in order, want %q, got %q", l.told, got)
	}
}
