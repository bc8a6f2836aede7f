package store_test

import (
	"context"
	"errors"
	"testing"

	"example.com/identity-starter/store"
	"example.com/identity-starter/tests"
)

const anyState = `INSERT INTO oauth_states (state_hash, livemode, user_id, expires_at) VALUES ($1, 0, 'u', 1)`

// On some errors of a query SQLite takes the whole transaction back: whatever fails has the others of its group run again.
func TestGroupRunsAgainAfterAQueryThatFails(t *testing.T) {
	l := newLine(t, twoProcesses(t)[0])
	runs := 0
	l.join(t.Context(), func(do exec) error { runs++; return insert(do, 1) }, func(error, any) {})
	before := l.db.Waiting()
	l.all.Go(func() {
		_ = l.db.InTx(context.WithoutCancel(t.Context()), func(ctx context.Context, tx *store.Tx) error {
			var n int
			return tx.QueryRowContext(ctx, `SELECT 1 FROM nowhere`).Scan(&n)
		})
	})
	eventually(t, "a transaction waits", func() bool { return l.db.Waiting() > before })
	l.goOn()
	if runs != 2 {
		t.Errorf("the others of a group must run again when a query has failed, got %d runs", runs)
	}
}

// What a statement returns, and a reader that panics in the middle of rows, leave nothing behind that keeps the next
// transaction from being written.
func TestNothingIsLeftOver(t *testing.T) {
	for name, do := range map[string]func(context.Context, *store.DB, *store.Tx) error{
		"rows that nobody wants": func(ctx context.Context, _ *store.DB, tx *store.Tx) error {
			_, err := tx.Exec(ctx, "write", `UPDATE verifications SET lang = 'x' RETURNING id`)
			return err
		},
		"a panic": func(ctx context.Context, _ *store.DB, tx *store.Tx) error {
			_, err := store.List(ctx, tx, func(store.Row) (int, error) { panic("a mistake in an extra") }, `SELECT user_id FROM people`)
			return err
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := newShared(t)
			db := s.process()
			mustBegin(t, db, "ann", "vs_ann")
			mustBegin(t, db, "bob", "vs_bob")
			func() {
				defer func() { _ = recover() }()
				_ = db.InTx(t.Context(), func(ctx context.Context, tx *store.Tx) error { return do(ctx, db, tx) })
			}()
			if _, err := tests.Raw(t, s.path).ExecContext(t.Context(), anyState, "x"); err != nil {
				t.Fatal(err)
			}
			if _, err := db.RecordEvent(t.Context(), store.Event{ID: "evt_1", Type: "t", CreatedAt: at(1)}); err != nil {
				t.Errorf("the next event must be recorded, got %v", err)
			}
		})
	}
}

// brokenDisk takes nothing.
type brokenDisk struct{ err error }

func (d brokenDisk) Sync() error { return d.err }

// Once a disk has failed to take something nothing more is written, and the health check says so: who watches over
// the program starts it again.
func TestBrokenDiskIsSaid(t *testing.T) {
	tests.OnlyFile(t, "a server answers for its disk")
	db := open(t, store.Options{Consumers: everybody})
	mustBegin(t, db, "ann", "vs_ann")
	disk := brokenDisk{errors.New("input/output error")}
	db.ReplaceLog(disk)
	for i, id := range []string{"evt_1", "evt_2"} {
		n := verified(int64(i))
		n.SessionID = "vs_ann"
		e := store.Event{ID: id, Type: "t", CreatedAt: at(1)}
		if i > 0 {
			e.Session = &n
		}
		if _, err := db.RecordEvent(t.Context(), e); !errors.Is(err, disk.err) {
			t.Errorf("an event that is not on disk must not be acknowledged, got %v", err)
		}
	}
	if u, err := db.User(t.Context(), "ann"); err != nil || u.Verified {
		t.Errorf("what is refused must have no effect, got %+v, %v", u, err)
	}
	if err := db.Ping(t.Context()); !errors.Is(err, disk.err) {
		t.Errorf("the health check must fail, got %v", err)
	}
}
