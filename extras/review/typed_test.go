package review_test

import (
	"html"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"unicode/utf16"
	"unicode/utf8"

	"example.com/identity-starter/store"
	"example.com/identity-starter/tests"
)

var (
	reasonField = regexp.MustCompile(`(?s)<textarea [^>]*name="reason"[^>]* maxlength="(\d+)"[^>]*>\n?(.*?)</textarea>`)
	chosen      = regexp.MustCompile(`name="decision" value="(\w+)" required checked>`)
)

// formOn is what stands in the form of a person's page: what was typed, with the line ends that a browser sends, and chosen.
func formOn(t *testing.T, page tests.Answer) (reason, decision string, longest int) {
	t.Helper()
	m := reasonField.FindStringSubmatch(page.Body)
	if m == nil {
		t.Fatalf("the page must have the form, got %d\n%s", page.Status, page.Body)
	}
	longest, _ = strconv.Atoi(m[1])
	if c := chosen.FindStringSubmatch(page.Body); c != nil {
		decision = c[1]
	}
	return strings.ReplaceAll(strings.ReplaceAll(html.UnescapeString(m[2]), "\r\n", "\n"), "\n", "\r\n"), decision, longest
}

// A reason may have a thousand characters in any script, a line end being one; the form lets all of them in.
func TestReasonIsCountedInCharacters(t *testing.T) {
	a := start(t, "REVIEWERS="+ritaPair)
	user, rita := a.Browser().Verify(a).UserID, reviewerOf(a, ritaPair)
	_, _, longest := formOn(t, rita.Get(personPage(user)))
	for reason, status := range map[string]int{
		strings.Repeat("a", 1000): 303, strings.Repeat("確", 400): 303, strings.Repeat("確", 1000): 303, strings.Repeat("ü", 1000): 303,
		strings.Repeat("🪪", 1000): 303, strings.Repeat("a\r\n", 499) + "aa": 303, "  " + strings.Repeat("a", 1000) + "\r\n\r\n": 303,
		strings.Repeat("a", 1001): 400, strings.Repeat("確", 1001): 400, strings.Repeat("🪪", 1001): 400, " \r\n ": 400,
	} {
		got := rita.Post("/review/person", url.Values{"user": {user}, "decision": {"one_more"}, "seen": {rita.look(user)}, "reason": {reason}})
		if got.Status != status {
			t.Errorf("a reason of %d characters and %d bytes must be answered %d, got %d", utf8.RuneCountInString(reason), len(reason), status, got.Status)
		}
		typed := strings.ReplaceAll(strings.TrimSpace(reason), "\r\n", "\n")
		if units := len(utf16.Encode([]rune(typed))); status == 303 && units > longest {
			t.Errorf("the form must let in what is taken: its maxlength, which counts UTF-16, is %d, and this has %d", longest, units)
		}
		if rows := a.Rows("SELECT reason FROM decisions ORDER BY id DESC LIMIT 1"); got.Status == 303 && rows[0] != typed {
			t.Errorf("the reason must be kept as it was typed, with one character at a line's end, got %d of %d bytes", len(rows[0]), len(typed))
		}
	}
}

// Whatever a decision is refused for, what the reviewer typed and chose still stands in the form, which can be sent again; why it
// is refused stands above it.
func TestRefusedDecisionIsNotLost(t *testing.T) {
	const typed = "Sie <b>ist</b> es:\r\n確認 & \"geprüft\" 🪪"
	long := strings.Repeat(typed, 50)
	for name, c := range map[string]struct {
		decision, reason string
		before           func(a *tests.App, user string)
		status           int
		says, keeps      string
	}{
		"too long":       {"reject", long, nil, 400, "at most 1,000 characters", "reject"},
		"no reason":      {"reject", " ", nil, 400, "at most 1,000 characters", "reject"},
		"no decision":    {"", typed, nil, 400, "does not fit where the person stands", ""},
		"does not fit":   {"withdraw", typed, nil, 400, "does not fit where the person stands", ""},
		"somebody first": {"reject", typed, func(a *tests.App, user string) { a.Decide(user, store.OneMore) }, 409, "Something has changed since you looked", "reject"},
		"news of Stripe": {"approve", typed, func(a *tests.App, _ string) { a.Finish(a.Sim.Sessions()[0].ID, "document_expired") }, 409, "Something has changed since you looked", "approve"},
	} {
		t.Run(name, func(t *testing.T) {
			a := start(t, "REVIEWERS="+ritaPair)
			user, rita := a.Browser().Verify(a).UserID, reviewerOf(a, ritaPair)
			form := url.Values{"user": {user}, "decision": {c.decision}, "seen": {rita.look(user)}, "reason": {c.reason}}
			if c.before != nil {
				c.before(a, user)
			}
			got := rita.Post("/review/person", form)
			reason, decision, _ := formOn(t, tests.Answer{Status: got.Status, Body: got.Body})
			if got.Status != c.status || reason != c.reason || decision != c.keeps || !strings.Contains(got.Body, c.says) {
				t.Errorf("it must be answered %d and %q, and the form keep %q and %.50q, got %d %q %.50q\n%s", c.status, c.says, c.keeps, c.reason, got.Status, decision, reason, got.Body)
			}
			if rows := a.Rows("SELECT 1 FROM decisions WHERE reviewer = 'rita'"); len(rows) > 0 {
				t.Error("what is refused must not be written")
			}
			a.Says("route=/review/person status=" + strconv.Itoa(c.status))
			form.Set("seen", seenOn(t, tests.Answer{Status: 200, Body: got.Body}))
			form.Set("decision", "reject")
			form.Set("reason", typed)
			if again := rita.Post("/review/person", form); again.Status != 303 {
				t.Errorf("the form must be good to be sent again, got %d", again.Status)
			}
		})
	}
}
