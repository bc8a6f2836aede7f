package store_test

import (
	"testing"

	"example.com/identity-starter/tests"
)

// mayRead are statements, by a piece of each, that find by mode or state alone, and why they may.
var mayRead = map[string]string{
	"SELECT received_at FROM events":                      "stops at the first row of an index in that order",
	"SELECT created_at FROM events":                       "the same: nearly every event is of this kind",
	"SELECT id FROM accounts WHERE livemode = $1 AND sea": "stops at the first row",
	"SELECT kind, count(*) FROM actions":                  "counts what waits, which is few",
	"SELECT session_id FROM verifications WHERE livemode": "reads who waits at the gate, which is few, from an index of them",
}

// No statement reads a whole table: what is fast with ten users has to be fast
// with a million, whether SQLite has counted the rows (ANALYZE) or guesses.
func TestNoStatementScansATable(t *testing.T) {
	_, empty := newFile(t, 0)
	tests.NoScans(t, ".", 40, mayRead, "an empty file", empty)
	_, filled := newFile(t, 60_000)
	tests.NoScans(t, ".", 40, mayRead, "a file with 60,000 users", filled)
	if _, err := filled.ExecContext(t.Context(), "ANALYZE"); err != nil {
		t.Fatal(err)
	}
	tests.NoScans(t, ".", 40, mayRead, "a file with 60,000 users, counted", filled)
}
