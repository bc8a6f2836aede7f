package store_test

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"example.com/identity-starter/store"
	"example.com/identity-starter/tests"
)

// Events that come at the same time share transactions, and each has what it would have had alone: also two about one user,
// one that comes twice, one of nobody here, and those beside one that fails.
func TestEventsShareATransaction(t *testing.T) {
	tests.OnlyServer(t, "a file's writer has groups of its own")
	path := tests.Database(t)
	programs := []*store.DB{openAt(t, path, store.Options{Consumers: everybody}), openAt(t, path, store.Options{Consumers: everybody})}
	const users = 100
	for i := range users {
		mustBegin(t, programs[0], fmt.Sprint("user", i), fmt.Sprint("vs_", i))
	}
	raw := tests.Raw(t, path)
	if _, err := raw.ExecContext(t.Context(), tests.Trigger("refused", "BEFORE INSERT ON events", "NEW.id = 'evt_50_verified'", "not this one")); err != nil {
		t.Fatal(err)
	}
	var all sync.WaitGroup
	var mu sync.Mutex
	results := map[string]int{}
	tell := func(i, user int, status store.Status, second int64) {
		all.Go(func() {
			n := store.News{SessionID: fmt.Sprint("vs_", user), UserID: fmt.Sprint("user", user), Status: status, At: at(second)}
			result, err := programs[i].RecordEvent(t.Context(), store.Event{ID: fmt.Sprint("evt_", user, "_", status), Type: "t", ObjectID: n.SessionID, CreatedAt: n.At, Session: &n})
			mu.Lock()
			defer mu.Unlock()
			if err != nil {
				result = "failed"
			}
			results[fmt.Sprint(status, " ", result)]++
		})
	}
	for user := range users + 10 { // ten of whom nothing is known here
		for i := range programs {
			tell(i, user, store.Verified, 9)
		}
		tell(user%2, user, store.Processing, 5)
	}
	all.Wait()
	processing := results["processing applied"] + results["processing stale"]
	for what, want := range map[string]int{"verified applied": users - 1, "verified duplicate": users - 1 + 10, "verified failed": 2, "verified unmatched": 10,
		"processing unmatched": 10} {
		if results[what] != want {
			t.Errorf("%s: want %d, got %v", what, want, results)
		}
	}
	if processing != users {
		t.Errorf("each event must be recorded once, got %v", results)
	}
	mustBeDerived(t, programs[0])
	for i := range users {
		u, err := programs[i%2].Stands(t.Context(), fmt.Sprint("user", i))
		if err != nil || u.Verified == (i == 50) {
			t.Errorf("user %d must be as the events say, got %+v, %v", i, u, err)
		}
	}
	if n := lines(t, path, `SELECT 'team', count(*) FROM actions WHERE outcome = 'verified'`)["team"]; n != fmt.Sprint(users-1) {
		t.Errorf("of each verdict the team must be told once, got %s", n)
	}
	shared := lines(t, path, `SELECT 'of', count(DISTINCT xmin::text) FROM events`)["of"]
	whole := lines(t, path, `SELECT 'of', count(*) FROM events`)["of"]
	t.Logf("%s events in %s transactions", whole, shared)
	if shared == whole {
		t.Errorf("events that come together must share a transaction, got %s in %s", whole, shared)
	}
}

// Whoever has to wait for somebody's transaction waits alone.
func TestOneWhoIsLockedHoldsUpNobody(t *testing.T) {
	tests.OnlyServer(t, "a file is locked as a whole")
	path := tests.Database(t)
	db := openAt(t, path, store.Options{Consumers: everybody})
	for i := range 20 {
		mustBegin(t, db, fmt.Sprint("user", i), fmt.Sprint("vs_", i))
	}
	tx, err := tests.Raw(t, path).BeginTx(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer tx.Rollback()
	if _, err := tx.ExecContext(t.Context(), "SELECT nr FROM people WHERE user_id = 'user7' FOR UPDATE"); err != nil {
		t.Fatal(err)
	}
	var others, locked sync.WaitGroup
	for i := range 20 {
		of := &others
		if i == 7 {
			of = &locked
		}
		of.Go(func() {
			n := store.News{SessionID: fmt.Sprint("vs_", i), UserID: fmt.Sprint("user", i), Status: store.Verified, At: at(9)}
			result, err := db.RecordEvent(t.Context(), store.Event{ID: fmt.Sprint("evt_", i), Type: "t", ObjectID: n.SessionID, CreatedAt: n.At, Session: &n})
			if err != nil || result != store.Applied {
				t.Errorf("event %d must be recorded, got %v, %v", i, result, err)
			}
		})
	}
	began := time.Now()
	others.Wait()
	if took := time.Since(began); took > 10*time.Second {
		t.Errorf("others must not wait for the one who is locked, got %v", took)
	}
	if err := tx.Rollback(); err != nil {
		t.Fatal(err)
	}
	locked.Wait()
}
