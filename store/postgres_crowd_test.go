package store_test

import (
	"fmt"
	"sync"
	"testing"

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
