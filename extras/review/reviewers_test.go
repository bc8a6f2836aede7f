package review_test

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"example.com/identity-starter/app"
	"example.com/identity-starter/extras"
	"example.com/identity-starter/extras/review"
	"example.com/identity-starter/settings"
	"example.com/identity-starter/tests"
)

// With a sign-in in front, reviewers are some of the users; nobody decides about himself.
func TestReviewersFromHeader(t *testing.T) {
	a := start(t, "AUTH_USER_HEADER=X-Auth-User", "REVIEWERS=boss, rita@example.test")
	as := func(user, method, path string, form url.Values) tests.Answer {
		b := a.Browser()
		request := b.Request(method, path, strings.NewReader(form.Encode()))
		request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		if user != "" {
			request.Header.Set("X-Auth-User", user)
		}
		return b.Send(request)
	}
	for user, want := range map[string]int{"boss": 200, "rita@example.test": 200, "": 404, "customer": 404, "bos": 404} {
		if got := as(user, "GET", "/review", nil); got.Status != want {
			t.Errorf("/review as %q must be %d, got %d", user, want, got.Status)
		}
	}
	if got := as("boss", "GET", "/review-login", nil); got.Status != 404 {
		t.Errorf("where people sign in there is no password to ask for, got %d", got.Status)
	}
	for _, user := range []string{"boss", "customer"} {
		as(user, "POST", "/create-verification-session", nil)
	}
	if got := as("boss", "GET", personPage("boss"), nil); got.Status != 200 || strings.Contains(got.Body, "<form") {
		t.Errorf("a reviewer's own page must offer no decision, got %d", got.Status)
	}
	form := url.Values{"user": {"boss"}, "decision": {"approve"}, "seen": {"0"}, "reason": {"me"}}
	if got := as("boss", "POST", "/review/person", form); got.Status != 400 {
		t.Errorf("a decision about oneself must be refused, got %d", got.Status)
	}
	form.Set("user", "customer")
	form.Set("seen", seenOn(t, as("boss", "GET", personPage("customer"), nil)))
	if got := as("customer", "POST", "/review/person", form); got.Status != 404 {
		t.Errorf("a decision by somebody else must be 404, got %d", got.Status)
	}
	if got := as("rita@example.test", "POST", "/review/person", form); got.Status != 303 {
		t.Errorf("a reviewer must be able to decide about others, got %d", got.Status)
	}
	if rows := a.Rows("SELECT user_id, reviewer LIKE 'mail_%' FROM decisions"); fmt.Sprint(rows) != "[customer|1]" {
		t.Errorf("that one decision must be written, under no address, got %q", rows)
	}
}

// The same with a sign-in that the team has written: its ids are the ones that are meant.
func TestReviewersFromTheTeamsSignIn(t *testing.T) {
	signIn := func(r *http.Request) string { return r.Header.Get("X-Session") }
	a := tests.StartTeam(t, func(*settings.Reader) app.Team { return app.Team{SignIn: signIn, Extras: extras.List{review.New}} }, "REVIEWERS=boss, rita@example.test")
	for user, want := range map[string]int{"boss": 200, "rita@example.test": 200, "": 404, "customer": 404, "boss:" + "correct horse battery": 404} {
		b := a.Browser()
		request := b.Request("GET", "/review", nil)
		request.Header.Set("X-Session", user)
		if got := b.Send(request); got.Status != want {
			t.Errorf("/review as %q must be %d, got %d", user, want, got.Status)
		}
	}
	if got := a.Browser().Get("/review-login"); got.Status != 404 {
		t.Errorf("where people sign in there is no password to ask for, got %d", got.Status)
	}
	a.Announces(t, "review on (2 reviewers)")
}

// Nor in a browser in which he is a customer, too.
func TestReviewerWithAnAnonymousUser(t *testing.T) {
	a := start(t, "REVIEWERS="+ritaPair)
	b := reviewerOf(a, ritaPair)
	me := b.Verify(a).UserID
	if got := b.decide(me, "approve", "0"); got.Status != 400 || len(a.Rows("SELECT 1 FROM decisions")) > 0 {
		t.Errorf("a decision about oneself must be refused, got %d", got.Status)
	}
}
