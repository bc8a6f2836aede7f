package store_test

import (
	"context"
	"database/sql"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"example.com/identity-starter/store"
	"example.com/identity-starter/tests"
)

const storiesEach = 700 // of each kind

// storyKind is what is the same for many stories.
type storyKind struct {
	name     string
	skew     time.Duration // how far our clock is ahead at the start
	jumps    bool          // and it jumps
	programs int
	gate     bool
	attempts int
}

// Whatever of several sessions of a user is heard, in whichever order, how often, with which questions in between and by
// which of the programs: once everything was delivered and done, the file says what Stripe and the reviewers say, every
// check that counts is one attempt, and whoever has only heard the outcomes knows who is verified. Our own clock has no
// part in it. STORY_SEED=n repeats one story, or starts there.
func TestStories(t *testing.T) {
	first, count := rand.Uint64N(1_000_000_000), uint64(tests.Share(storiesEach))
	if text := os.Getenv("STORY_SEED"); text != "" {
		seed, err := strconv.ParseUint(text, 10, 64)
		if err != nil {
			t.Fatalf("STORY_SEED must be a number: %v", err)
		}
		first, count = seed, 1
	}
	for _, kind := range []storyKind{
		{name: "our clock is right", programs: 1, attempts: 100},
		{name: "five minutes slow, two programs", skew: -5 * time.Minute, programs: 2, attempts: 3},
		{name: "fast and jumping, with a gate", skew: 5 * time.Minute, jumps: true, programs: 2, gate: true, attempts: 4},
	} {
		t.Run(kind.name, func(t *testing.T) {
			t.Parallel()
			path, c := tests.Database(t), &clock{}
			dbs := kind.open(t, path, c)
			var stories []*story
			for seed := first; seed < first+count; seed++ {
				stories = append(stories, tell(t, kind, dbs, seed, c))
			}
			mustEnd(t, path, stories)
			mustBeDerived(t, dbs[0])
			mustBeCounted(t, path, at(0).Add(kind.skew))
			for _, s := range stories {
				if s.seed%8 == 0 || count == 1 {
					s.mustNotBeToldAgain()
				}
			}
		})
	}
}

// open opens the file for each of the programs.
func (kind storyKind) open(t *testing.T, path string, c *clock) (dbs []*store.DB) {
	t.Helper()
	for range kind.programs {
		db := openAt(t, path, store.Options{Consumers: storyConsumers(kind.gate), Gate: kind.gate, MaxAttempts: kind.attempts, Now: c.now})
		if err := db.NoSync(t.Context()); err != nil { // order is tested here, not power cuts
			t.Fatal(err)
		}
		dbs = append(dbs, db)
	}
	return dbs
}

// mustEnd compares the file with how the stories end.
func mustEnd(t *testing.T, path string, stories []*story) {
	t.Helper()
	got := rows(lines(t, path, `SELECT session_id, user_id || '|' || status || '|' || error_code FROM verifications WHERE session_id IS NOT NULL
		UNION ALL SELECT report_id, user_id || '|' || session_id || '|' || code FROM attempts UNION ALL SELECT user_id, verified || '' FROM people`))
	expected := 0
	for _, s := range stories {
		s.mustEnd(got)
		expected += 1 + len(s.sessions) + len(s.attempts)
		for _, v := range s.sessions {
			if v.lost && got[v.id] == "" { // it was never heard of
				expected--
			}
		}
	}
	if len(got) != expected {
		t.Errorf("there must be %d users, sessions and attempts, got %d", expected, len(got))
	}
}

// mustBeDerived derives anew where all users stand.
func mustBeDerived(t *testing.T, db *store.DB) {
	t.Helper()
	if list, err := db.Underived(context.WithoutCancel(t.Context())); err != nil || len(list) > 0 {
		t.Errorf("where a user stands must be what verifications, attempts and decisions say, not so for %q, %v", list, err)
	}
}

// mustBeCounted counts anew what a day may have cost: links as long as they matter, and what is being checked. Of a
// session whose verdict was taken back, the minute is that of the first verdict, of which no row tells: so verdicts are
// counted as a whole. One that is given again is no other check.
func mustBeCounted(t *testing.T, path string, now time.Time) {
	t.Helper()
	const sums = `SELECT 'verified', 0, verified FROM minutes UNION ALL SELECT 'failed', minute, failed FROM minutes
		UNION ALL SELECT 'processing', minute, processing FROM minutes UNION ALL SELECT 'links', minute, links FROM minutes`
	const counted = `SELECT 'verified', 0, 1 FROM verifications WHERE status = 'verified' OR revoked > 0
		UNION ALL SELECT 'failed', created_at / 60, 1 FROM attempts
		UNION ALL SELECT 'processing', link_at / 60, 1 FROM verifications WHERE status = 'processing' AND link_at > 0
		UNION ALL SELECT 'links', link_at / 60, 1 FROM verifications WHERE status = 'requires_input' AND link_at > 0`
	const each = `SELECT what || ' in ' || minute, sum(checks) FROM (SELECT '' AS what, 0 AS minute, 0 AS checks WHERE 1 = 0 UNION ALL %s) AS x
		WHERE what IN ('verified', 'failed') OR minute > CASE what WHEN 'links' THEN %d ELSE %d END GROUP BY 1 HAVING sum(checks) <> 0`
	hour, day := now.Add(-time.Hour).Unix()/60, now.Add(-24*time.Hour).Unix()/60
	got, want := lines(t, path, fmt.Sprintf(each, sums, hour, day)), lines(t, path, fmt.Sprintf(each, counted, hour, day))
	if !maps.Equal(got, want) {
		t.Errorf("each minute must have what may be billed in it: want %v, got %v", want, got)
	}
	if missing := lines(t, path, `SELECT at, checks FROM (SELECT news_at / 60 AS at, count(*) AS checks FROM verifications
		WHERE status = 'verified' AND revoked = 0 GROUP BY 1) AS x LEFT JOIN minutes ON minute = at
		GROUP BY at, checks HAVING checks > coalesce(sum(verified), 0)`); len(missing) > 0 {
		t.Errorf("a verdict that was never taken back is counted in its own minute, not so in %v", missing)
	}
}

// lines reads two columns: what, and what of it.
func lines(t *testing.T, path, query string) map[string]string {
	t.Helper()
	rows, err := tests.Raw(t, path).QueryContext(t.Context(), query)
	if err != nil {
		t.Fatalf("%s: %v", query, err)
	}
	defer rows.Close()
	all := map[string]string{}
	for rows.Next() {
		var id sql.NullString
		var line string
		if err := rows.Scan(&id, &line); err != nil {
			t.Fatal(err)
		}
		all[strings.TrimSpace(id.String)] = line
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return all
}
