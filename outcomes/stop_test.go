package outcomes_test

import (
	"context"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"example.com/identity-starter/store"
	"example.com/identity-starter/tests"
)

// What a process has claimed and not begun when it stops is done by another one at its next look, while what is
// under way ends here.
func TestStopGivesBackWhatWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d, path := newDiary(), tests.Database(t)
		one, two := openFile(t, path), openFile(t, path)
		crowd(t, one, 12)
		d.start = time.Now()
		doing := func(name string, takes time.Duration) do {
			return func(_ context.Context, a store.Action) error {
				<-time.After(takes)
				d.write("%s %s", a.UserID, name)
				return nil
			}
		}
		var all sync.WaitGroup
		from(t, d, &all, 0, 10*time.Second, doing("first", 18*time.Second), one) // it stops after ten seconds
		from(t, d, &all, 20*time.Second, time.Minute, doing("second", 0), two)   // which is a look that finds them
		all.Wait()
		d.mustBeOnce(t, "an action is done once", 12)
		for _, entry := range d.entries {
			words := strings.Fields(entry)
			took, err := time.ParseDuration(words[2])
			if want := map[string]time.Duration{"first": 18 * time.Second, "second": 20 * time.Second}[words[1]]; err != nil || took.Truncate(time.Second) != want {
				t.Errorf("what was not begun must be done when another process looks, the rest where it was begun, got %s", entry)
			}
		}
		if got := strings.Count(d.read(), "first"); got != 4 {
			t.Errorf("four are under way in a process, got %d", got)
		}
		mustBeWritten(t, two, 0, 1) // what was given back was not tried
	})
}

// What a slow consumer has to do is shared with a process that comes a little later and has nothing to do.
func TestSlowConsumerIsShared(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d, path := newDiary(), tests.Database(t)
		one, two := openFile(t, path), openFile(t, path)
		crowd(t, one, 64)
		doing := func(name string) do {
			return func(_ context.Context, a store.Action) error {
				<-time.After(40 * time.Second)
				d.write("%s %s", a.UserID, name)
				return nil
			}
		}
		var all sync.WaitGroup
		from(t, d, &all, 0, 20*time.Minute, doing("first"), one)
		from(t, d, &all, time.Second, 20*time.Minute, doing("second"), two)
		all.Wait()
		d.mustBeOnce(t, "an action is done once", 64)
		if got := strings.Count(d.read(), "second"); got < 20 {
			t.Errorf("two processes must share what a slow consumer has to do, of 64 the second got %d", got)
		}
	})
}
