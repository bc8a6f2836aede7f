package review_test

import (
	"database/sql"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"example.com/identity-starter/extras/review"
	"example.com/identity-starter/store"
	"example.com/identity-starter/tests"
)

// newFile makes a file with so many users, most of them verified, with an event and
// an action each, a failed check and a decision of some. It returns the database, and
// another connection to the file.
func newFile(t *testing.T, users int) (*store.DB, *sql.DB) {
	t.Helper()
	path := tests.Database(t)
	db := open(t, path, store.Options{})
	raw := tests.Crowd(t, path, users)
	for _, insert := range []string{
		`INSERT INTO actions (key, livemode, kind, outcome, person, user_id, object_id, code, created_at, due_at, done_at)
		 SELECT 'team:' || i, 0, 'team', 'verified', i, 'old' || i, 'vs_old_' || i, '', i, i, i FROM n WHERE $1 > 0`,
		`INSERT INTO attempts (report_id, person, livemode, session_id, user_id, code, created_at)
		 SELECT 'vr_old_' || i, i, 0, 'vs_old_' || i, 'old' || i, 'document_expired', i FROM n WHERE $1 > 0 AND i % 10 = 0`,
		`INSERT INTO decisions (livemode, user_id, session_id, decision, reviewer, reason, stripe_status, created_at)
		 SELECT 0, 'old' || i, 'vs_old_' || i, 'approve', 'rita', 'seen', 'requires_input', i FROM n WHERE $1 > 0 AND i % 20 = 0`,
	} {
		numbers := `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < $1) `
		if _, err := raw.ExecContext(t.Context(), numbers+insert, users); err != nil {
			t.Fatal(err)
		}
	}
	return db, raw
}

// Days of the overview are UTC days, today the last; what is older is not counted.
func TestOverview(t *testing.T) {
	now := time.Date(2026, 3, 31, 12, 0, 0, 0, time.UTC)
	db := open(t, tests.Database(t), store.Options{Now: func() time.Time { return now }})
	for user, at := range map[string]time.Time{"ann": now, "bob": now.Add(3 * time.Second), "cid": now.AddDate(0, 0, -29), "dan": now.AddDate(0, 0, -30)} {
		v, err := db.Begin(t.Context(), user, "", store.Made{})
		if err != nil {
			t.Fatal(err)
		}
		n := store.News{SessionID: "vs_" + user, Reference: v.ID, UserID: user, Status: store.RequiresInput, Failed: true, ErrorCode: "document_expired", ReportID: "vr_" + user, At: at}
		if user == "ann" {
			n.Status, n.Failed, n.ErrorCode = store.Verified, false, ""
		}
		if _, err := db.RecordSession(t.Context(), n); err != nil {
			t.Fatal(err)
		}
	}
	o, err := review.ReadOverview(t.Context(), db, 30)
	if err != nil {
		t.Fatal(err)
	}
	if len(o.Failed) != 30 || o.Failed[0] != 1 || o.Failed[29] != 1 || o.Verified[29] != 1 || !o.Since.Equal(time.Date(2026, 3, 2, 0, 0, 0, 0, time.UTC)) {
		t.Errorf("30 days must end today, got %+v", o)
	}
	if len(o.Reasons) != 1 || o.Reasons[0] != (review.Reason{Code: "document_expired", Count: 2}) {
		t.Errorf("reasons must be counted, got %+v", o.Reasons)
	}
}

// What is listed of one of Stripe's modes has nothing of the other, whatever is looked for.
func TestListKeepsModesApart(t *testing.T) {
	path := tests.Database(t)
	var modes []*store.DB
	for _, live := range []bool{false, true} {
		db := open(t, path, store.Options{Livemode: live})
		if _, err := db.Begin(t.Context(), fmt.Sprint("live-", live), "", store.Made{}); err != nil {
			t.Fatal(err)
		}
		modes = append(modes, db)
	}
	v, err := modes[1].User(t.Context(), "live-true")
	if err != nil {
		t.Fatal(err)
	}
	for _, find := range []string{"live-true", v.Newest.Reference()} {
		for db, want := range map[*store.DB]int{modes[0]: 0, modes[1]: 1} {
			if list, err := review.List(t.Context(), db, review.Filter{Find: find}, 10); err != nil || len(list) != want {
				t.Errorf("%s must be found in its own mode only, got %d of %d, %v", find, len(list), want, err)
			}
		}
	}
}

// What every click and every webhook does, and what a reviewer looks at, takes as long
// in a file with many users as in an empty one: also with review's indexes, which the
// core's statements must not fall for.
func TestManyUsersSlowNothingDown(t *testing.T) {
	empty, _ := newFile(t, 0)
	filled, _ := newFile(t, 60_000)
	list := func(f review.Filter) func(*store.DB, string) error {
		return func(db *store.DB, user string) error {
			if f.Find == "user" {
				f.Find = user
			}
			_, err := review.List(t.Context(), db, f, 51)
			return err
		}
	}
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
		{"Story", func(db *store.DB, user string) error { _, err := review.Story(t.Context(), db, user); return err }},
		{"the list", list(review.Filter{})},
		{"the list, oldest first", list(review.Filter{Oldest: true})},
		{"the list of a status", list(review.Filter{Show: "requires_input"})},
		{"the list of those to review", list(review.Filter{Show: "needs_review", Oldest: true})},
		{"a user's list", list(review.Filter{Find: "user"})},
	} {
		tests.MustNotDepend(t, what.name, empty, filled, what.do)
	}
}

var (
	scanned = regexp.MustCompile(`^SCAN (\S+)`)
	ownRows = regexp.MustCompile(`^(?:CO-ROUTINE|MATERIALIZE) (\S+)`)
	// Looking for nothing but a mode, or a mode and a state, finds nearly every row there is.
	coarse   = regexp.MustCompile(`^SEARCH \S+ USING (?:COVERING )?INDEX \S+ \(livemode=\?(?: AND status=\?)?\)$`)
	numbered = regexp.MustCompile(`\$(\d+)`)
)

// No statement reads a whole table, whether SQLite has counted the rows (ANALYZE) or
// guesses. What the lists have is counted up to a bound.
func TestNoStatementScansATable(t *testing.T) {
	tests.OnlyFile(t, "it is SQLite's planner that is asked")
	_, empty := newFile(t, 0)
	noScans(t, "an empty file", empty)
	_, filled := newFile(t, 60_000)
	noScans(t, "a file with 60,000 users", filled)
	if _, err := filled.ExecContext(t.Context(), "ANALYZE"); err != nil {
		t.Fatal(err)
	}
	noScans(t, "a file with 60,000 users, counted", filled)
}

func noScans(t *testing.T, file string, db *sql.DB) {
	t.Helper()
	for name, statement := range review.Statements() {
		plan, made := tests.PlanOf(t, db, statement), map[string]bool{"CONSTANT": true}
		for _, step := range plan {
			if m := ownRows.FindStringSubmatch(step); m != nil {
				made[m[1]] = true
			}
		}
		for _, step := range plan {
			if m := scanned.FindStringSubmatch(step); m != nil && !made[m[1]] || coarse.MatchString(step) && name != "counts" {
				t.Errorf("%s must not read a whole table in %s (%s):\n%s\n%s", name, file, step, statement, strings.Join(plan, "\n"))
			}
		}
	}
}

// SQLite's driver binds by position: a number out of order would be another parameter.
// And no statement has what one of two engines lacks.
func TestStatementsFitEveryEngine(t *testing.T) {
	for name, statement := range review.Statements() {
		next := 1
		for _, m := range numbered.FindAllStringSubmatch(statement, -1) {
			n, _ := strconv.Atoi(m[1]) // digits
			if n > next {
				t.Errorf("%s: $%d comes before $%d:\n%s", name, n, next, statement)
			}
			next = max(next, n+1)
		}
		for _, word := range []string{"rowid", "GLOB", "?", "+v.", "LIKE"} {
			if strings.Contains(statement, word) {
				t.Errorf("%s must do without %s:\n%s", name, word, statement)
			}
		}
	}
}

// The days of the overview are of one moment, also where midnight comes between two looks at the clock.
func TestOverviewAtMidnight(t *testing.T) {
	midnight, ahead := time.Date(2026, 3, 31, 0, 0, 0, 0, time.UTC), -time.Second
	db := open(t, tests.Database(t), store.Options{Now: func() time.Time {
		ahead += time.Second
		return midnight.Add(min(ahead, time.Second) - time.Second)
	}})
	ahead = -time.Second
	if o, err := review.ReadOverview(t.Context(), db, 30); err != nil || !o.Since.Equal(o.Since.Truncate(24*time.Hour)) {
		t.Errorf("the first day must begin at midnight, got %v, %v", o.Since, err)
	}
}
