package review_test

import (
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"example.com/identity-starter/extras"
	"example.com/identity-starter/extras/review"
	"example.com/identity-starter/tests"
)

const (
	ritaPair = "rita:" + "correct horse battery"
	rolfPair = "rolf:" + "another long password"
)

// start runs the program with review, and nothing else that not every team needs.
func start(t *testing.T, settings ...string) *tests.App {
	t.Helper()
	return tests.StartTeam(t, tests.With(review.New), settings...)
}

// beside runs it with another extra.
func beside(t *testing.T, other extras.Extra, settings ...string) *tests.App {
	t.Helper()
	return tests.StartTeam(t, tests.With(review.New, func(extras.Program) extras.Extra { return other }), settings...)
}

// reviewer is somebody with a password, in a browser of their own.
type reviewer struct{ *tests.Browser }

func reviewerOf(a *tests.App, pair string) reviewer {
	b := a.Browser()
	name, password, _ := strings.Cut(pair, ":")
	b.Base = strings.Replace(b.Base, "http://", "http://"+url.UserPassword(name, password).String()+"@", 1)
	return reviewer{b}
}

func personPage(user string) string { return "/review/person?user=" + url.QueryEscape(user) }

var seenField = regexp.MustCompile(`name="seen" value="([^"]+)"`)

// seenOn is what a reviewer has seen who has got a person's page.
func seenOn(t *testing.T, page tests.Answer) string {
	t.Helper()
	m := seenField.FindStringSubmatch(page.Body)
	if page.Status != 200 || m == nil {
		t.Fatalf("a reviewer must see the person with a form, got %d\n%s", page.Status, page.Body)
	}
	return m[1]
}

// look opens a person's page.
func (r reviewer) look(user string) string {
	r.T.Helper()
	return seenOn(r.T, r.Get(personPage(user)))
}

func (r reviewer) decide(user, decision, seen string) tests.Answer {
	r.T.Helper()
	return r.Post("/review/person", url.Values{"user": {user}, "decision": {decision}, "seen": {seen}, "reason": {"looked at it"}, "sure": {"redact"}})
}

// tries looks and decides, and again where something has changed meanwhile.
func (r reviewer) tries(user, decision string) tests.Answer {
	r.T.Helper()
	got := r.decide(user, decision, r.look(user))
	for try := 0; try < 5 && got.Status == http.StatusConflict; try++ {
		got = r.decide(user, decision, r.look(user))
	}
	return got
}

// decided is tries, where it must be possible.
func (r reviewer) decided(user, decision string) {
	r.T.Helper()
	got := r.tries(user, decision)
	if got.Status != 303 || got.Location != "/review?decided="+url.QueryEscape(user)+"&show=needs_review" {
		r.T.Fatalf("%s must be possible, and lead to who waits, got %d %s\n%s", decision, got.Status, got.Location, got.Body)
	}
}

// script is the same reviewer's, which takes JSON.
func (r reviewer) script() reviewer { return reviewer{r.AsJSON()} }
