package store_test

import (
	"path/filepath"
	"testing"
	"time"

	"example.com/identity-starter/store"
)

// Inspect tells when Stripe's newest event came, of its own mode.
func TestInspectFindsLastEvent(t *testing.T) {
	path := filepath.Join(t.TempDir(), "starter.db")
	for i, live := range []bool{false, true} {
		now := at(1000 * int64(i+1))
		db, err := store.Open(t.Context(), path, store.Options{Consumers: everybody, Livemode: live, Now: func() time.Time { return now }})
		if err != nil {
			t.Fatal(err)
		}
		if found, err := store.Inspect(t.Context(), path, live, nil); err != nil || !found.LastEvent.IsZero() || found.Version != found.Newest {
			t.Errorf("a new file has no event and the newest schema, got %+v, %v", found, err)
		}
		for _, created := range []int64{10, 20} {
			now = now.Add(time.Second)
			e := store.Event{ID: now.String(), Type: "t", Livemode: live, CreatedAt: at(created)}
			if _, err := db.RecordEvent(t.Context(), e); err != nil {
				t.Fatal(err)
			}
		}
		if found, err := store.Inspect(t.Context(), path, live, nil); err != nil || !found.LastEvent.Equal(now) {
			t.Errorf("the last event came at %v, got %+v, %v", now, found, err)
		}
		if err := db.Close(); err != nil {
			t.Fatal(err)
		}
	}
}
