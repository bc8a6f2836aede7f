package store_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"example.com/identity-starter/store"
	"example.com/identity-starter/tests"
)

// twoProcesses open one file twice, as two processes do.
func twoProcesses(t *testing.T) [2]*store.DB {
	t.Helper()
	path := tests.Database(t)
	var both [2]*store.DB
	for i := range both {
		db, err := store.Open(t.Context(), path, store.Options{Consumers: everybody, MaxAttempts: 3})
		if err != nil {
			t.Fatalf("open database: %v", err)
		}
		t.Cleanup(func() {
			mustBeDerived(t, db)
			if err := db.Close(); err != nil {
				t.Errorf("close database: %v", err)
			}
		})
		both[i] = db
	}
	return both
}

// atOnce does something n times at the same moment.
func atOnce(n int, do func(i int)) {
	var all sync.WaitGroup
	gate := make(chan struct{})
	for i := range n {
		all.Go(func() {
			<-gate
			do(i)
		})
	}
	close(gate)
	all.Wait()
}

// tally counts what came of things done at once.
type tally struct {
	mu     sync.Mutex
	counts map[string]int
}

func (c *tally) add(what any) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.counts == nil {
		c.counts = map[string]int{}
	}
	c.counts[fmt.Sprint(what)]++
}

func (c *tally) must(t *testing.T, rule string, want map[string]int) {
	t.Helper()
	if fmt.Sprint(c.counts) != fmt.Sprint(want) {
		t.Errorf("%s: want %v, got %v", rule, want, c.counts)
	}
}

// mustBegin starts a verification and attaches a session to it.
func mustBegin(t *testing.T, db *store.DB, user, session string) store.Verification {
	t.Helper()
	v, err := db.Begin(t.Context(), user, "", store.Made{})
	if err != nil {
		t.Fatalf("begin: %v", err)
	}
	n := fresh(0)
	n.SessionID, n.Reference, n.UserID = session, v.ID, user
	if _, err := db.RecordSession(t.Context(), n); err != nil {
		t.Fatalf("record session: %v", err)
	}
	return v
}

// Of all clicks of a user one makes the row, and all get it.
func TestBeginAtOnce(t *testing.T) {
	both := twoProcesses(t)
	var ids, made tally
	atOnce(64, func(i int) {
		v, err := both[i%2].Begin(t.Context(), "user", "", store.Made{})
		if err != nil {
			t.Errorf("begin: %v", err)
		}
		ids.add(v.ID)
		made.add(v.New)
	})
	if len(ids.counts) != 1 {
		t.Errorf("clicks at once must get one verification, got %v", ids.counts)
	}
	made.must(t, "one click makes the row", map[string]int{"true": 1, "false": 63})
}

// Copies of an event count once, in whichever process they arrive.
func TestRecordEventAtOnce(t *testing.T) {
	both := twoProcesses(t)
	mustBegin(t, both[0], "user", "vs_1")
	n := failure("document_expired", 1)
	var results tally
	atOnce(50, func(i int) {
		result, err := both[i%2].RecordEvent(t.Context(), store.Event{ID: "evt_1", Type: "t", CreatedAt: n.At, Session: &n})
		if err != nil {
			t.Errorf("record event: %v", err)
		}
		results.add(result)
	})
	results.must(t, "copies of an event apply once", map[string]int{"applied": 1, "duplicate": 49})
	if u, err := both[1].User(t.Context(), "user"); err != nil || u.Attempts != 1 {
		t.Errorf("copies of an event must be one attempt, got %+v, %v", u, err)
	}
}

// Webhook, return page and click tell of one report at once: one attempt.
func TestReportAtOnce(t *testing.T) {
	both := twoProcesses(t)
	mustBegin(t, both[0], "user", "vs_1")
	n := failure("document_expired", 1)
	var news tally
	atOnce(40, func(i int) {
		if i%2 == 0 {
			_, err := both[i/2%2].RecordEvent(t.Context(), store.Event{ID: fmt.Sprint("evt_", i), Type: "t", CreatedAt: n.At, Session: &n})
			if err != nil {
				t.Errorf("record event: %v", err)
			}
			return
		}
		is, err := both[i/2%2].RecordSession(t.Context(), n)
		if err != nil {
			t.Errorf("record session: %v", err)
		}
		news.add(is == store.Applied)
	})
	if u, err := both[0].User(t.Context(), "user"); err != nil || u.Attempts != 1 || u.AttemptsLeft != 2 {
		t.Errorf("one report must be one attempt, got %+v, %v", u, err)
	}
	if news.counts["true"] > 1 {
		t.Errorf("a report is news once, got %v", news.counts)
	}
}

// Every write of many users at once is kept, while others read.
func TestManyUsersAtOnce(t *testing.T) {
	both := twoProcesses(t)
	atOnce(60, func(i int) {
		db, user := both[i%2], fmt.Sprint("user", i%20)
		if _, err := db.Begin(t.Context(), user, "", store.Made{}); err != nil {
			t.Errorf("begin: %v", err)
		}
		n := failure("document_expired", int64(i))
		n.SessionID = fmt.Sprint("vs_", i)
		if _, err := db.RecordEvent(t.Context(), store.Event{ID: fmt.Sprint("evt_", i), Type: "t", CreatedAt: n.At, Session: &n}); err != nil {
			t.Errorf("record event: %v", err)
		}
		if _, err := db.User(t.Context(), user); err != nil {
			t.Errorf("read user: %v", err)
		}
	})
	var results tally
	for i := range 60 {
		result, err := both[0].RecordEvent(t.Context(), store.Event{ID: fmt.Sprint("evt_", i), Type: "t", CreatedAt: time.Now()})
		if err != nil {
			t.Fatal(err)
		}
		results.add(result)
	}
	results.must(t, "no event that was acknowledged is lost", map[string]int{"duplicate": 60})
}

// Turns go to one of many who want them.
func TestOneOfMany(t *testing.T) {
	both := twoProcesses(t)
	v := mustBegin(t, both[0], "user", "vs_1")
	var turns tally
	atOnce(32, func(i int) {
		yes, err := both[i%2].MayAsk(t.Context(), v.ID, time.Hour)
		if err != nil {
			t.Errorf("may ask: %v", err)
		}
		turns.add(yes)
	})
	turns.must(t, "one of many may ask Stripe", map[string]int{"true": 1, "false": 31})
}

// Clicks that failed alike at once give up one idempotency key, not one each.
func TestNewKeyAtOnce(t *testing.T) {
	both := twoProcesses(t)
	v, err := both[0].Begin(t.Context(), "user", "", store.Made{})
	if err != nil {
		t.Fatal(err)
	}
	atOnce(16, func(i int) {
		if err := both[i%2].NewKey(t.Context(), v); err != nil {
			t.Errorf("new key: %v", err)
		}
	})
	again, err := both[1].Begin(t.Context(), "user", "", store.Made{})
	if err != nil || again.ID != v.ID || again.KeyNumber != v.KeyNumber+1 || again.IdempotencyKey() == v.IdempotencyKey() {
		t.Errorf("one key must be given up, got %+v, %v", again, err)
	}
}

// A person who leaves in the middle does not take somebody else's write along.
func TestLeavingAtOnce(t *testing.T) {
	both := twoProcesses(t)
	atOnce(40, func(i int) {
		ctx, leave := context.WithCancel(t.Context())
		defer leave()
		if i%2 == 0 {
			go leave()
		}
		_, err := both[0].Begin(ctx, fmt.Sprint("user", i), "", store.Made{})
		if err != nil && (i%2 != 0 || !errors.Is(err, context.Canceled)) {
			t.Errorf("who stays must get a verification, got %v", err)
		}
		u, err := both[1].User(t.Context(), fmt.Sprint("user", i))
		if err != nil || i%2 != 0 && u.Newest == nil {
			t.Errorf("what was begun must be there, got %+v, %v", u, err)
		}
	})
}
