package store_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"example.com/identity-starter/store"
	"example.com/identity-starter/tests"
)

// taker is a program that takes turns.
type taker struct {
	db    *store.DB
	clock atomic.Int64 // how far ahead its clock is, in seconds
	has   atomic.Bool
	had   int // how often
	stop  func()
}

// takers are programs on one database, in a bubble of time.
type takers struct {
	t        *testing.T
	database string
	mu       sync.Mutex
	have     int // now
	most     int // that had the turn at a time
}

// start starts one whose clock is that far ahead.
func (all *takers) start(ahead time.Duration) *taker {
	all.t.Helper()
	one := new(taker)
	one.clock.Store(int64(ahead.Seconds()))
	one.db = openAt(all.t, all.database, store.Options{Now: func() time.Time { return time.Now().Add(time.Duration(one.clock.Load()) * time.Second) }})
	ctx, stop := context.WithCancel(all.t.Context())
	ended := make(chan struct{})
	go func() {
		one.db.InTurn(ctx, "work", func(err error) { all.t.Errorf("whose turn it is must be found out: %v", err) }, func(ctx context.Context, _ bool) {
			one.has.Store(true)
			one.had++
			all.count(1)
			<-ctx.Done()
			all.count(-1)
			one.has.Store(false)
		})
		close(ended)
	}()
	one.stop = sync.OnceFunc(func() { stop(); <-ended })
	all.t.Cleanup(one.stop)
	return one
}

func (all *takers) count(more int) {
	all.mu.Lock()
	defer all.mu.Unlock()
	all.have += more
	all.most = max(all.most, all.have)
}

// pass lets time pass.
func pass(wait time.Duration) {
	<-time.After(wait)
	synctest.Wait()
}

// bubble runs a test with programs of its own.
func bubble(t *testing.T, test func(t *testing.T, all *takers)) {
	t.Helper()
	database := tests.Database(t)
	synctest.Test(t, func(t *testing.T) { test(t, &takers{t: t, database: database}) })
}

// Whichever programs start and stop, one has the turn, and nobody for a few seconds at most.
func TestOneHasTheTurn(t *testing.T) {
	for seed := range uint64(tests.Share(10)) {
		bubble(t, func(t *testing.T, all *takers) {
			r, running := rand.New(rand.NewPCG(seed, 1)), []*taker{all.start(0)}
			for range 30 {
				if i := r.IntN(len(running)); r.IntN(2) == 0 && len(running) > 1 {
					running[i].stop()
					running = append(running[:i], running[i+1:]...)
				} else if len(running) < 4 {
					running = append(running, all.start(time.Duration(r.IntN(20))*time.Second))
				}
				if pass(time.Duration(3+r.IntN(60)) * time.Second); all.have != 1 {
					t.Fatalf("seed %d: of %d programs one must have the turn, got %d", seed, len(running), all.have)
				}
			}
			if all.most != 1 {
				t.Errorf("seed %d: nobody may have it beside another one, got %d", seed, all.most)
			}
		})
	}
}

// Where clocks differ by more than a turn lasts, the program that is ahead has it and keeps it. What was written while a clock was
// wrong holds up nobody.
func TestTurnWithWrongClocks(t *testing.T) {
	for ahead, takes := range map[time.Duration]bool{30 * time.Second: false, 2 * time.Minute: true, 8 * time.Minute: true} {
		bubble(t, func(t *testing.T, all *takers) {
			one := all.start(0)
			pass(time.Second)
			other := all.start(ahead)
			if pass(30 * time.Minute); all.have != 1 || other.has.Load() != takes || one.had+other.had > 2 {
				t.Errorf("with clocks that differ by %v one must have the turn and keep it, and the one that is ahead: %v, got %d, %v, after %d changes",
					ahead, takes, all.have, other.has.Load(), one.had+other.had)
			}
			other.stop()
			if pass(ahead + 3*time.Second); !one.has.Load() {
				t.Errorf("%v ahead: who is left must have the turn", ahead)
			}
		})
	}
	bubble(t, func(t *testing.T, all *takers) {
		db := openAt(t, all.database, store.Options{})
		if err := db.Exec(t.Context(), fmt.Sprintf("INSERT INTO turns (name, livemode, holder, until) VALUES ('work', 0, 'killed', %d)", db.Now()+86_400)); err != nil {
			t.Fatal(err)
		}
		right := all.start(0)
		if pass(3 * time.Second); !right.has.Load() {
			t.Error("what a clock has written that was a day ahead must hold up nobody")
		}
	})
}

// Turns of other names, and of the other mode, are others.
func TestTurnsOfOthers(t *testing.T) {
	bubble(t, func(t *testing.T, all *takers) {
		all.start(0)
		db := openAt(t, all.database, store.Options{Livemode: true})
		has := 0
		for _, of := range []*store.DB{db, openAt(t, all.database, store.Options{})} {
			ctx, stop := context.WithTimeout(t.Context(), time.Minute)
			defer stop()
			of.InTurn(ctx, fmt.Sprint("work", of.Live() == 0), func(error) {}, func(ctx context.Context, _ bool) { has++; <-ctx.Done() })
		}
		if has != 2 {
			t.Errorf("each must have its own, got %d", has)
		}
	})
}

// How far a listing has got never goes back, no event that a webhook brings moves it, and none moves another.
func TestReached(t *testing.T) {
	db := newShared(t).process()
	must := func(rule string, want time.Time) {
		t.Helper()
		if got, err := db.Reached(t.Context(), store.ListedEvents); err != nil || !got.Equal(want) {
			t.Errorf("%s: want %v, got %v, %v", rule, want, got, err)
		}
	}
	must("no list was whole", time.Time{})
	if _, err := db.RecordEvent(t.Context(), store.Event{ID: "evt_1", Type: "identity.verification_session.verified", CreatedAt: at(9)}); err != nil {
		t.Fatal(err)
	}
	must("a webhook is no list", time.Time{})
	for _, second := range []int64{5, 3, 7, 6} {
		if err := db.SetReached(t.Context(), store.ListedEvents, at(second)); err != nil {
			t.Fatal(err)
		}
	}
	must("the newest counts", at(7))
	if err := db.SetReached(t.Context(), store.ListedSessions, at(20)); err != nil {
		t.Fatal(err)
	}
	must("another listing is another's", at(7))
}
