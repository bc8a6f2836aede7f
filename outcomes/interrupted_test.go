package outcomes_test

import (
	"context"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"example.com/identity-starter/outcomes"
	"example.com/identity-starter/store"
	"example.com/identity-starter/tests"
)

// Once the program stops nothing is begun: it would only be interrupted.
func TestNothingIsBegunAtTheStop(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d, db := newDiary(), open(t)
		crowd(t, db, 60)
		ctx, stop := context.WithCancel(t.Context())
		late := 0
		team := outcomes.Consumer{Consumer: store.Consumer{Name: "team"}, Do: func(ctx context.Context, _ outcomes.Parts, a store.Action) error {
			d.mu.Lock()
			defer d.mu.Unlock()
			if ctx.Err() != nil {
				late++
			} else if a.UserID == "user020" {
				stop()
			}
			return ctx.Err()
		}}
		outcomes.Work(ctx, outcomes.Parts{DB: db, Log: slog.New(slog.NewTextHandler(&locked{d: d}, nil))}, []outcomes.Consumer{team})
		if late > atOnce {
			t.Errorf("at most those that were being begun may see that the program stops, got %d", late)
		}
		if log := d.logged(); strings.Contains(log, "failed") {
			t.Errorf("that the program stops is no failure, got\n%s", log)
		}
	})
}

// atOnce is how many actions of a kind are under way at a time.
const atOnce = 4

// A program that stops during the last try does not give the action up.
func TestStopDuringTheLastTry(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d, path := newDiary(), tests.Database(t)
		db := openFile(t, path)
		fails(t, db, "user", "a")
		raw := tests.Raw(t, path)
		defer raw.Close()
		if _, err := raw.ExecContext(t.Context(), "UPDATE actions SET tries = 27"); err != nil {
			t.Fatal(err)
		}
		interrupted := func(ctx context.Context, _ store.Action) error { <-ctx.Done(); return ctx.Err() }
		work(t, d, 10*time.Second, map[string]do{"team": interrupted}, db)
		mustBeWritten(t, db, 1, 27)
	})
}

// Also when quick ones have made the batches large, slow ones that follow are shared with a process that has nothing to do.
func TestSlowAfterQuickIsShared(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d, path := newDiary(), tests.Database(t)
		one, two := openFile(t, path), openFile(t, path)
		crowd(t, one, 124+64)
		doing := func(name string) do {
			return func(_ context.Context, a store.Action) error {
				if a.UserID < "user124" {
					return nil
				}
				<-time.After(40 * time.Second)
				d.write("%s %s", a.UserID, name)
				return nil
			}
		}
		var all sync.WaitGroup
		from(t, d, &all, 0, 20*time.Minute, doing("first"), one)
		from(t, d, &all, time.Second, 20*time.Minute, doing("second"), two)
		all.Wait()
		if got := strings.Count(d.read(), "second"); got < 20 {
			t.Errorf("two processes must share what a slow consumer has to do, of 64 the second got %d", got)
		}
	})
}
