package store_test

import (
	"context"
	"database/sql"
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"example.com/identity-starter/store"
	"example.com/identity-starter/tests"
)

// newFile makes a file with so many users. It returns the database, and another
// connection to the file.
func newFile(t *testing.T, users int) (*store.DB, *sql.DB) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "starter.db")
	db := openAt(t, path, store.Options{Consumers: everybody})
	return db, tests.Crowd(t, path, users)
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
		{"Begin", func(db *store.DB, user string) error { _, err := db.Begin(t.Context(), user, ""); return err }},
		{"RecordEvent", func(db *store.DB, user string) error { return verify(t.Context(), db, user) }},
		{"User", func(db *store.DB, user string) error { _, err := db.User(t.Context(), user); return err }},
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
