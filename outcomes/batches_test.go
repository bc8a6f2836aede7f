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

	"example.com/identity-starter/outcomes"
	"example.com/identity-starter/store"
	"example.com/identity-starter/tests"
)

// crowd records a failed check of each of so many users: an action for each, none of which waits for another.
func crowd(t *testing.T, db *store.DB, users int) {
	t.Helper()
	for i := range users {
		fails(t, db, fmt.Sprintf("user%03d", i), "a")
	}
}

// from has the team's actions done by one process, from one moment to another.
func from(t *testing.T, d *diary, all *sync.WaitGroup, begin, end time.Duration, team do, process *store.DB) {
	t.Helper()
	all.Go(func() {
		<-time.After(begin)
		work(t, d, end-begin, map[string]do{"team": team}, process)
	})
}

// mustBeOnce fails unless each of so many entries is in the diary once. An entry begins with what it is about.
func (d *diary) mustBeOnce(t *testing.T, rule string, want int) {
	t.Helper()
	times := map[string]int{}
	for _, entry := range d.entries {
		times[strings.Fields(entry)[0]]++
	}
	for about, n := range times {
		if n != 1 {
			t.Errorf("%s: %s was done %d times", rule, about, n)
		}
	}
	if len(times) != want {
		t.Errorf("%s: want %d of them, got %d", rule, want, len(times))
	}
}

// mustBeWritten fails unless all but so many of the team's actions have ended, each after that many tries at most.
func mustBeWritten(t *testing.T, db *store.DB, waiting, tries int) {
	t.Helper()
	var left, most int
	if err := db.QueryRowContext(t.Context(), `SELECT coalesce(sum(CASE WHEN done_at IS NULL AND failed_at IS NULL THEN 1 ELSE 0 END), 0), coalesce(max(tries), 0)
		FROM actions WHERE kind = 'team'`).Scan(&left, &most); err != nil {
		t.Fatal(err)
	}
	if left != waiting || most > tries {
		t.Errorf("%d actions must wait, after %d tries at most, got %d, after %d", waiting, tries, left, most)
	}
}

// What two processes find is done once and written down, and none of it waits for the next look.
func TestBatchesAreDoneOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d, path := newDiary(), tests.Database(t)
		one, two := openFile(t, path), openFile(t, path)
		crowd(t, one, 150)
		d.start = time.Now() // filling took a while
		team := func(_ context.Context, a store.Action) error {
			d.write("%s", a.UserID)
			return nil
		}
		work(t, d, time.Minute, map[string]do{"team": team}, one, two)
		d.mustBeOnce(t, "an action is done once", 150)
		for _, entry := range d.entries {
			if took, err := time.ParseDuration(strings.Fields(entry)[1]); err != nil || took >= time.Second {
				t.Errorf("a batch must be followed by the next one at once, got %s", entry)
			}
		}
		mustBeWritten(t, two, 0, 1)
	})
}

// The rest of a batch does not wait for one that hangs, wherever in the batch that is.
func TestOneThatHangsHoldsUpNobody(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d, db := newDiary(), open(t)
		crowd(t, db, 90)
		d.start = time.Now()
		tries := 0
		team := func(_ context.Context, a store.Action) error {
			if a.UserID == "user020" {
				if tries++; tries == 1 {
					<-time.After(50 * time.Second)
					return errors.New("no answer")
				}
			}
			d.write("%s", a.UserID)
			return nil
		}
		work(t, d, 2*time.Minute, map[string]do{"team": team}, db)
		d.mustBeOnce(t, "an action is done once", 90)
		for _, entry := range d.entries {
			took, err := time.ParseDuration(strings.Fields(entry)[1])
			if hung := strings.HasPrefix(entry, "user020 "); err != nil || !hung && took >= time.Second || hung && took.Truncate(time.Second) != 55*time.Second {
				t.Errorf("who hangs is tried again after the first wait, and the others wait for nobody, got %s", entry)
			}
		}
		mustBeWritten(t, db, 0, 2)
	})
}

// Done, failed or given up: what comes next is the next of the user's, whichever process does it.
func TestOrderAcrossProcesses(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d, path := newDiary(), tests.Database(t)
		one, two := openFile(t, path), openFile(t, path)
		users := []string{"ann", "bob", "cid", "dan", "eve", "fay", "gus"}
		for _, user := range users {
			fails(t, one, user, "a", "b", "c", "d", "e", "f")
		}
		order, running := map[string]string{}, map[string]int{}
		team := func(_ context.Context, a store.Action) error {
			d.mu.Lock()
			if running[a.UserID]++; running[a.UserID] > 1 {
				t.Errorf("two actions about %s must not be under way at once", a.UserID)
			}
			d.mu.Unlock()
			<-time.After(time.Duration(len(a.Key)+int(a.UserID[0])%5) * 300 * time.Millisecond)
			d.mu.Lock()
			defer d.mu.Unlock()
			running[a.UserID]--
			switch {
			case a.Code == "b" && a.Tries < 3:
				return errors.New("not now")
			case a.What == outcomes.Failed && a.Code == "d":
				order[a.UserID] += "-"
				return fmt.Errorf("no such person: %w", outcomes.ErrForGood)
			case a.What == outcomes.Failed:
				order[a.UserID] += a.Code
			}
			return nil
		}
		work(t, d, 10*time.Minute, map[string]do{"team": team}, one, two)
		for _, user := range users {
			if got := order[user]; got != "abc-ef" {
				t.Errorf("what is about %s must be done in order, past what is put off and what is given up: want abc-ef, got %s", user, got)
			}
		}
		mustBeWritten(t, two, 0, 3)
	})
}

// A process that dies keeps what it had until its lease ends; then the rest of the queue is done in order.
func TestOrderAfterACrash(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d, path := newDiary(), tests.Database(t)
		dead, one, two := openFile(t, path), openFile(t, path), openFile(t, path)
		fails(t, one, "ann", "a", "b")
		fails(t, one, "bob", "a", "b")
		if list, err := dead.Claim(t.Context(), "team", 1); err != nil || len(list) != 1 || list[0].UserID != "ann" {
			t.Fatalf("the one that dies must have taken ann's first, got %+v, %v", list, err)
		}
		team := func(_ context.Context, a store.Action) error {
			d.write("%s%s after %d", a.UserID, a.Code, a.Tries)
			return nil
		}
		d.start = time.Now().Truncate(time.Second)
		work(t, d, 3*time.Minute, map[string]do{"team": team}, one, two)
		for i, entry := range d.entries { // by the second
			words := strings.Fields(entry)
			took, err := time.ParseDuration(words[3])
			if err != nil {
				t.Fatal(err)
			}
			d.entries[i] = strings.Join(append(words[:3], took.Truncate(5*time.Second).String()), " ")
		}
		d.must(t, "what the dead one had comes first when its lease ends", "boba after 1 0s, bobb after 1 0s, anna after 2 2m0s, annb after 1 2m0s")
	})
}
