package outcomes_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"example.com/identity-starter/store"
	"example.com/identity-starter/tests"
)

// hangs is a team's function that does not look at its context, for the users whose names begin so, until released.
func hangs(d *diary, beginning string, released <-chan struct{}) do {
	return func(_ context.Context, a store.Action) error {
		if strings.HasPrefix(a.UserID, beginning) {
			<-released
			return errors.New("too late")
		}
		d.write("%s", a.UserID)
		return nil
	}
}

// A try that outlives its time is said, and holds up nobody else: neither those of its kind in this process, nor a stop.
func TestOneThatNeverEndsHoldsUpNobody(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d, db := newDiary(), open(t)
		for i := range 8 {
			fails(t, db, fmt.Sprint("hangs", i), "a")
		}
		fails(t, db, "waits", "a")
		d.start = time.Now()
		released := make(chan struct{})
		defer close(released)
		work(t, d, time.Hour, map[string]do{"team": hangs(d, "hangs", released)}, db)
		if took := time.Since(d.start); took > time.Hour+15*time.Second {
			t.Errorf("a stop must not wait for what does not end, got %v", took-time.Hour)
		}
		words := strings.Fields(d.read())
		if len(words) != 2 || words[0] != "waits" {
			t.Fatalf("who waits behind eight that never end must be served, got %q", words)
		}
		if after, err := time.ParseDuration(words[1]); err != nil || after > 3*time.Minute {
			t.Errorf("and within minutes, got %v", after)
		}
		log := d.logged()
		if got := strings.Count(log, "level=ERROR"); got != 8 || !strings.Contains(log, "goes on though it was asked to end") ||
			!strings.Contains(log, "kind=team object=vs_hangs0") {
			t.Errorf("each try that does not end must be one error that names kind and object, got %d\n%s", got, log)
		}
	})
}

// What is still under way here is not begun again here, but by another process: and once it ends well it is done.
func TestOneThatEndsLate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d, db := newDiary(), open(t)
		fails(t, db, "late", "a", "b")
		d.start = time.Now()
		team := func(_ context.Context, a store.Action) error {
			d.write("%s begun", a.Code)
			if a.Code == "a" {
				<-time.After(5 * time.Minute)
			}
			return nil
		}
		work(t, d, 20*time.Minute, map[string]do{"team": team}, db)
		words := strings.Fields(d.read())
		if len(words) != 6 || words[0] != "a" || words[3] != "b" {
			t.Fatalf("what takes five minutes is begun once and done, and then the next of that user, got %q", words)
		}
		if after, err := time.ParseDuration(words[5]); err != nil || after < 5*time.Minute || after > 6*time.Minute {
			t.Errorf("the same user's later ones must wait for it, got %v", after)
		}
	})
}

// Another process tries what one has left alone.
func TestAnotherProcessTriesWhatWasLeft(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d, path := newDiary(), tests.Database(t)
		one, two := openFile(t, path), openFile(t, path)
		fails(t, one, "user", "a")
		d.start = time.Now()
		released := make(chan struct{})
		defer close(released)
		ctx, stop := context.WithTimeout(t.Context(), 24*time.Hour)
		defer stop()
		var all sync.WaitGroup
		all.Go(func() { workUntil(ctx, d, map[string]do{"team": hangs(d, "user", released)}, one) })
		all.Go(func() {
			<-time.After(5 * time.Second / 2) // halfway between the other's looks: either is as often the first
			workUntil(ctx, d, map[string]do{"team": func(ctx context.Context, a store.Action) error {
				defer stop()
				return hangs(d, "nobody", released)(ctx, a)
			}}, two)
		})
		all.Wait()
		if words := strings.Fields(d.read()); len(words) != 2 || words[0] != "user" {
			t.Fatalf("another process must do what does not end in this one, got %q", words)
		}
	})
}

// The tries that are left alone have an end: then the kind waits, and that is said.
func TestNotEverythingIsLeftAlone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d, db := newDiary(), open(t)
		crowd(t, db, mostLeft+atOnce+10)
		begun, before, released := 0, 0, make(chan struct{})
		time.AfterFunc(time.Hour, func() {
			d.mu.Lock()
			before = begun
			d.mu.Unlock()
			close(released)
		})
		team := func(context.Context, store.Action) error {
			d.mu.Lock()
			begun++
			d.mu.Unlock()
			<-released
			return nil
		}
		work(t, d, 2*time.Hour, map[string]do{"team": team}, db)
		if before != mostLeft+atOnce {
			t.Errorf("at most %d tries may go on at a time, got %d", mostLeft+atOnce, before)
		}
		mustBeWritten(t, db, 0, 3) // once they end, what they have done is done, and the rest is
		if log := d.logged(); strings.Count(log, "nothing more of this kind is begun") != 1 {
			t.Errorf("that the end is reached must be said once, got\n%s", log)
		}
	})
}

// mostLeft is how many tries that do not end a kind can have.
const mostLeft = 32
