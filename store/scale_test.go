package store_test

import (
	"context"
	"database/sql"
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"example.com/identity-starter/store"
)

// newFile makes a file with so many users, most of them verified, and an event for
// each. It returns the database, and another connection to the file.
func newFile(t *testing.T, users int) (*store.DB, *sql.DB) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "starter.db")
	db, err := store.Open(t.Context(), path, store.Options{MaxAttempts: 3})
	if err != nil {
		t.Fatalf("open database: %v", err)
	}
	t.Cleanup(func() { db.Close() })
	raw, err := sql.Open("sqlite3", "file:"+path+"?_busy_timeout=5000")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { raw.Close() })
	raw.SetMaxOpenConns(1) // so that what is counted is known to the statements that follow
	for _, statement := range []string{
		`WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?1)
		 INSERT INTO verifications (id, livemode, user_id, session_id, status, news_at, created_at, updated_at, comparison, needs_review)
		 SELECT 'ID' || i, 0, 'old' || i, 'vs_old_' || i, CASE WHEN i % 10 > 0 THEN 'verified' ELSE 'requires_input' END, i, i, i,
		    CASE WHEN i % 10 > 0 THEN 'ok' ELSE '' END, i % 100 = 0 FROM n WHERE ?1 > 0`,
		`WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?1)
		 INSERT INTO events (id, type, livemode, account, object_id, created_at, received_at, result)
		 SELECT 'evt_old_' || i, 'identity.verification_session.verified', 0, '', 'vs_old_' || i, i, i, 'applied' FROM n WHERE ?1 > 0`,
	} {
		if _, err := raw.ExecContext(t.Context(), statement, users); err != nil {
			t.Fatal(err)
		}
	}
	return db, raw
}

// What every click and every webhook does takes as long in a file with many users
// as in an empty one.
func TestManyUsersSlowNothingDown(t *testing.T) {
	empty, _ := newFile(t, 0)
	filled, _ := newFile(t, 60_000)
	for _, what := range []struct {
		name string
		do   func(db *store.DB, user string) error
	}{
		{"Begin", func(db *store.DB, user string) error { _, err := db.Begin(t.Context(), user); return err }},
		{"RecordEvent", func(db *store.DB, user string) error { return verify(t.Context(), db, user) }},
		{"User", func(db *store.DB, user string) error { _, err := db.User(t.Context(), user); return err }},
		{"Story", func(db *store.DB, user string) error { _, err := db.Story(t.Context(), user); return err }},
	} {
		few, many := fastest(t, empty, what.do), fastest(t, filled, what.do)
		if limit := 5*few + 2*time.Millisecond; many > limit {
			t.Errorf("%s must not depend on how many users there are: %v with none, %v with 60,000", what.name, few, many)
		}
	}
}

// fastest is the least time that it took, for each of some users: what else the machine does, only adds to it.
func fastest(t *testing.T, db *store.DB, do func(db *store.DB, user string) error) time.Duration {
	t.Helper()
	least := time.Hour
	for i := range 20 {
		began := time.Now()
		if err := do(db, fmt.Sprint("user", i)); err != nil {
			t.Fatal(err)
		}
		least = min(least, time.Since(began))
	}
	return least
}

// verify records that the user's verification has succeeded.
func verify(ctx context.Context, db *store.DB, user string) error {
	u, err := db.User(ctx, user)
	if err != nil {
		return err
	}
	result, err := db.RecordEvent(ctx, store.Event{ID: "evt_" + user, Type: "identity.verification_session.verified", ObjectID: "vs_" + user,
		CreatedAt: at(1), Session: &store.News{SessionID: "vs_" + user, Reference: u.Newest.ID, UserID: user, Status: store.Verified, At: at(1)}})
	if err == nil && result != store.Applied {
		err = fmt.Errorf("the event of %s is %s", user, result)
	}
	return err
}
