package store_test

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"example.com/identity-starter/store"
	"example.com/identity-starter/tests"
)

// shared is one file, opened by as many processes as a test wants, whose clock it moves.
type shared struct {
	t      *testing.T
	path   string
	second atomic.Int64
}

func newShared(t *testing.T) *shared {
	return &shared{t: t, path: tests.Database(t)}
}

func (s *shared) move(d time.Duration) { s.second.Add(int64(d.Seconds())) }

// process opens the file as one more process does.
func (s *shared) process() *store.DB {
	s.t.Helper()
	db, err := store.Open(s.t.Context(), s.path, store.Options{Consumers: everybody, MaxAttempts: 3,
		Now: func() time.Time { return at(s.second.Load()) }})
	if err != nil {
		s.t.Fatalf("open database: %v", err)
	}
	s.t.Cleanup(func() {
		mustBeDerived(s.t, db)
		db.Close()
	})
	return db
}

// hear records news of a session, by an event of its own.
func hear(t *testing.T, db *store.DB, session string, n store.News) {
	t.Helper()
	n.SessionID = session
	if n.ReportID != "" {
		n.ReportID = session + n.ReportID
	}
	id := fmt.Sprintf("evt_%s_%s_%s_%d", session, n.Status, n.ErrorCode, n.At.Unix())
	if _, err := db.RecordEvent(t.Context(), store.Event{ID: id, Type: "t", CreatedAt: n.At, Session: &n}); err != nil {
		t.Fatalf("record event: %v", err)
	}
}

// claim takes the next action, which must be this one.
func claim(t *testing.T, db *store.DB, kind, want string) store.Action {
	t.Helper()
	list, err := db.Claim(t.Context(), kind, 1)
	if err != nil || len(list) != 1 {
		t.Fatalf("the next action of kind %s: want %q, got %+v, %v", kind, want, list, err)
	}
	if got := strings.TrimSpace(list[0].UserID + " " + list[0].What + " " + list[0].Code); got != want {
		t.Fatalf("the next action of kind %s: want %q, got %q", kind, want, got)
	}
	return list[0]
}

func claimNone(t *testing.T, db *store.DB, kind string) {
	t.Helper()
	if list, err := db.Claim(t.Context(), kind, 64); err != nil || len(list) > 0 {
		t.Fatalf("there must be no action of kind %s to do, got %+v, %v", kind, list, err)
	}
}

func done(t *testing.T, db *store.DB, list ...store.Action) {
	t.Helper()
	if err := db.Done(t.Context(), list...); err != nil {
		t.Fatalf("done: %v", err)
	}
}

// keys are the actions that were written, in order.
func (s *shared) keys() []string {
	s.t.Helper()
	var list []string
	for id, key := range lines(s.t, s.path, "SELECT CAST(100000000 + id AS TEXT), key FROM actions") {
		list = append(list, id+" "+key)
	}
	slices.Sort(list)
	for i := range list {
		list[i] = list[i][10:]
	}
	return list
}

// What follows from a person's failures, and what does not from hearing of them
// again by whichever way.
func TestActionsOfFailures(t *testing.T) {
	s := newShared(t)
	db := s.process()
	mustBegin(t, db, "user", "vs_1")
	for range 3 {
		for second, code := range []string{"abandoned", "a", "b", "b"} {
			n := failure(code, int64(second)+1)
			hear(t, db, "vs_1", n)
			n.SessionID, n.ReportID, n.At = "vs_1", "vs_1"+n.ReportID, n.At.Add(-time.Second) // a question brings the same
			if _, err := db.RecordSession(t.Context(), n); err != nil {
				t.Fatal(err)
			}
		}
	}
	want := []string{"team:failed:vs_1:abandoned", "team:failed:vs_1vr_a_2", "team:failed:vs_1vr_b_3", "team:failed:vs_1vr_b_4",
		"team:exhausted:vs_1vr_b_4", "cancel:vs_1:vs_1vr_b_4"}
	if got := s.keys(); !slices.Equal(got, want) {
		t.Errorf("each outcome must be one action, under a key that repeats do not change: want\n%q, got\n%q", want, got)
	}
}

// A verdict about one session has the other one closed, whether it comes before
// or after the failure that opened the way to it.
func TestActionsOfAVerdict(t *testing.T) {
	s := newShared(t)
	db := s.process()
	mustBegin(t, db, "user", "vs_1")
	hear(t, db, "vs_1", canceled("", 2))
	mustBegin(t, db, "user", "vs_2")
	for range 2 {
		hear(t, db, "vs_1", verified(3))
	}
	if got, want := s.keys(), []string{"team:verified:vs_1", "cancel:vs_2:vs_1"}; !slices.Equal(got, want) {
		t.Errorf("a verdict must be told once, and close the other session: want %q, got %q", want, got)
	}
	if _, must, err := db.MustCancel(t.Context(), "vs_2"); err != nil || !must {
		t.Errorf("a verified user's other session must be closed, got %v, %v", must, err)
	}
}

// A failing action is repeated ever more rarely, for a day, and kept then.
func TestBackOff(t *testing.T) {
	s := newShared(t)
	db := s.process()
	mustBegin(t, db, "user", "vs_1")
	hear(t, db, "vs_1", failure("a", 1))
	hear(t, db, "vs_1", failure("b", 2))
	var waits []time.Duration
	for {
		a := claim(t, db, "team", "user failed a")
		if a.LastTry() {
			if err := db.GiveUpAction(t.Context(), a); err != nil {
				t.Fatal(err)
			}
			break
		}
		if err := db.Postpone(t.Context(), a, a.Wait()); err != nil {
			t.Fatal(err)
		}
		claimNone(t, db, "team") // nor the one behind it
		due, err := strconv.ParseInt(lines(t, s.path, "SELECT code, due_at FROM actions WHERE code = 'a'")["a"], 10, 64)
		if err != nil {
			t.Fatal(err)
		}
		waits = append(waits, at(due-at(0).Unix()).Sub(at(s.second.Load())))
		s.move(waits[len(waits)-1])
	}
	text := fmt.Sprint(waits)
	if !strings.HasPrefix(text, "[5s 30s 2m0s 10m0s 1h0m0s 1h0m0s ") || len(waits) < 20 || len(waits) > 30 {
		t.Errorf("the waits must grow to an hour, and end after a day, got %v", waits)
	}
	if got := lines(t, s.path, "SELECT code, failed_at - created_at FROM actions WHERE failed_at IS NOT NULL"); len(got) != 1 || got["a"] == "" {
		t.Errorf("what was given up must stay in the table, got %v", got)
	}
	claim(t, db, "team", "user failed b") // now that nothing is before it
}
