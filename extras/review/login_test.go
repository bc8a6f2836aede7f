package review_test

import (
	"strings"
	"testing"

	"example.com/identity-starter/tests"
)

// Nobody but reviewers learns that there are such pages.
func TestReviewIsForReviewers(t *testing.T) {
	with, without := start(t, "REVIEWERS="+ritaPair), start(t)
	for _, path := range []string{"/review", "/review/", "/review/person", "/review/person?user=x", "/review/anything"} {
		for _, method := range []string{"GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS"} {
			for name, b := range map[string]*tests.Browser{"nobody": with.API(), "a wrong password": reviewerOf(with, "rita:correct horse batterx").Browser,
				"a wrong name": reviewerOf(with, "rolf:correct horse battery").Browser, "no password": reviewerOf(with, "rita:").Browser, "no reviewers": without.API()} {
				b.Accept = "application/json"
				got := b.Do(method, path, nil)
				if got.Status != 404 || method == "GET" && got.Code() != "not_found" || got.Header.Get("WWW-Authenticate")+got.Header.Get("Allow") != "" {
					t.Errorf("%s %s must be 404 for %s, got %d %s", method, path, name, got.Status, got.Body)
				}
			}
		}
	}
	for name, a := range map[string]*tests.App{"with": with, "without": without} {
		if got := a.Browser().Get("/review-login"); got.Status != 401 || !strings.HasPrefix(got.Header.Get("WWW-Authenticate"), "Basic ") {
			t.Errorf("there must be an address at which a browser asks for the password, %s reviewers: got %d", name, got.Status)
		}
	}
}

// Reviewers see the pages, which answer HEAD as they answer GET.
func TestReviewersGetIn(t *testing.T) {
	a := start(t, "REVIEWERS="+ritaPair)
	rita, user := reviewerOf(a, ritaPair), a.Browser().Verify(a).UserID
	for _, path := range []string{"/review", personPage(user)} {
		if got := rita.Get(path); got.Status != 200 || !strings.Contains(got.Body, user) {
			t.Errorf("a reviewer must see %s, got %d", path, got.Status)
		} else if strings.Contains(got.Body, "?lang=") {
			t.Errorf("%s is in English only, and must offer no other language", path)
		}
		if got := rita.Do("HEAD", path, nil); got.Status != 200 || got.Body != "" {
			t.Errorf("HEAD %s must be 200 for a reviewer, got %d", path, got.Status)
		}
	}
	if got := rita.Get("/review-login"); got.Status != 303 || got.Location != a.URL+"/review" {
		t.Errorf("signed in, /review-login must lead to the list, got %d %q", got.Status, got.Location)
	}
}

// Guessing passwords is slow, and what one address guesses is no other's matter.
func TestReviewPasswordsAreRateLimited(t *testing.T) {
	a := start(t, "REVIEWERS="+ritaPair)
	from := func(address, pair, path string) tests.Answer {
		b := reviewerOf(a, pair)
		request := b.Request("GET", path, nil)
		request.Header.Set("X-Forwarded-For", address)
		return b.Send(request)
	}
	const guesser, other, wrong = "192.0.2.1:4000", "192.0.2.2:4000", "rita:0123456789abcdef" // as gateways write them
	for n := range 100 {
		if got := from(guesser, ritaPair, "/review"); got.Status != 200 {
			t.Fatalf("a reviewer who works must not be stopped, this one was after %d pages: %d", n, got.Status)
		}
	}
	for range 20 {
		if got := from(guesser, wrong, "/review"); got.Status != 404 {
			t.Fatalf("a wrong password must be 404, however often, got %d", got.Status)
		}
	}
	if got := from(guesser, ritaPair, "/review"); got.Status != 404 {
		t.Errorf("after 20 wrong passwords within a minute the right one must be 404 as well, else guessing goes on, got %d", got.Status)
	}
	if got := from(other, ritaPair, "/review"); got.Status != 200 {
		t.Errorf("a reviewer at another address must get in, got %d", got.Status)
	}
	if got := from(guesser, wrong, "/review-login"); got.Status != 401 {
		t.Errorf("/review-login must stay 401, got %d", got.Status)
	}
}

// A decision that does not fit is told as that, not as somebody else's.
func TestDecisionThatDoesNotFit(t *testing.T) {
	a := start(t, "REVIEWERS="+ritaPair)
	user, rita := a.Browser().Verify(a).UserID, reviewerOf(a, ritaPair)
	rita.decided(user, "approve")
	got := rita.tries(user, "approve")
	if got.Status != 400 || !strings.Contains(got.Body, "does not fit where the person stands") || !seenField.MatchString(got.Body) {
		t.Errorf("it must be said that the decision does not fit, with the form to decide anew, got %d\n%s", got.Status, got.Body)
	}
}

// What the program talks to on this machine is not in Stripe's Dashboard.
func TestNoDashboardLinkToTheSimulator(t *testing.T) {
	a := start(t, "REVIEWERS="+ritaPair)
	session := a.Browser().Verify(a)
	body := reviewerOf(a, ritaPair).Get(personPage(session.UserID)).Body
	if !strings.Contains(body, session.ID) || strings.Contains(body, "dashboard.stripe.com") {
		t.Errorf("a simulated session's id must be there, and be no link, got\n%s", body)
	}
}

// What is on is announced, and no password.
func TestReviewIsAnnounced(t *testing.T) {
	a := start(t, "REVIEWERS="+ritaPair+","+rolfPair)
	a.Announces(t, "review on (2 reviewers)")
	if got := a.Out.String(); strings.Contains(got, "horse") {
		t.Errorf("no password must be printed, got\n%s", got)
	}
}
