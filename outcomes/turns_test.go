package outcomes_test

import (
	"cmp"
	"context"
	"log/slog"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"example.com/identity-starter/gateway"
	"example.com/identity-starter/outcomes"
	"example.com/identity-starter/store"
	"example.com/identity-starter/stripesim"
	"example.com/identity-starter/tests"
)

// machines are programs on one database, in a bubble of time.
type machines struct {
	t        *testing.T
	database string
	sim      *stripesim.Sim
	stripe   string // where Stripe is for them
	counted  int    // lists of events
	first    *store.DB
}

// together runs a test of several programs.
func together(t *testing.T, test func(t *testing.T, m *machines)) {
	t.Helper()
	sim, address := tests.OutsideBubble(t)
	database := tests.Database(t)
	synctest.Test(t, func(t *testing.T) { test(t, &machines{t: t, database: database, sim: sim, stripe: address}) })
}

// machine is one of the programs.
type machine struct {
	*machines
	db    *store.DB
	parts outcomes.Parts
	diary *diary
	end   func() // it stops, as it should
	mu    sync.Mutex
	asked []time.Time // when it has asked about sessions, one by one
}

// start starts one at that place.
func (m *machines) start(place string) *machine {
	m.t.Helper()
	return m.startWith(place, m.stripe)
}

func (m *machines) startWith(place, stripe string) *machine {
	m.t.Helper()
	one := &machine{machines: m, diary: newDiary()}
	var err error
	if one.db, err = store.Open(m.t.Context(), m.database, store.Options{MaxAttempts: 3, Consumers: everybody(), Place: place}); err != nil {
		m.t.Fatalf("open database: %v", err)
	}
	m.first = cmp.Or(m.first, one.db)
	log := slog.New(slog.NewTextHandler(&locked{d: one.diary}, nil))
	one.parts = outcomes.Parts{DB: one.db, Log: log, Record: outcomes.NewRecorder(one.db, false, nil, log),
		Stripe: gateway.New(gateway.Options{SecretKey: "sk_test_simulator", APIBase: stripe, ConnectBase: stripe,
			ReturnURL: "http://localhost:4242/verification/return", Observers: []func(gateway.Call){one.note}})}
	ctx, stop := context.WithCancel(m.t.Context())
	ended := make(chan struct{})
	go func() { outcomes.Watch(ctx, one.parts); close(ended) }()
	one.end = sync.OnceFunc(func() { stop(); <-ended; _ = one.db.Close() })
	m.t.Cleanup(one.end)
	return one
}

func (m *machine) note(c gateway.Call) {
	if strings.HasPrefix(c.Path, tests.SessionsPath+"/") {
		m.mu.Lock()
		defer m.mu.Unlock()
		m.asked = append(m.asked, time.Now())
	}
}

// die ends it without a word: it reaches the database no more.
func (m *machine) die() { _ = m.db.Close() }

// write runs a statement.
func (m *machines) write(statement string) {
	m.t.Helper()
	if err := m.first.InTx(m.t.Context(), func(ctx context.Context, tx *store.Tx) error {
		_, err := tx.Exec(ctx, "write", statement)
		return err
	}); err != nil {
		m.t.Fatal(err)
	}
}

// after lets time pass. Until then Stripe must have been asked for so many more lists of events.
func (m *machines) after(wait time.Duration, lists int, rule string) {
	m.t.Helper()
	<-time.After(wait)
	synctest.Wait()
	more := -m.counted
	for _, r := range m.sim.Requests() {
		if r.Path == "/v1/events" {
			more++
		}
	}
	if m.counted += more; more != lists {
		m.t.Errorf("%s: want %d lists in %v, got %d", rule, lists, wait, more)
	}
}

// Of all programs on a database one lists what was missed, once an hour, whichever stop and start meanwhile.
func TestOneListsForAll(t *testing.T) {
	t.Parallel() // beside others that wait
	together(t, func(t *testing.T, m *machines) {
		a := m.start("a")
		m.after(10*time.Second, 1, "a start lists what was missed")
		b := m.start("b")
		m.after(80*time.Minute, 1, "two programs list once an hour between them")
		a.end()
		m.after(10*time.Minute, 0, "who takes over goes on with the hour")
		a = m.start("a")
		m.after(time.Minute, 0, "a start beside another program lists nothing: that one was there")
		b.end()
		m.after(10*time.Second, 0, "two that are restarted one after the other list nothing: one of them was there all the time")
		m.start("b")
		m.after(time.Hour, 1, "two programs list once an hour between them, whichever were restarted")
		a.end()
	})
}

// A program that ends without a word has its turn for a minute at most. Who was there meanwhile goes on; whoever was not lists
// what may have been missed.
func TestTurnOfOneThatDied(t *testing.T) {
	t.Parallel() // beside others that wait
	together(t, func(t *testing.T, m *machines) {
		a := m.start("a")
		m.after(10*time.Second, 1, "a start lists what was missed")
		b := m.start("b")
		m.after(5*time.Minute, 0, "one of them has listed")
		a.die()
		m.after(5*time.Minute, 0, "the other one goes on with the hour")
		b.die()
		m.start("c")
		m.after(65*time.Second, 1, "who starts when nobody is there any more lists what was missed, once the turn of the dead is over")
	})
	together(t, func(t *testing.T, m *machines) {
		a := m.start("a")
		m.after(time.Second, 1, "a start lists what was missed")
		a.die()
		m.start("a")
		m.after(time.Second, 1, "who starts where the dead was knows that it is dead")
	})
	together(t, func(t *testing.T, m *machines) {
		m.start("a")
		m.start("a")
		m.after(time.Minute, 2, "two that are called alike list at their starts")
		m.after(time.Hour, 1, "and once an hour between them")
	})
}

// Where nobody could have the turn for a while, since the database refused it, nobody could hear either: then it lists at once.
func TestTurnThatCannotBeKept(t *testing.T) {
	t.Parallel() // beside others that wait
	together(t, func(t *testing.T, m *machines) {
		a := m.start("a")
		m.after(10*time.Second, 1, "a start lists what was missed")
		m.write(tests.Trigger("refused", "BEFORE UPDATE ON turns", "OLD.name = 'watch'", "nobody gets it"))
		m.after(5*time.Minute, 0, "nobody has the turn")
		m.write(tests.Said("DROP TRIGGER refused", "DROP TRIGGER refused ON turns"))
		m.after(10*time.Second, 1, "as soon as somebody has it, it lists")
		m.after(50*time.Minute, 0, "and then it goes on")
		if n := strings.Count(a.diary.logged(), "nobody gets it"); n != 1 {
			t.Errorf("the log must say it once, got %d times\n%s", n, a.diary.logged())
		}
	})
}

// Who cannot list lets others try.
func TestTurnOfOneThatFails(t *testing.T) {
	t.Parallel() // beside others that wait
	nowhere := httptest.NewServer(nil)
	nowhere.Close()
	together(t, func(t *testing.T, m *machines) {
		a := m.startWith("a", nowhere.URL)
		m.after(time.Minute, 0, "it cannot reach Stripe")
		m.start("b")
		m.after(time.Minute, 0, "it has the turn")
		m.after(time.Hour, 1, "the next try is in an hour, and another one's if that fails")
		if n := strings.Count(a.diary.logged(), "cannot be listed"); n != 2 {
			t.Errorf("it must have tried once an hour, got %d times:\n%s", n, a.diary.logged())
		}
	})
}

// However many programs there are, Stripe is asked about one session a second, and about each once.
func TestOneAsksForAll(t *testing.T) {
	t.Parallel() // beside others that wait
	together(t, func(t *testing.T, m *machines) {
		a, b := m.start("a"), m.start("b")
		m.after(time.Second, 1, "the start of two lists what was missed")
		w := watched{stripe: a.parts.Stripe, db: a.db, record: a.parts.Record}
		for _, user := range []string{"ann", "bob", "cid", "dan", "eve", "fay"} {
			w.begin(t, user)
		}
		m.write("UPDATE verifications SET check_at = 1")
		<-time.After(time.Minute)
		all := slices.Concat(a.asked, b.asked)
		slices.SortFunc(all, time.Time.Compare)
		if len(all) != 6 {
			t.Errorf("of six sessions each must be asked about once, got %d questions", len(all))
		}
		for i := 1; i < len(all); i++ {
			if between := all[i].Sub(all[i-1]); between < time.Second {
				t.Errorf("two programs must not ask faster than one: got two questions in %v", between)
			}
		}
	})
}

// What has expired is removed by one of them.
func TestOneRemovesForAll(t *testing.T) {
	t.Parallel() // beside others that wait
	together(t, func(t *testing.T, m *machines) {
		a := m.start("a")
		m.after(time.Minute, 1, "a start lists what was missed")
		m.write(tests.Trigger("kept", "BEFORE DELETE ON oauth_states", "OLD.nr > 0", "this one stays"))
		m.write("INSERT INTO oauth_states (nr, state_hash, livemode, user_id, expires_at) VALUES (1, 'hash', 0, 'user', 1)")
		b := m.start("b")
		tried := func(m *machine) int { return strings.Count(m.diary.logged(), "this one stays") }
		<-time.After(35 * time.Minute)
		if tried(a) != 3 || tried(b) != 0 {
			t.Errorf("one of two programs must remove what has expired, every ten minutes, got %d and %d tries in 35", tried(a), tried(b))
		}
		a.die()
		<-time.After(5 * time.Minute)
		if tried(b) != 1 {
			t.Errorf("once that one is dead the other one must, got %d tries", tried(b))
		}
	})
}
