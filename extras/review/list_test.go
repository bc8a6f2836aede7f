package review_test

import (
	"regexp"
	"strings"
	"testing"
)

// The list's filters and pages have everything once.
func TestReviewList(t *testing.T) {
	a := start(t, "REVIEWERS="+ritaPair)
	a.Change(`WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 120)
		INSERT INTO people (nr, livemode, user_id, newest) SELECT i, i / 120, 'user' || i, 1 FROM n`)
	a.Change(`WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 120)
		INSERT INTO verifications (person, number, id, livemode, user_id, session_id, status, created_at, updated_at)
		SELECT i, 1, (SELECT tag FROM origin) || 'REFAAA' || substr('ABCDEFGHIJKLMNOPQRSTUVWXYZ', 1 + i / 26, 1) || substr('ABCDEFGHIJKLMNOPQRSTUVWXYZ', 1 + i % 26, 1) || '222222222222222222', i / 120, 'user' || i, 'vs_' || i, CASE i % 2 WHEN 0 THEN 'verified' ELSE 'canceled' END, 1000 + i / 10, 1000 FROM n`)
	rita := reviewerOf(a, ritaPair)
	next := regexp.MustCompile(`href="(/review\?[^"]*after=[^"]*)"`)
	row := regexp.MustCompile(`title="(user\d+)"`)
	for query, want := range map[string]int{"": 119, "order=oldest": 119, "show=verified": 59, "show=canceled&order=oldest": 60,
		"show=needs_review": 0, "find=user7": 1, "find=vs_8": 1, "find=nobody": 0, "show=processing": 0, "find=user120": 0} {
		seen, pages := map[string]bool{}, 0
		for path := "/review?" + query; path != ""; pages++ {
			body := rita.Get(path).Body
			for _, m := range row.FindAllStringSubmatch(body, -1) {
				if seen[m[1]] {
					t.Errorf("%s: %s is there twice", query, m[1])
				}
				seen[m[1]] = true
			}
			path = ""
			if m := next.FindStringSubmatch(body); m != nil {
				path = strings.ReplaceAll(m[1], "&amp;", "&")
			}
		}
		if len(seen) != want || pages != max(1, (want+49)/50) {
			t.Errorf("%s must list %d on pages of 50, got %d on %d", query, want, len(seen), pages)
		}
	}
	a.Change("UPDATE people SET user_id = 'customer' WHERE user_id = 'user7'")
	for find, want := range map[string]string{"refaaabc": "user28", "REFAAABC": "user28", "refaaaeq": "", "refaaaaz": "user25", "customer": "user7",
		a.Rows("SELECT id FROM verifications WHERE user_id = 'user9'")[0]: "user9"} {
		got := ""
		if m := row.FindAllStringSubmatch(rita.Get("/review?find="+find).Body, -1); len(m) == 1 {
			got = m[0][1]
		}
		if got != want {
			t.Errorf("a reference in any case, a whole id and a user's id must lead to one row, want %q for %s, got %q", want, find, got)
		}
	}
	for _, query := range []string{"show=x", "after=x-y", "find=" + strings.Repeat("x", 201), "find=%00", "find=%ff", "after=1-%00"} {
		if got := rita.Get("/review?" + query); got.Status != 400 {
			t.Errorf("?%s must be 400, got %d", query, got.Status)
		}
	}
}

// The charts say the same in bars and in words.
func TestReviewCharts(t *testing.T) {
	a := start(t, "REVIEWERS="+ritaPair)
	for _, outcome := range []string{"verified", "document_expired", "document_expired", "selfie_face_mismatch"} {
		a.Finish(a.Browser().Verify(a).ID, outcome)
	}
	body := reviewerOf(a, ritaPair).Get("/review").Body
	for _, want := range []string{"1 verified", "3 failed checks", "document_expired: 2", "selfie_face_mismatch: 1", `class="bar-failed"`, "<td>1</td><td>3</td>"} {
		if !strings.Contains(body, want) {
			t.Errorf("the charts must show %s, got\n%s", want, body)
		}
	}
}
