package store_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"example.com/identity-starter/store"
)

// toForget is a database with a user's closed session, which is to be redacted
// and its user to be forgotten.
func toForget(t *testing.T, user string, opt store.Options) (*store.DB, store.Verification) {
	t.Helper()
	opt.MaxAttempts = 3
	db, err := store.Open(t.Context(), t.TempDir()+"/starter.db", opt)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	v := has(t, db, user, "vs_1", store.Canceled)
	if err := db.Redact(t.Context(), user, time.Unix(0, 0), true); err != nil {
		t.Fatal(err)
	}
	return db, v
}

// has makes a session of the user with that status.
func has(t *testing.T, db *store.DB, user, session string, status store.Status) store.Verification {
	t.Helper()
	v, err := db.Begin(t.Context(), user)
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
	got, err := db.Forget(t.Context())
	if err != nil || got != waiting {
		t.Errorf("%s: %d must wait, got %d, %v", rule, waiting, got, err)
	}
	if _, err := db.FindUser(t.Context(), "user"); errors.Is(err, store.ErrNoUser) == known {
		t.Errorf("%s: the user must be known: %v, got %v", rule, known, err)
	}
}

// Whoever comes back before Stripe is done has the new session redacted, too.
func TestForgetWaitsForEverySession(t *testing.T) {
	db, first := toForget(t, "user", store.Options{})
	forget(t, db, "nothing is redacted yet", 1, true)
	second := has(t, db, "user", "vs_2", store.RequiresInput)
	says(t, db, first, "vs_1", store.Canceled, true)
	forget(t, db, "a session was begun meanwhile", 1, true)
	list, err := db.ToRedact(t.Context(), "user")
	if err != nil || len(list) != 1 || list[0].ID != second.ID {
		t.Errorf("the new session must be redacted as well, got %+v, %v", list, err)
	}
	says(t, db, second, "vs_2", store.Canceled, true)
	forget(t, db, "all is redacted", 0, false)
	forget(t, db, "a second time", 0, false)
}

// Stripe is asked again, less often each time, by one process at a time.
func TestRedactionIsTriedAgain(t *testing.T) {
	now := time.Now()
	db, v := toForget(t, "user", store.Options{Now: func() time.Time { return now }})
	for _, wait := range []time.Duration{time.Hour, 6 * time.Hour, 24 * time.Hour, 24 * time.Hour} {
		if got, due, err := db.NextRedaction(t.Context()); err != nil || !due || got.ID != v.ID {
			t.Fatalf("it must be due, got %v, %v", due, err)
		}
		now = now.Add(wait - time.Second)
		if _, due, err := db.NextRedaction(t.Context()); err != nil || due {
			t.Errorf("it must not be due before %v, got %v", wait, err)
		}
		now = now.Add(wait/10 + 2*time.Second)
	}
	says(t, db, v, "vs_1", store.Canceled, true)
	now = now.Add(48 * time.Hour)
	if _, due, err := db.NextRedaction(t.Context()); err != nil || due {
		t.Errorf("what Stripe has redacted must not be asked for again, got %v", err)
	}
}

// A verification that never got a session has nothing to redact, and nobody waits for it.
func TestNothingToRedact(t *testing.T) {
	db, first := toForget(t, "user", store.Options{})
	says(t, db, first, "vs_1", store.Canceled, true)
	second, err := db.Begin(t.Context(), "user")
	if err != nil {
		t.Fatal(err)
	}
	if err := db.Redact(t.Context(), "user", time.Unix(0, 0), true); err != nil {
		t.Fatal(err)
	}
	forget(t, db, "Stripe was not asked whether there is a session", 1, true)
	if err := db.NothingToRedact(t.Context(), second); err != nil {
		t.Fatal(err)
	}
	forget(t, db, "there is none", 0, false)
}

// Removing old rows of events is many short transactions.
func TestRemoveEventsInBatches(t *testing.T) {
	db, _ := toForget(t, "user", store.Options{})
	old := time.Now().Add(-100 * 24 * time.Hour)
	for i := range 450 {
		if _, err := db.RecordEvent(t.Context(), store.Event{ID: fmt.Sprint("evt_", i), Type: "t", CreatedAt: old}); err != nil {
			t.Fatal(err)
		}
	}
	batches := 0
	for more := true; more; batches++ {
		var err error
		if more, err = db.RemoveEvents(t.Context(), old.Add(time.Second)); err != nil {
			t.Fatal(err)
		}
	}
	if batches != 4 { // the last finds nothing
		t.Errorf("450 rows must be removed in three batches, got %d", batches-1)
	}
}
