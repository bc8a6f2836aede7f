package notify_test

import (
	"strings"
	"testing"

	"example.com/identity-starter/extras/notify"
	"example.com/identity-starter/tests"
)

// The doctor counts what was given up in an index that has nothing else, whether SQLite has counted the rows or guesses.
func TestNoStatementReadsAWholeTable(t *testing.T) {
	tests.OnlyFile(t, "it is SQLite's planner that is asked")
	a, _ := start(t)
	check := func(file string) {
		t.Helper()
		plan := strings.Join(a.Rows("EXPLAIN QUERY PLAN "+notify.CountGivenUp, 0, "notify"), "\n")
		if !strings.Contains(plan, "USING INDEX actions_given_up") || strings.Contains(plan, "SCAN") {
			t.Errorf("%s: it must look in the index, got\n%s", file, plan)
		}
	}
	check("an empty file")
	a.Change(`WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 60000)
		INSERT INTO actions (key, livemode, kind, outcome, person, user_id, object_id, code, created_at, done_at)
		SELECT 'notify:' || i, 0, 'notify', 'verified', i, 'user' || i, 'vs_' || i, '', i, i FROM n`)
	a.Change("ANALYZE")
	check("a file with 60,000 messages, counted")
}
