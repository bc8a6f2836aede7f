package outcomes_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"example.com/identity-starter/outcomes"
	"example.com/identity-starter/store"
	"example.com/identity-starter/tests"
)

// What has to be done when an action is given up comes before that is written, also
// when repeating it would be in vain. It is repeated until it is done: neither an error
// nor a panic of it ends the program or loses the action.
func TestGivenUpIsCalledFirst(t *testing.T) {
	for name, c := range map[string]struct {
		fails error
		clock time.Duration // how much faster the database's is
		level string
		text  string
	}{
		"for good":  {fmt.Errorf("no such person: %w", outcomes.ErrForGood), 1, "WARN", "action failed for good"},
		"for a day": {errors.New("not now"), 720, "ERROR", "action failed for a day and is given up"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				d := newDiary()
				clock := func() time.Time { return d.start.Add(c.clock * time.Since(d.start)) }
				db, err := store.Open(t.Context(), tests.Database(t), store.Options{MaxAttempts: 3, Now: clock, Consumers: everybody()})
				if err != nil {
					t.Fatal(err)
				}
				defer db.Close()
				fails(t, db, "user", "a")
				calls := 0
				team := outcomes.Consumer{Consumer: store.Consumer{Name: "team"},
					Do: func(context.Context, outcomes.Parts, store.Action) error { return c.fails },
					GivenUp: func(ctx context.Context, p outcomes.Parts, _ store.Action) error {
						var given int
						if err := p.DB.QueryRowContext(ctx, "SELECT count(*) FROM actions WHERE failed_at IS NOT NULL").Scan(&given); err != nil || given > 0 {
							t.Errorf("it must be called before the action is given up, got %d, %v", given, err)
						}
						switch calls++; calls {
						case 1:
							panic("a mistake")
						case 2:
							return errors.New("the disk is full")
						}
						return nil
					}}
				ctx, stop := context.WithTimeout(t.Context(), 10*time.Minute)
				defer stop()
				outcomes.Work(ctx, outcomes.Parts{DB: db, Log: slog.New(slog.NewTextHandler(&locked{d: d}, nil))}, []outcomes.Consumer{team})
				var given int
				if err := db.QueryRowContext(t.Context(), "SELECT count(*) FROM actions WHERE kind = 'team' AND failed_at IS NOT NULL").Scan(&given); err != nil {
					t.Fatal(err)
				}
				log := d.logged()
				if calls != 3 || given != 1 {
					t.Errorf("it must be repeated until it is done, and the action given up then, got %d calls, %d given up\n%s", calls, given, log)
				}
				if strings.Count(log, c.text) != 1 || !strings.Contains(log, "level="+c.level+` msg="`+c.text) || strings.Count(log, "cannot be updated") != 2 {
					t.Errorf("each failure must be told, and the end once, got\n%s", log)
				}
			})
		})
	}
}

// It is called also where it is Do that does not end: who waits for it would wait for good otherwise. One of its own that does
// not end is not begun again beside itself.
func TestGivenUpWhileItGoesOn(t *testing.T) {
	for name, hangs := range map[string]bool{"it ends": false, "nor does it": true} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				d, db := newDiary(), open(t)
				fails(t, db, "user", "a")
				released := make(chan struct{})
				defer close(released)
				calls := 0
				team := outcomes.Consumer{Consumer: store.Consumer{Name: "team"},
					Do: func(context.Context, outcomes.Parts, store.Action) error { <-released; return nil },
					GivenUp: func(context.Context, outcomes.Parts, store.Action) error {
						if calls++; hangs {
							<-released
						}
						return nil
					}}
				ctx, stop := context.WithTimeout(t.Context(), 30*time.Hour)
				defer stop()
				outcomes.Work(ctx, outcomes.Parts{DB: db, Log: slog.New(slog.NewTextHandler(&locked{d: d}, nil))}, []outcomes.Consumer{team})
				var given int
				if err := db.QueryRowContext(t.Context(), "SELECT count(*) FROM actions WHERE kind = 'team' AND failed_at IS NOT NULL").Scan(&given); err != nil {
					t.Fatal(err)
				}
				if calls != 1 || given == 1 == hangs {
					t.Errorf("what does not end must be given up after a day, once what has to be done then is done, got %d calls, %d given up", calls, given)
				}
			})
		})
	}
}
