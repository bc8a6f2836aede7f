package store_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"example.com/identity-starter/store"
	"example.com/identity-starter/tests"
)

// exec runs a statement in a transaction.
type exec func(query string, args ...any) error

// inTx runs do in a write transaction.
func inTx(ctx context.Context, db *store.DB, do func(exec) error) error {
	return db.InTx(ctx, func(ctx context.Context, tx *store.Tx) error {
		return do(func(query string, args ...any) error {
			_, err := tx.Exec(ctx, "write", query, args...)
			return err
		})
	})
}

// line is a queue of transactions of which the first is under way until go on is
// called: so the rest is in its group.
type line struct {
	t       *testing.T
	db      *store.DB
	release chan struct{}
	all     sync.WaitGroup
}

// newLine starts the first transaction, which writes the row 0. The table's rows
// may refer to others by parent, which is checked at the commit.
func newLine(t *testing.T, db *store.DB) *line {
	t.Helper()
	tests.OnlyFile(t, "many transactions share a commit there")
	if err := inTx(t.Context(), db, func(do exec) error {
		return do(`CREATE TABLE IF NOT EXISTS line (id INTEGER PRIMARY KEY AUTOINCREMENT, who INTEGER,
			parent INTEGER REFERENCES line (id) DEFERRABLE INITIALLY DEFERRED)`)
	}); err != nil {
		t.Fatal(err)
	}
	l := &line{t: t, db: db, release: make(chan struct{})}
	begun := make(chan struct{})
	begin := sync.OnceFunc(func() { close(begun) }) // it runs again when another one of its group fails
	l.all.Go(func() {
		err := inTx(context.WithoutCancel(t.Context()), db, func(do exec) error {
			begin()
			<-l.release
			return insert(do, 0)
		})
		if err != nil && !strings.Contains(err.Error(), "FOREIGN KEY") {
			t.Errorf("the first transaction must be done, got %v", err)
		}
	})
	<-begun
	return l
}

func insert(do exec, who int) error { return do("INSERT INTO line (who) VALUES (?)", who) }

// join puts a transaction into the queue; ended gets what InTx returned, or its panic.
func (l *line) join(ctx context.Context, do func(exec) error, ended func(err error, panicked any)) {
	l.t.Helper()
	before := l.db.Waiting()
	l.all.Go(func() {
		var err error
		defer func() { ended(err, recover()) }()
		err = inTx(ctx, l.db, do)
	})
	eventually(l.t, "a transaction waits", func() bool { return l.db.Waiting() > before })
}

func (l *line) goOn() { close(l.release); l.all.Wait() }

// who lists the rows, in the order of their ids, as far as they are committed.
func (l *line) must(rule, query string, want int) {
	l.t.Helper()
	if got, err := l.db.Count(l.t.Context(), query); err != nil || got != want {
		l.t.Errorf("%s: want %d, got %d, %v", rule, want, got, err)
	}
}

func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	tick, limit := time.NewTicker(time.Millisecond), time.After(15*time.Second)
	defer tick.Stop()
	for !ok() {
		select {
		case <-tick.C:
		case <-limit:
			t.Fatalf("must happen in time: %s", what)
		}
	}
}

// One of a group that fails or panics fails alone, with its own error.
func TestGroupFailsAlone(t *testing.T) {
	l := newLine(t, twoProcesses(t)[0])
	failure := errors.New("a failure")
	for i := 1; i <= 30; i++ {
		l.join(t.Context(), func(do exec) error {
			err := insert(do, i)
			switch i % 3 {
			case 1:
				return failure
			case 2:
				panic(i)
			}
			return err
		}, func(err error, panicked any) {
			switch {
			case i%3 == 0 && (err != nil || panicked != nil):
				t.Errorf("transaction %d must not be taken along by others, got %v, panic %v", i, err, panicked)
			case i%3 == 1 && !errors.Is(err, failure):
				t.Errorf("transaction %d must get its own error, got %v", i, err)
			case i%3 == 2 && !strings.HasPrefix(fmt.Sprint(panicked), fmt.Sprintf("%d\n", i)):
				t.Errorf("transaction %d must get its own panic, got %v", i, panicked)
			case i%3 == 2 && !strings.Contains(fmt.Sprint(panicked), "writer_test.go"):
				t.Errorf("a panic must keep the stack of where it happened, got %v", panicked)
			}
		})
	}
	l.goOn()
	l.must("what failed leaves nothing, the rest is there", "SELECT sum(who % 3 = 0) * 100 + count(*) FROM line", 1111)
	l.must("transactions run in the order of their coming",
		"SELECT count(*) FROM line a JOIN line b ON b.id > a.id AND b.who < a.who", 0)
}

// Nobody is told that it is done before the group is on disk.
func TestGroupIsAcknowledgedAfterCommit(t *testing.T) {
	l := newLine(t, twoProcesses(t)[0])
	done, reached, leave := make(chan struct{}), make(chan struct{}), make(chan struct{})
	l.join(t.Context(), func(do exec) error { return insert(do, 1) }, func(error, any) { close(done) })
	l.join(t.Context(), func(do exec) error { close(reached); <-leave; return insert(do, 2) }, func(error, any) {})
	close(l.release)
	<-reached
	select {
	case <-done:
		t.Error("a transaction must not be acknowledged before its group is committed")
	default:
	}
	l.must("what is not committed is seen by nobody", "SELECT count(*) FROM line", 0)
	close(leave)
	l.all.Wait()
	<-done
	l.must("the group is committed", "SELECT count(*) FROM line", 3)
}

// When the commit fails, nobody is told that it is done, and the next group works.
func TestGroupCommitFails(t *testing.T) {
	l := newLine(t, twoProcesses(t)[0])
	for i := range 5 {
		l.join(t.Context(), func(do exec) error {
			if i == 3 {
				return do("INSERT INTO line (parent) VALUES (-1)")
			}
			return insert(do, i)
		}, func(err error, _ any) {
			if err == nil {
				t.Errorf("transaction %d must get the error of the commit", i)
			}
		})
	}
	l.goOn()
	l.must("a commit that fails leaves nothing", "SELECT count(*) FROM line", 0)
	if err := inTx(t.Context(), l.db, func(do exec) error { return insert(do, 9) }); err != nil {
		t.Errorf("the next group must work, got %v", err)
	}
}

// Who leaves before its turn has written nothing; afterwards it is written in full.
func TestGroupLeaving(t *testing.T) {
	l := newLine(t, twoProcesses(t)[0])
	early, leaveEarly := context.WithCancel(t.Context())
	late, leaveLate := context.WithCancel(t.Context())
	gone := make(chan error, 1)
	l.join(early, func(do exec) error { return insert(do, 1) }, func(err error, _ any) { gone <- err })
	l.join(late, func(do exec) error { leaveLate(); return insert(do, 2) }, func(err error, _ any) {
		if err != nil {
			t.Errorf("who leaves during its turn is served, got %v", err)
		}
	})
	leaveEarly()
	if err := <-gone; !errors.Is(err, context.Canceled) {
		t.Errorf("who leaves before its turn is told so at once, got %v", err)
	}
	l.goOn()
	l.must("only who left before its turn has written nothing", "SELECT sum(who) FROM line", 2)
}

// Close serves those who wait, and refuses the rest: nobody hangs, nothing is half done.
func TestGroupClose(t *testing.T) {
	db, err := store.Open(t.Context(), tests.Database(t), store.Options{Consumers: everybody, MaxAttempts: 3})
	if err != nil {
		t.Fatal(err)
	}
	l := newLine(t, db)
	for i := range 10 {
		l.join(t.Context(), func(do exec) error { return insert(do, i) }, func(err error, _ any) {
			if err != nil {
				t.Errorf("who waits when the database is closed is served, got %v", err)
			}
		})
	}
	closed := make(chan error, 1)
	go func() { closed <- db.Close() }()
	l.goOn()
	if err := <-closed; err != nil {
		t.Errorf("close: %v", err)
	}
	if err := inTx(t.Context(), db, func(exec) error { return nil }); err == nil {
		t.Error("a closed database must refuse")
	}
}

// A process that writes without end leaves another one its turn.
func TestGroupLeavesOthersATurn(t *testing.T) {
	both := twoProcesses(t)
	ctx, stop := context.WithCancel(t.Context())
	var busy sync.WaitGroup
	for i := range 32 {
		busy.Go(func() {
			for n := 0; ctx.Err() == nil; n++ {
				e := store.Event{ID: fmt.Sprintf("evt_%d_%d", i, n), Type: "t", CreatedAt: at(1)}
				if _, err := both[0].RecordEvent(ctx, e); err != nil && !errors.Is(err, context.Canceled) {
					t.Errorf("record event: %v", err)
				}
			}
		})
	}
	for n := range 10 {
		began := time.Now()
		_, err := both[1].RecordEvent(t.Context(), store.Event{ID: fmt.Sprint("evt_other_", n), Type: "t", CreatedAt: at(1)})
		if took := time.Since(began); err != nil || took > 3*time.Second {
			t.Errorf("another process must get its turn, got %v after %v", err, took)
		}
	}
	stop()
	busy.Wait()
}

// A lock that another process holds too long is an error for all who wait, once
// and not one after the other, and over when the lock is.
func TestGroupLocked(t *testing.T) {
	t.Parallel() // beside other tests that wait
	both := twoProcesses(t)
	l := newLine(t, both[0])
	began := time.Now()
	var all sync.WaitGroup
	for i := range 20 {
		all.Go(func() {
			if _, err := both[1].Begin(t.Context(), fmt.Sprint("user", i), "", store.Made{}); err == nil {
				t.Error("a write that cannot be made must be an error")
			}
		})
	}
	all.Wait()
	if took := time.Since(began); took > 14*time.Second {
		t.Errorf("nobody waits for the lock longer than two times five seconds, got %v", took)
	}
	l.goOn()
	if _, err := both[1].Begin(t.Context(), "user", "", store.Made{}); err != nil {
		t.Errorf("once the lock is gone writes must work again, got %v", err)
	}
}

// A full disk takes nothing along that was acknowledged, and is over when there is room.
func TestGroupDiskFull(t *testing.T) {
	tests.OnlyFile(t, "a server answers for its disk")
	db := twoProcesses(t)[0]
	pages := func(n int) error { // SQLite reports the same as with a full disk
		return inTx(t.Context(), db, func(do exec) error { return do(fmt.Sprint("PRAGMA max_page_count = ", n)) })
	}
	if err := pages(1); err != nil { // no less than there are
		t.Fatal(err)
	}
	record := func(i int) error {
		e := store.Event{ID: fmt.Sprint("evt_", i), Type: strings.Repeat("t", 500), CreatedAt: at(1)}
		_, err := db.RecordEvent(t.Context(), e)
		return err
	}
	var mu sync.Mutex
	var kept, refused []string
	atOnce(200, func(i int) {
		err := record(i)
		mu.Lock()
		defer mu.Unlock()
		if err == nil {
			kept = append(kept, fmt.Sprint("evt_", i))
		} else if refused = append(refused, fmt.Sprint("evt_", i)); !strings.Contains(err.Error(), "full") {
			t.Errorf("an event that does not fit must fail because of that, got %v", err)
		}
	})
	if len(refused) == 0 {
		t.Fatal("the test must fill the disk")
	}
	if n, err := db.Count(t.Context(), "SELECT count(*) FROM events"); err != nil || n != len(kept) {
		t.Errorf("what was acknowledged must be there, and only that: want %d, got %d, %v", len(kept), n, err)
	}
	if err := pages(1_000_000); err != nil {
		t.Fatal(err)
	}
	atOnce(200, func(i int) {
		if err := record(i); err != nil {
			t.Errorf("when there is room writes must work again, got %v", err)
		}
	})
}
