package outcomes_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"example.com/identity-starter/outcomes"
	"example.com/identity-starter/store"
	"example.com/identity-starter/tests"
)

// diary is what was done, and when. The tests with it run on synctest's clock,
// which stands still while anybody works: seconds are exact, and days are short.
type diary struct {
	mu      sync.Mutex
	start   time.Time
	entries []string
	log     bytes.Buffer
}

func newDiary() *diary { return &diary{start: time.Now()} }

func (d *diary) write(format string, args ...any) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.entries = append(d.entries, fmt.Sprintf(format, args...)+" "+time.Since(d.start).Truncate(100*time.Millisecond).String())
}

func (d *diary) read() string {
	d.mu.Lock()
	defer d.mu.Unlock()
	return strings.Join(d.entries, ", ")
}

func (d *diary) must(t *testing.T, rule, want string) {
	t.Helper()
	if got := d.read(); got != want {
		t.Errorf("%s: want\n%s, got\n%s", rule, want, got)
	}
}

// openFile opens the database as one process does.
func openFile(t *testing.T, path string) *store.DB {
	t.Helper()
	db, err := store.Open(t.Context(), path, store.Options{MaxAttempts: 3, Consumers: everybody()})
	if err != nil {
		t.Fatalf("open database: %v", err)
	}
	t.Cleanup(func() { db.Close() })
	return db
}

// everybody are the consumers that every program with a team has, as the store knows them.
func everybody() []store.Consumer {
	return outcomes.Wanting([]outcomes.Consumer{outcomes.CloseSession(), outcomes.Team(nil)})
}

// do is what is done for each kind of action in a test, instead of what the program does.
type do func(context.Context, store.Action) error

func open(t *testing.T) *store.DB {
	t.Helper()
	return openFile(t, tests.Database(t))
}

// fails records failed checks of a user.
func fails(t *testing.T, db *store.DB, user string, codes ...string) {
	t.Helper()
	v, err := db.Begin(t.Context(), user, "", store.Made{})
	if err != nil {
		t.Fatalf("begin: %v", err)
	}
	for i, code := range codes {
		n := store.News{SessionID: "vs_" + user, Reference: v.ID, UserID: user, Status: store.RequiresInput, Failed: true,
			ErrorCode: code, ReportID: "vr_" + user + code, At: time.Now().Add(time.Duration(i) * time.Second)}
		if _, err := db.RecordSession(t.Context(), n); err != nil {
			t.Fatalf("record session: %v", err)
		}
	}
}

// work has the actions done for a time, by as many processes as there are databases.
func work(t *testing.T, d *diary, long time.Duration, actions map[string]do, processes ...*store.DB) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), long)
	defer cancel()
	workUntil(ctx, d, actions, processes...)
}

// workUntil is work until ctx ends.
func workUntil(ctx context.Context, d *diary, actions map[string]do, processes ...*store.DB) {
	var all sync.WaitGroup
	log := slog.New(slog.NewTextHandler(&locked{d: d}, nil))
	var consumers []outcomes.Consumer
	for name, do := range actions {
		consumers = append(consumers, outcomes.Consumer{Consumer: store.Consumer{Name: name},
			Do: func(ctx context.Context, _ outcomes.Parts, a store.Action) error { return do(ctx, a) }})
	}
	for _, db := range processes {
		all.Go(func() { outcomes.Work(ctx, outcomes.Parts{DB: db, Log: log}, consumers) })
	}
	all.Wait()
}

type locked struct{ d *diary }

func (l *locked) Write(p []byte) (int, error) {
	l.d.mu.Lock()
	defer l.d.mu.Unlock()
	return l.d.log.Write(p)
}

// logged is the log so far.
func (d *diary) logged() string {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.log.String()
}

func nothing(context.Context, store.Action) error { return nil }

// A slow action, and one that fails, keep neither other users nor other kinds waiting.
func TestSlowAndFailingHoldUpNobody(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d, db := newDiary(), open(t)
		fails(t, db, "slow", "a", "b", "c") // its cancel is another kind
		fails(t, db, "failing", "a", "b")
		fails(t, db, "fine", "a", "b")
		tries := map[string]int{}
		team := func(_ context.Context, a store.Action) error {
			d.mu.Lock()
			tries[a.Key]++
			first := tries[a.Key] == 1
			d.mu.Unlock()
			if a.UserID == "slow" && a.Code == "a" {
				<-time.After(40 * time.Second)
			}
			if a.UserID == "failing" && first {
				return errors.New("not now")
			}
			d.write("%s %s %s", a.UserID, a.What, a.Code)
			return nil
		}
		closing := func(_ context.Context, a store.Action) error {
			d.write("%s closed", a.UserID)
			return nil
		}
		work(t, d, time.Minute, map[string]do{"team": team, "cancel": closing}, db)
		slices.Sort(d.entries)
		d.must(t, "who waits for nobody is served at once, and each user in order", strings.Join([]string{
			"failing failed a 5s", "failing failed b 10s", "fine failed a 0s", "fine failed b 0s", "slow closed 0s",
			"slow exhausted c 40s", "slow failed a 40s", "slow failed b 40s", "slow failed c 40s"}, ", "))
	})
}

// A panic is a failure like any other: logged, and repeated with the same key.
func TestPanicIsAFailure(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d, db := newDiary(), open(t)
		fails(t, db, "user", "a")
		tries := 0
		team := func(_ context.Context, a store.Action) error {
			d.write("%s", a.Key)
			if tries++; tries < 3 {
				panic("a team's mistake")
			}
			return nil
		}
		work(t, d, time.Minute, map[string]do{"team": team}, db)
		d.must(t, "a panic must be repeated", "team:failed:vr_usera 0s, team:failed:vr_usera 5s, team:failed:vr_usera 35s")
		if log := d.logged(); strings.Count(log, "a team's mistake") != 2 || strings.Count(log, "level=WARN") != 2 {
			t.Errorf("each failure must be logged once, got\n%s", log)
		}
	})
}

// After a day an action is given up, logged as an error, and in nobody's way.
func TestGivenUpAfterADay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDiary()
		faster := func() time.Time { return d.start.Add(720 * time.Since(d.start)) } // an hour in five seconds
		db, err := store.Open(t.Context(), tests.Database(t), store.Options{MaxAttempts: 3, Now: faster, Consumers: everybody()})
		if err != nil {
			t.Fatal(err)
		}
		defer db.Close()
		fails(t, db, "user", "a", "b")
		team := func(_ context.Context, a store.Action) error {
			if a.Code == "a" {
				return errors.New("never")
			}
			d.write("%s", faster().Sub(d.start).Truncate(time.Hour))
			return nil
		}
		work(t, d, 3*time.Minute, map[string]do{"team": team}, db)
		hours, err := time.ParseDuration(strings.Fields(d.read())[0])
		if err != nil || hours < 23*time.Hour || hours > 28*time.Hour { // the workers look once an hour of this clock
			t.Errorf("the next of the user's actions must be done when the first is given up, after a day, got %v", hours)
		}
		if log := d.logged(); strings.Count(log, "level=ERROR") != 1 || !strings.Contains(log, "given up") {
			t.Errorf("giving up must be one error in the log, got\n%s", log)
		}
	})
}

// An action has a minute, and a little longer to end: meanwhile a second process does not run it beside the first.
func TestTwoProcesses(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d, path := newDiary(), tests.Database(t)
		one, two := openFile(t, path), openFile(t, path)
		fails(t, one, "user", "a")
		running := 0
		team := func(ctx context.Context, _ store.Action) error {
			d.mu.Lock()
			running++
			beside := running
			d.mu.Unlock()
			<-ctx.Done()
			d.write("%d at once, asked to end", beside)
			<-time.After(8 * time.Second)
			return nil
		}
		work(t, d, 10*time.Minute, map[string]do{"team": team}, one, two)
		d.must(t, "an action under way must not run a second time", "1 at once, asked to end 1m0s")
	})
}

// What the program's end interrupts is done after the next start.
func TestInterruptedIsRepeated(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d, path := newDiary(), tests.Database(t)
		db := openFile(t, path)
		fails(t, db, "user", "a")
		interrupted := func(ctx context.Context, a store.Action) error {
			<-ctx.Done()
			d.write("%s stopped", a.Key)
			return ctx.Err()
		}
		work(t, d, 10*time.Second, map[string]do{"team": interrupted}, db)
		finished := func(_ context.Context, a store.Action) error {
			d.write("%s done", a.Key)
			return nil
		}
		work(t, d, time.Minute, map[string]do{"team": finished}, openFile(t, path))
		d.must(t, "what was interrupted must be done at once: that the program stops is no failure", "team:failed:vr_usera stopped 10s, team:failed:vr_usera done 10s")
	})
}

// An action of another process, which nobody tells of, is found within seconds.
func TestOtherProcessesActions(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d, path := newDiary(), tests.Database(t)
		mine, other := openFile(t, path), openFile(t, path)
		time.AfterFunc(12*time.Second, func() { fails(t, other, "user", "a") })
		team := func(_ context.Context, a store.Action) error {
			d.write("%s", a.Key)
			return nil
		}
		work(t, d, time.Minute, map[string]do{"team": team, "cancel": nothing}, mine)
		d.must(t, "it must be found at the next look", "team:failed:vr_usera 15s")
	})
}
