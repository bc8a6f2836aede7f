package erase_test

import (
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"example.com/identity-starter/extras"
	"example.com/identity-starter/extras/erase"
	"example.com/identity-starter/settings"
	"example.com/identity-starter/store"
	"example.com/identity-starter/tests"
)

// open opens a file with the tables of the extra.
func open(t *testing.T, path string, opt store.Options) *store.DB {
	t.Helper()
	e := erase.New(extras.Program{Settings: settings.New(func(string) string { return "" })})
	opt.MaxAttempts, opt.Schemas = 3, []store.Schema{{Part: e.Name, Scripts: e.Schema, Personal: e.Personal}}
	db, err := store.Open(t.Context(), path, opt)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	return db
}

// toForget is a database with a user's closed session, which is to be redacted
// and its user to be forgotten.
func toForget(t *testing.T, user string, opt store.Options) (*store.DB, store.Verification) {
	t.Helper()
	db := open(t, tests.Database(t), opt)
	v := has(t, db, user, "vs_1", store.Canceled)
	if err := erase.Want(t.Context(), db, user, 0, erase.Everything, true); err != nil {
		t.Fatal(err)
	}
	return db, v
}

// has makes a session of the user with that status.
func has(t *testing.T, db *store.DB, user, session string, status store.Status) store.Verification {
	t.Helper()
	v, err := db.Begin(t.Context(), user, "", store.Made{})
	if err != nil {
		t.Fatal(err)
	}
	says(t, db, v, session, status, false)
	return v
}

// says records Stripe's word about a session.
func says(t *testing.T, db *store.DB, v store.Verification, session string, status store.Status, redacted bool) {
	t.Helper()
	if _, err := db.RecordSession(t.Context(), store.News{SessionID: session, Reference: v.ID, UserID: v.UserID, Status: status,
		Redacted: redacted, At: time.Now()}); err != nil {
		t.Fatal(err)
	}
}

func forget(t *testing.T, db *store.DB, rule string, waiting int, known bool) {
	t.Helper()
	got, err := erase.Forget(t.Context(), db)
	if err != nil || got != waiting {
		t.Errorf("%s: %d must wait, got %d, %v", rule, waiting, got, err)
	}
	if _, err := erase.FindUser(t.Context(), db, "user"); errors.Is(err, erase.ErrNoUser) == known {
		t.Errorf("%s: the user must be known: %v, got %v", rule, known, err)
	}
}

// Stripe is asked again, less often each time, by one process at a time.
func TestRedactionIsTriedAgain(t *testing.T) {
	now := time.Now()
	db, v := toForget(t, "user", store.Options{Now: func() time.Time { return now }})
	for _, wait := range []time.Duration{time.Hour, 6 * time.Hour, 24 * time.Hour, 24 * time.Hour} {
		if got, due, err := erase.NextRedaction(t.Context(), db); err != nil || !due || got.ID != v.ID {
			t.Fatalf("it must be due, got %v, %v", due, err)
		}
		now = now.Add(wait - time.Second)
		if _, due, err := erase.NextRedaction(t.Context(), db); err != nil || due {
			t.Errorf("it must not be due before %v, got %v", wait, err)
		}
		now = now.Add(wait/10 + 2*time.Second)
	}
	says(t, db, v, "vs_1", store.Canceled, true)
	now = now.Add(48 * time.Hour)
	if _, due, err := erase.NextRedaction(t.Context(), db); err != nil || due {
		t.Errorf("what Stripe has redacted must not be asked for again, got %v", err)
	}
	if n := count(t, db, "SELECT count(*) FROM redactions"); n != 0 {
		t.Errorf("what is done must not be looked at for ever, but %d rows are left", n)
	}
}

// What was put off while our clock was ahead does not wait until that time comes.
func TestNothingWaitsForAClockThatWasAhead(t *testing.T) {
	now := time.Now().Add(300 * 24 * time.Hour)
	db, v := toForget(t, "user", store.Options{Now: func() time.Time { return now }})
	if _, due, err := erase.NextRedaction(t.Context(), db); err != nil || !due {
		t.Fatalf("it must be due, got %v, %v", due, err)
	}
	now = time.Now()
	if err := erase.NotAhead(t.Context(), db); err != nil {
		t.Fatal(err)
	}
	if got, due, err := erase.NextRedaction(t.Context(), db); err != nil || got.ID != v.ID {
		t.Errorf("after the clock was set right it must be due at once, got %v, %v", due, err)
	}
	if err := erase.NotAhead(t.Context(), db); err != nil {
		t.Fatal(err)
	}
	if _, due, err := erase.NextRedaction(t.Context(), db); err != nil || due {
		t.Errorf("what was put off just now stays so, got %v, %v", due, err)
	}
}

// count runs a query that gives one number.
func count(t *testing.T, db *store.DB, query string, args ...any) (n int) {
	t.Helper()
	if err := db.QueryRowContext(t.Context(), query, args...).Scan(&n); err != nil {
		t.Fatalf("%s: %v", query, err)
	}
	return n
}

// Of many processes that look at once, one asks Stripe.
func TestOneProcessAsks(t *testing.T) {
	path := tests.Database(t)
	programs := []*store.DB{open(t, path, store.Options{}), open(t, path, store.Options{})}
	has(t, programs[0], "user", "vs_1", store.Canceled)
	if err := erase.Want(t.Context(), programs[0], "user", 0, erase.Everything, false); err != nil {
		t.Fatal(err)
	}
	var asking atomic.Int64
	var all sync.WaitGroup
	for i := range 8 {
		all.Go(func() {
			if _, due, err := erase.NextRedaction(t.Context(), programs[i%2]); err != nil {
				t.Error(err)
			} else if due {
				asking.Add(1)
			}
		})
	}
	if all.Wait(); asking.Load() != 1 {
		t.Errorf("one must ask, got %d", asking.Load())
	}
}

// Sessions come of age a hundred at a time, each once.
func TestRetireInBatches(t *testing.T) {
	now := time.Now().Add(-40 * 24 * time.Hour)
	db := open(t, tests.Database(t), store.Options{Now: func() time.Time { return now }})
	for i := range 250 {
		v, err := db.Begin(t.Context(), fmt.Sprint("user", i), "", store.Made{})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := db.RecordSession(t.Context(), store.News{SessionID: fmt.Sprint("vs_", i), Reference: v.ID, UserID: v.UserID,
			Status: store.Verified, At: now}); err != nil {
			t.Fatal(err)
		}
	}
	now = time.Now()
	for _, want := range []int{100, 200, 250, 250} {
		more, err := erase.Retire(t.Context(), db, now.AddDate(0, 0, -30))
		if got := count(t, db, "SELECT count(*) FROM redactions"); err != nil || got != want {
			t.Fatalf("%d must have come of age, got %d, %v", want, got, err)
		}
		if done := want == 250 && !more; done {
			return
		}
	}
	t.Error("once all have come of age, that must be said")
}
