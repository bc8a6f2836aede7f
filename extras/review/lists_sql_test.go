package review_test

import (
	"database/sql"
	"fmt"
	"path/filepath"
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
	path := filepath.Join(t.TempDir(), "starter.db")
	db := open(t, path, store.Options{})
	raw := tests.Crowd(t, path, users)
	for _, insert := range []string{
		`INSERT INTO actions (key, livemode, kind, outcome, person, user_id, object_id, code, created_at, due_at, done_at)
		 SELECT 'team:' || i, 0, 'team', 'verified', i, 'old' || i, 'vs_old_' || i, '', i, i, i FROM n WHERE ?1 > 0`,
		`INSERT INTO attempts (report_id, person, livemode, session_id, user_id, code, created_at)
		 SELECT 'vr_old_' || i, i, 0, 'vs_old_' || i, 'old' || i, 'document_expired', i FROM n WHERE ?1 > 0 AND i % 10 = 0`,
		`INSERT INTO decisions (livemode, user_id, session_id, decision, reviewer, reason, stripe_status, created_at)
		 SELECT 0, 'old' || i, 'vs_old_' || i, 'approve', 'rita', 'seen', 'requires_input', i FROM n WHERE ?1 > 0 AND i % 20 = 0`,
	} {
		numbers := `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?1) `
		if _, err := raw.ExecContext(t.Context(), numbers+insert, users); err != nil {
			t.Fatal(err)
		}
	}
	return db, raw
}

// Of a long story the newest part is told, in the order in which it happened.
func TestStoryTellsTheNewest(t *testing.T) {
	db, raw := newFile(t, 0)
	if _, err := db.Begin(t.Context(), "somebody", "", store.Made{}); err != nil {
		t.Fatal(err)
	}
	for _, statement := range []string{
		`UPDATE verifications SET session_id = 'vs_1', created_at = 0`,
		`WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1200)
		 INSERT INTO events (id, person, type, livemode, account, object_id, created_at, received_at, result)
		 SELECT 'evt_' || i, 1, 't', 0, '', 'vs_1', i, i, 'stale' FROM n`,
	} {
		if _, err := raw.ExecContext(t.Context(), statement); err != nil {
			t.Fatal(err)
		}
	}
	list, err := review.Story(t.Context(), db, "somebody")
	if err != nil || len(list) != 1000 {
		t.Fatalf("a story has a thousand entries at most, got %d, %v", len(list), err)
	}
	if first, last := list[0].At.Unix(), list[999].At.Unix(); first != 201 || last != 1200 {
		t.Errorf("the entries told must be the newest, oldest first: want 201 to 1200, got %d to %d", first, last)
	}
}

// What happened within a second is told in the order in which one follows from the
// other, and what has a number in that of its numbers.
func TestStoryOfOneSecond(t *testing.T) {
	db, raw := newFile(t, 0)
	if _, err := db.Begin(t.Context(), "ann", "", store.Made{}); err != nil {
		t.Fatal(err)
	}
	for _, statement := range []string{
		`UPDATE verifications SET session_id = 'vs_1', created_at = 9, gate = 'held', gate_note = 'another name', error_code = 'abandoned'`,
		`INSERT INTO events (id, person, type, livemode, account, object_id, created_at, received_at, result)
		 VALUES ('evt_b', 1, 'first', 0, '', 'vs_1', 9, 10, 'applied'), ('evt_a', 1, 'second', 0, '', 'vs_1', 9, 11, 'stale')`,
		`INSERT INTO attempts (report_id, person, livemode, session_id, user_id, code, created_at) VALUES ('vr_1', 1, 0, 'vs_1', 'ann', 'document_expired', 9)`,
		`INSERT INTO actions (key, livemode, kind, outcome, person, user_id, object_id, code, created_at, due_at, done_at, failed_at)
		 SELECT 'k' || i, 0, CASE i WHEN 10 THEN 'cancel' ELSE 'team' END, CASE i WHEN 10 THEN 'superfluous' ELSE 'failed' END, 1, 'ann', 'vs_1',
		    CASE i WHEN 10 THEN 'verified' ELSE 'abandoned' END, 9, 9, CASE i WHEN 9 THEN 9 END, CASE i WHEN 11 THEN 9 END
		   FROM (SELECT 9 AS i UNION ALL SELECT 10 UNION ALL SELECT 11)`,
		`INSERT INTO decisions (livemode, user_id, session_id, decision, reviewer, reason, stripe_status, created_at)
		 VALUES (0, 'ann', 'vs_1', 'reject', 'rita', 'why', 'verified', 9), (0, 'ann', '', 'approve', 'rolf', 'no', 'verified', 9)`,
	} {
		if _, err := raw.ExecContext(t.Context(), statement); err != nil {
			t.Fatal(err)
		}
	}
	list, err := review.Story(t.Context(), db, "ann")
	if err != nil {
		t.Fatal(err)
	}
	var told []string
	for _, e := range list {
		told = append(told, strings.Join([]string{e.Kind, e.What, e.Detail, e.Object}, "|"))
	}
	want := `session|requires_input|abandoned held: another name|vs_1
event|first|applied|vs_1
event|second|stale|vs_1
attempt|document_expired|vr_1|vs_1
decision|reject by rita|why|vs_1
decision|approve by rolf|no|
action|team: failed|done|vs_1
action|cancel: verified|to do|vs_1
action|team: failed|given up|vs_1`
	if got := strings.Join(told, "\n"); got != want {
		t.Errorf("the story must be\n%s\ngot\n%s", want, got)
	}
}

// Days of the overview are UTC days, today the last; what is older is not counted.
func TestOverview(t *testing.T) {
	now := time.Date(2026, 3, 31, 12, 0, 0, 0, time.UTC)
	db := open(t, filepath.Join(t.TempDir(), "starter.db"), store.Options{Now: func() time.Time { return now }})
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
	path := filepath.Join(t.TempDir(), "starter.db")
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
// guesses. What waits for people is few, and is being checked for minutes: it is counted.
func TestNoStatementScansATable(t *testing.T) {
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
			if m := scanned.FindStringSubmatch(step); m != nil && !made[m[1]] || coarse.MatchString(step) && name != "waiting" {
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
