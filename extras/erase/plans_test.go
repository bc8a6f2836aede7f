package erase_test

import (
	"path/filepath"
	"strings"
	"testing"

	"example.com/identity-starter/store"
	"example.com/identity-starter/tests"
)

var mayRead = map[string]string{"SELECT user_id FROM forgetting": "reads all, which are few: a row goes once its user is forgotten"}

// No statement reads a whole table, whether SQLite has counted the rows (ANALYZE) or
// guesses; those neither that put another id in the place of a user's.
func TestNoStatementScansATable(t *testing.T) {
	for file, users := range map[string]int{"an empty file": 0, "a file with 60,000 users": 60_000} {
		path := filepath.Join(t.TempDir(), "starter.db")
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
			for _, named := range []string{"verifications user_id", "attempts user_id", "decisions user_id", "decisions reviewer",
				"accounts user_id", "oauth_states user_id", "actions user_id"} {
				table, column, _ := strings.Cut(named, " ")
				var id, parent, unused int
				var step string
				if err := raw.QueryRowContext(t.Context(), `EXPLAIN QUERY PLAN UPDATE `+table+` SET `+column+` = $1 WHERE livemode = $2 AND `+column+` = $3`,
					"b", 0, "a").Scan(&id, &parent, &unused, &step); err != nil {
					t.Fatal(err)
				}
				if !strings.Contains(step, "(livemode=? AND "+column+"=?)") {
					t.Errorf("who is named in %s must be found by an index in %s, got %s", named, file+counted, step)
				}
			}
		}
	}
}
