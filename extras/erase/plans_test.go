package erase_test

import (
	"database/sql"
	"strings"
	"testing"

	"example.com/identity-starter/store"
	"example.com/identity-starter/tests"
)

var mayRead = map[string]string{"refused = 1": "counts by an index that has those alone"}

// No statement reads a whole table, whether SQLite has counted the rows (ANALYZE) or
// guesses; those neither that put another id in the place of a user's.
func TestNoStatementScansATable(t *testing.T) {
	tests.OnlyFile(t, "it is SQLite's planner that is asked")
	for file, users := range map[string]int{"an empty file": 0, "a file with 60,000 users": 60_000} {
		path := tests.Database(t)
		open(t, path, store.Options{})
		raw := tests.Crowd(t, path, users)
		if _, err := raw.ExecContext(t.Context(), `INSERT INTO redactions (verification_id, livemode, due_at)
			SELECT id, livemode, created_at FROM verifications WHERE status = 'verified' LIMIT 20000`); err != nil {
			t.Fatal(err)
		}
		for _, counted := range []string{"", ", counted"} {
			if counted != "" {
				if _, err := raw.ExecContext(t.Context(), "ANALYZE"); err != nil {
					t.Fatal(err)
				}
			}
			tests.NoScans(t, ".", 12, mayRead, file+counted, raw)
			for _, named := range []string{"people user_id", "decisions user_id", "decisions reviewer", "accounts user_id", "oauth_states user_id"} {
				table, column, _ := strings.Cut(named, " ")
				mustFind(t, raw, table, column, `livemode = $2 AND `+column+` = $3`, "(livemode=? AND "+column+"=?)")
			}
			for _, table := range []string{"verifications", "attempts", "actions"} {
				mustFind(t, raw, table, "user_id", `livemode = $2 AND person = (SELECT nr FROM people WHERE livemode = $2 AND user_id = $3)`, "(person=?)")
			}
		}
	}
}

// mustFind looks whether rows that name a user are found by an index.
func mustFind(t *testing.T, raw *sql.DB, table, column, by, index string) {
	t.Helper()
	plan := tests.PlanOf(t, raw, `UPDATE `+table+` SET `+column+` = $1 WHERE `+by)
	if !strings.Contains(plan[0], index) {
		t.Errorf("who is named in %s.%s must be found by an index, got %q", table, column, plan)
	}
}
