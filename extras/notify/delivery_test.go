package notify_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"example.com/identity-starter/tests"
)

// What the receiver has got, but the program does not know to be taken, since it was stopped in between, is sent again with
// the same id; what came after it comes after it.
func TestStoppedInBetween(t *testing.T) {
	t.Parallel() // it waits for a look
	a, box := start(t)
	arrived, gone := make(chan struct{}, 8), make(chan struct{})
	box.answers(func(_ http.ResponseWriter, r *http.Request, _ letter) {
		arrived <- struct{}{}
		select {
		case <-r.Context().Done():
		case <-gone:
		}
	})
	t.Cleanup(func() { close(gone) })
	person := a.Browser()
	session := person.Verify(a).ID
	a.Finish(session, "document_expired")
	<-arrived
	a.Finish(session, "verified")
	began := time.Now()
	if err := a.Stop(); err != nil {
		t.Fatal(err)
	}
	if took := time.Since(began); took > 5*time.Second {
		t.Errorf("a stop must not wait for a receiver that hangs, got %v", took)
	}
	box.answers(nil)
	a.Run()
	a.NothingIsLeft()
	got := box.letters()
	if types := box.about(person.User()); types != "verification.failed verification.failed verification.verified" || got[0].ID != got[1].ID || got[1].ID == got[2].ID {
		t.Errorf("what was under way comes again, under its id, and then what follows, got %s, %s %s", types, got[0].ID, got[1].ID)
	}
}

// What was taken when the machine stopped, before that was written down, comes again under its id.
func TestCrashedInBetween(t *testing.T) {
	a, box := start(t)
	a.Finish(a.Browser().Verify(a).ID, "verified")
	a.NothingIsLeft()
	if err := a.Stop(); err != nil {
		t.Fatal(err)
	}
	a.Change("UPDATE actions SET done_at = NULL, lease_until = 1 WHERE kind = 'notify'") // as a crash leaves it, two minutes later
	a.Run()
	a.NothingIsLeft()
	if got := box.letters(); len(got) != 2 || got[0].ID != got[1].ID || got[0].Body != got[1].Body {
		t.Errorf("it must come once more, under its id, got %+v", got)
	}
}

// What fails is tried again by itself, soon, and what follows it waits.
func TestTriedAgain(t *testing.T) {
	t.Parallel() // it waits for a look
	a, box := start(t)
	box.answers(func(w http.ResponseWriter, r *http.Request, m letter) {
		box.answers(nil)
		with(http.StatusTooManyRequests)(w, r, m)
	})
	person := a.Browser()
	session := person.Verify(a).ID
	a.Finish(session, "document_expired")
	a.Finish(session, "verified")
	began := time.Now()
	a.NothingIsLeft()
	if took := time.Since(began); took > 12*time.Second {
		t.Errorf("a message must be tried again within ten seconds, got %v", took)
	}
	if got := box.about(person.User()); got != "verification.failed verification.failed verification.verified" {
		t.Errorf("what was not taken must come again before what follows it, got %s", got)
	}
	if !strings.Contains(a.Out.String(), `"action failed, repeated in 5 s" kind=notify`) {
		t.Errorf("the log must say that it is repeated, got\n%s", a.Out)
	}
}

// People for whom the receiver takes its time hold up nobody else, however many they are.
func TestSlowForSome(t *testing.T) {
	a, box := start(t)
	hang := make(chan struct{})
	slow := map[string]bool{}
	box.answers(func(w http.ResponseWriter, r *http.Request, m letter) {
		if slow[m.Data.UserID] {
			select {
			case <-r.Context().Done():
			case <-hang:
			}
		}
	})
	var waits, quick []string // sessions
	for i := range 40 {
		person := a.Browser()
		session := person.Verify(a).ID
		if slow[person.User()] = i < 30; slow[person.User()] {
			waits = append(waits, session)
		} else {
			quick = append(quick, session)
		}
	}
	for _, session := range waits {
		a.Finish(session, "verified")
	}
	tests.Eventually(t, "those wait", func() bool { return len(box.letters()) == 30 })
	began := time.Now()
	for _, session := range quick {
		a.Finish(session, "verified")
	}
	tests.Eventually(t, "the others' messages are taken", func() bool {
		return a.Rows("SELECT count(*) FROM actions WHERE kind = 'notify' AND done_at IS NOT NULL")[0] == "10"
	})
	if took := time.Since(began); took > 4*time.Second {
		t.Errorf("and at once, got %v", took)
	}
	close(hang)
	a.NothingIsLeft()
}
