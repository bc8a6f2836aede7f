package store_test

import (
	"testing"

	"example.com/identity-starter/tests"
)

// mayRead are statements, by a piece of each, that find by mode or state alone, and why they may.
var mayRead = map[string]string{
	"SELECT received_at, created_at FROM events":                                    "stops at the first row of an index in that order",
	"SELECT account, count(*), max(created_at)":                                     "the doctor, of a month; the newest is at the end of the index",
	"SELECT created_at FROM events":                                                 "the same: nearly every event is of this kind",
	"SELECT id FROM accounts WHERE livemode = $1 AND sea":                           "stops at the first row",
	"SELECT kind, count(*) FROM actions":                                            "counts what waits, which is few",
	"SELECT object_id FROM actions":                                                 "reconcile, of what waits, which is few",
	"FROM actions\n\t\tWHERE livemode = $1 AND kind = $2 AND failed_at IS NOT NULL": "lists what was given up, from an index of nothing else",
	"missing_at IS NOT NULL":                                                        "the doctor counts those, from an index of nothing else",
	"UPDATE actions SET due_at = $1, lease_until = 0":                               "at the start and every ten minutes, what waits",
	"SELECT session_id FROM verifications WHERE livemode":                           "reads who waits at the gate, which is few, from an index of them",
}

// No statement reads a whole table: what is fast with ten users has to be fast
// with a million, whether SQLite has counted the rows (ANALYZE) or guesses.
func TestNoStatementScansATable(t *testing.T) {
	tests.OnlyFile(t, "it is SQLite's planner that is asked")
	_, empty := newFile(t, 0)
	tests.NoScans(t, ".", 40, mayRead, "an empty file", empty)
	_, filled := newFile(t, 60_000)
	tests.NoScans(t, ".", 40, mayRead, "a file with 60,000 users", filled)
	if _, err := filled.ExecContext(t.Context(), "ANALYZE"); err != nil {
		t.Fatal(err)
	}
	tests.NoScans(t, ".", 40, mayRead, "a file with 60,000 users, counted", filled)
}

// mayAnew are statements, by a piece of each, that are prepared anew each time, and why they may.
var mayAnew = map[string]string{
	"AND created_at <= $2\n\t\tORDER BY number DESC": "only where a session of the past is rebuilt",
	"SELECT id, user_id, scope, platform":            "on the page of connected accounts, beside a call to Stripe for each of them",
	"SELECT object_id FROM actions":                  "reconcile",
	"INSERT INTO decisions":                          "a reviewer's decision",
	"SELECT checks + 1, person":                      "once for each session of which nothing was heard",
	"WHERE person = $1 ORDER BY number DESC LIMIT 1": "only where Stripe refused to make a session, or one of the past is rebuilt",
	"SELECT kind, count(*) FROM actions":             "the doctor",
	"SELECT id, key, outcome, user_id":               "a command, which lists what was given up",
	"DELETE FROM oauth_states\n\t\t\tWHERE livemode": "once for each start of Connect, of which a person makes few",
	"SELECT received_at, created_at FROM events":     "the doctor",
	"SELECT account, count(*), max(created_at)":      "the doctor",
	"FROM sqlite_master, pragma_table_info":          "a copy",
}

// No statement costs more for being planned than for what it does, but those that run rarely.
func TestNoStatementIsPreparedAnew(t *testing.T) {
	tests.OnlyFile(t, "it is SQLite's planner that is asked")
	_, filled := newFile(t, 1000)
	tests.NoneAnew(t, ".", mayAnew, filled)
}
