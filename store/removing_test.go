package store_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"example.com/identity-starter/store"
	"example.com/identity-starter/tests"
)

// Whoever writes hardly notices that old rows are removed. (200,000 of them, where long tests are asked for.)
func TestRemovingHoldsUpNobody(t *testing.T) {
	db := openAt(t, tests.Database(t), store.Options{Consumers: everybody})
	old := tests.Length(3_000, 100_000)
	if err := inTx(t.Context(), db, func(do exec) error {
		if err := do(`WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < $1)
			INSERT INTO actions (key, livemode, kind, outcome, person, user_id, object_id, code, created_at, done_at)
			SELECT 'team:verified:vs_old_' || i, 0, 'team', 'verified', i, 'old' || i, 'vs_old_' || i, '', i, i FROM n`, old); err != nil {
			return err
		}
		return do(`WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < $1)
			INSERT INTO events (id, type, livemode, account, object_id, created_at, received_at, result)
			SELECT 'evt_old_' || (i * 7919 % 999983), 'identity.verification_session.verified', 0, '', 'vs_old_' || i, i, i, 'applied' FROM n`, old)
	}); err != nil {
		t.Fatal(err)
	}
	written := 0
	write := func(until func() bool) (took []time.Duration) {
		for tick := time.Tick(2 * time.Millisecond); !until(); <-tick {
			written++
			began := time.Now()
			if _, err := db.RecordEvent(t.Context(), store.Event{ID: fmt.Sprint("evt_", written), Type: "t", CreatedAt: began}); err != nil {
				t.Fatal(err)
			}
			took = append(took, time.Since(began))
		}
		slices.Sort(took)
		return took
	}
	began := time.Now()
	idle := write(func() bool { return time.Since(began) > 2*time.Second })
	removed := make(chan error, 1)
	began = time.Now()
	go func() { removed <- db.RemoveOld(t.Context()) }()
	busy := write(func() bool { return len(removed) > 0 })
	if err := <-removed; err != nil {
		t.Fatal(err)
	}
	p := func(list []time.Duration, percent int) time.Duration {
		return list[len(list)*percent/100].Round(10 * time.Microsecond)
	}
	t.Logf("%d rows in %v: p50 %v and p99 %v, of %d; idle %v and %v, of %d", 2*old, time.Since(began).Round(time.Second),
		p(busy, 50), p(busy, 99), len(busy), p(idle, 50), p(idle, 99), len(idle))
	if p(busy, 50) > 10*p(idle, 50)+5*time.Millisecond {
		t.Errorf("who writes must not wait for rows that are removed, half of them took %v, and %v where nothing was", p(busy, 50), p(idle, 50))
	}
	if left, err := db.Count(t.Context(), "SELECT (SELECT count(*) FROM actions) + (SELECT count(*) FROM events)"); err != nil || left != written {
		t.Errorf("old rows must be gone, and no others, got %d, %v", left-written, err)
	}
}
