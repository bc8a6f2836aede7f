package mail_test

import (
	"regexp"
	"strings"
	"testing"

	"example.com/identity-starter/extras/mail"
	"example.com/identity-starter/tests"
)

// Counting a user's mails reads his alone, and removing old ones reads those, whether SQLite has counted the rows or guesses.
func TestNoStatementReadsAWholeTable(t *testing.T) {
	tests.OnlyFile(t, "it is SQLite's planner that is asked")
	a := start(t)
	inIndex := regexp.MustCompile(`USING COVERING INDEX mails_by_user \(livemode=\? AND user_id=\? AND sent_at>\?\)`)
	check := func(file string) {
		t.Helper()
		plan := strings.Join(a.Rows("EXPLAIN QUERY PLAN "+mail.CountMails, 0, "user1", 0, "vs_1"), "\n")
		if !inIndex.MatchString(plan) || !strings.Contains(plan, "verifications USING INDEX") || strings.Contains(plan, "SCAN mails") ||
			strings.Contains(plan, "SCAN verifications") {
			t.Errorf("%s: it must look in indexes only, got\n%s", file, plan)
		}
		plan = strings.Join(a.Rows("EXPLAIN QUERY PLAN "+mail.RemoveOld, 0, 1, 10), "\n")
		if !strings.Contains(plan, "mails_by_time (livemode=? AND sent_at<?)") || strings.Contains(plan, "SCAN") {
			t.Errorf("%s: old mails must be found by their time, got\n%s", file, plan)
		}
	}
	check("an empty file")
	a.Change(`WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 60000)
		INSERT INTO mails (action_key, livemode, user_id, sent_at) SELECT 'mail:' || i, 0, 'user' || i, i FROM n`)
	check("a file with 60,000 mails")
	a.Change("ANALYZE")
	check("a file with 60,000 mails, counted")
}
