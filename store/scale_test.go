package store_test

import (
	"database/sql"
	"testing"

	"example.com/identity-starter/store"
	"example.com/identity-starter/tests"
)

// newFile makes a file with so many users. It returns the database, and another
// connection to the file.
func newFile(t *testing.T, users int) (*store.DB, *sql.DB) {
	t.Helper()
	path := tests.Database(t)
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
		{"Begin", func(db *store.DB, user string) error {
			_, err := db.Begin(t.Context(), user, "", store.Made{})
			return err
		}},
		{"RecordEvent", func(db *store.DB, user string) error { return tests.RecordVerdict(t.Context(), db, user) }},
		{"User", func(db *store.DB, user string) error { _, err := db.User(t.Context(), user); return err }},
	} {
		tests.MustNotDepend(t, what.name, empty, filled, what.do)
	}
}
