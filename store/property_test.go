package store_test

import (
	"context"
	"database/sql"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"example.com/identity-starter/store"
)

const storiesEach = 700 // for each of the clocks

// Whatever of several sessions of a user is heard, in whichever order, how often
// and with which questions in between: once everything was delivered, the file
// says what Stripe says, and every check that counts is one attempt. Our own
// clock has no part in it. STORY_SEED=n repeats one story, or starts there.
func TestStories(t *testing.T) {
	first, count := rand.Uint64N(1_000_000_000), uint64(storiesEach)
	if text := os.Getenv("STORY_SEED"); text != "" {
		seed, err := strconv.ParseUint(text, 10, 64)
		if err != nil {
			t.Fatalf("STORY_SEED must be a number: %v", err)
		}
		first, count = seed, 1
	}
	for name, skew := range map[string]time.Duration{"our clock is right": 0, "five minutes slow": -5 * time.Minute, "five minutes fast": 5 * time.Minute} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			path := filepath.Join(t.TempDir(), "starter.db")
			stripes := at(0)
			db, err := store.Open(t.Context(), path, store.Options{Consumers: everybody, MaxAttempts: 100, Now: func() time.Time { return stripes.Add(skew) }})
			if err != nil {
				t.Fatalf("open database: %v", err)
			}
			defer db.Close()
			if err := db.Exec(t.Context(), "PRAGMA synchronous=OFF"); err != nil { // order is tested here, not power cuts
				t.Fatal(err)
			}
			var stories []*story
			for seed := first; seed < first+count; seed++ {
				stories = append(stories, tell(t, db, seed, &stripes))
			}
			mustEnd(t, path, stories)
			mustBeDerived(t, db)
			mustBeCounted(t, path, stripes.Add(skew))
		})
	}
}

// mustEnd compares the file with how the stories end.
func mustEnd(t *testing.T, path string, stories []*story) {
	t.Helper()
	got := lines(t, path, `SELECT session_id, user_id || '|' || status || '|' || error_code FROM verifications
		UNION ALL SELECT report_id, user_id || '|' || session_id || '|' || code FROM attempts`)
	expected := 0
	for _, s := range stories {
		for id, want := range s.end() {
			expected++
			if got[id] != want {
				t.Errorf("story %d: %s must end as %q, got %q: repeat it with STORY_SEED=%d", s.seed, id, want, got[id], s.seed)
			}
		}
	}
	if len(got) != expected {
		t.Errorf("there must be %d sessions and attempts, got %d", expected, len(got))
	}
}

// mustBeDerived derives anew where all users stand.
func mustBeDerived(t *testing.T, db *store.DB) {
	t.Helper()
	if list, err := db.Underived(context.WithoutCancel(t.Context())); err != nil || len(list) > 0 {
		t.Errorf("where a user stands must be what verifications, attempts and decisions say, not so for %q, %v", list, err)
	}
}

// mustBeCounted counts anew what a day may have cost: links as long as they matter.
func mustBeCounted(t *testing.T, path string, now time.Time) {
	t.Helper()
	const sums = `SELECT 'verified', minute, verified FROM minutes UNION ALL SELECT 'failed', minute, failed FROM minutes
		UNION ALL SELECT 'processing', minute, processing FROM minutes UNION ALL SELECT 'links', minute, links FROM minutes`
	const counted = `SELECT 'verified', news_at / 60, 1 FROM verifications WHERE status = 'verified'
		UNION ALL SELECT 'failed', created_at / 60, 1 FROM attempts
		UNION ALL SELECT 'processing', link_at / 60, 1 FROM verifications WHERE status = 'processing' AND link_at > 0
		UNION ALL SELECT 'links', link_at / 60, 1 FROM verifications WHERE status = 'requires_input' AND link_at > 0`
	const each = `SELECT column1 || ' in ' || column2, sum(column3) FROM (SELECT * FROM (VALUES (0, 0, 0)) WHERE 0 UNION ALL %s)
		WHERE column1 <> 'links' OR column2 > %d GROUP BY 1 HAVING sum(column3) <> 0`
	since := now.Add(-time.Hour).Unix() / 60
	got, want := lines(t, path, fmt.Sprintf(each, sums, since)), lines(t, path, fmt.Sprintf(each, counted, since))
	if !maps.Equal(got, want) {
		t.Errorf("each minute must have what may be billed in it: want %v, got %v", want, got)
	}
}

// lines reads two columns: what, and what of it.
func lines(t *testing.T, path, query string) map[string]string {
	t.Helper()
	db, err := sql.Open("sqlite3", "file:"+path+"?mode=ro")
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	rows, err := db.QueryContext(t.Context(), query)
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
