package review_test

import (
	"fmt"
	"net/url"
	"strings"
	"testing"

	"example.com/identity-starter/tests"
)

// Reviewers are named in REVIEWERS as the sign-in names them: an address in any case, and never by what
// the database has in its place, which anybody can work out.
func TestReviewersInAnySpelling(t *testing.T) {
	a := start(t, "AUTH_USER_HEADER=X-Auth-User", "REVIEWERS=Boss@Example.test, rita")
	as := func(user, method, path string, form url.Values) tests.Answer {
		return a.Browser().As(user, "X-Auth-User", user).Do(method, path, form)
	}
	for _, user := range []string{"Boss@Example.test", "boss@example.test"} {
		if got := as(user, "GET", "/review", nil); got.Status != 200 {
			t.Errorf("/review must be there for the reviewer %s, got %d", user, got.Status)
		}
	}
	as("bosS@example.test", "POST", tests.CreatePath, nil)
	own := a.Rows("SELECT user_id FROM users")[0]
	if got := as(own, "GET", "/review", nil); got.Status != 404 {
		t.Errorf("%s is nobody's name at the sign-in, got %d", own, got.Status)
	}
	for _, spelling := range []string{own, strings.ToUpper(own), "boss@example.test", "BOSS@example.test", " " + own} {
		form := url.Values{"user": {spelling}, "decision": {"approve"}, "seen": {"0"}, "reason": {"me"}}
		if got := as("BOSS@example.test", "POST", "/review/person", form); got.Status != 400 && got.Status != 404 {
			t.Errorf("nobody decides about himself, not as %q, got %d", spelling, got.Status)
		}
	}
	if rows := a.Rows("SELECT user_id FROM decisions"); len(rows) > 0 {
		t.Errorf("no decision may be written, got %q", rows)
	}
	if got := as("rita", "GET", "/review?find="+url.QueryEscape("Boss@example.test"), nil); !strings.Contains(got.Body, own) {
		t.Errorf("a reviewer finds a person by the address, too, got %d\n%s", got.Status, got.Body)
	}
	seen := seenOn(t, as("rita", "GET", personPage(own), nil))
	if got := as("rita", "POST", "/review/person", url.Values{"user": {own}, "decision": {"approve"}, "seen": {seen}, "reason": {"seen"}}); got.Status != 303 {
		t.Errorf("another reviewer decides about a reviewer, got %d", got.Status)
	}
	if rows := a.Rows("SELECT user_id, reviewer FROM decisions"); fmt.Sprint(rows) != "["+own+"|rita]" {
		t.Errorf("that one decision must be written, got %q", rows)
	}
}
