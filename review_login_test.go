package main

import (
	"strings"
	"testing"
)

// Nobody but reviewers learns that there are such pages.
func TestReviewIsForReviewers(t *testing.T) {
	with, without := start(t, "REVIEWERS="+reviewerPair), start(t)
	for _, path := range []string{"/review", "/review/", "/review/person", "/review/person?user=x", "/review/anything"} {
		for _, method := range []string{"GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS"} {
			for name, b := range map[string]*browser{"nobody": with.api(), "a wrong password": with.reviewer("rita:correct horse batterx"),
				"a wrong name": with.reviewer("rolf:correct horse battery"), "no password": with.reviewer("rita:"), "no reviewers": without.api()} {
				b.accept = "application/json"
				got := b.do(method, path, nil)
				if got.status != 404 || method == "GET" && got.code() != "not_found" || got.header.Get("WWW-Authenticate")+got.header.Get("Allow") != "" {
					t.Errorf("%s %s must be 404 for %s, got %d %s", method, path, name, got.status, got.body)
				}
			}
		}
	}
	if got := with.browser().get("/review-login"); got.status != 401 || !strings.HasPrefix(got.header.Get("WWW-Authenticate"), "Basic ") {
		t.Errorf("there must be an address at which a browser asks for the password, got %d", got.status)
	}
	if got := without.browser().get("/review-login"); got.status != 404 {
		t.Errorf("without reviewers there is nothing to sign in to, got %d", got.status)
	}
}

// Reviewers see the pages, which answer HEAD as they answer GET.
func TestReviewersGetIn(t *testing.T) {
	a := start(t, "REVIEWERS="+reviewerPair)
	rita, user := a.reviewer(reviewerPair), a.browser().verify(a).UserID
	for _, path := range []string{"/review", personPage(user)} {
		if got := rita.get(path); got.status != 200 || !strings.Contains(got.body, user) {
			t.Errorf("a reviewer must see %s, got %d", path, got.status)
		}
		if got := rita.do("HEAD", path, nil); got.status != 200 || got.body != "" {
			t.Errorf("HEAD %s must be 200 for a reviewer, got %d", path, got.status)
		}
	}
	if got := rita.get("/review-login"); got.status != 303 || got.location != a.url+"/review" {
		t.Errorf("signed in, /review-login must lead to the list, got %d %q", got.status, got.location)
	}
}

// Guessing passwords is slow, and what one address guesses is no other's matter.
func TestReviewPasswordsAreRateLimited(t *testing.T) {
	a := start(t, "REVIEWERS="+reviewerPair)
	from := func(address, pair, path string) answer {
		b := a.reviewer(pair)
		request := b.request("GET", path, nil)
		request.Header.Set("X-Forwarded-For", address)
		return b.send(request)
	}
	const guesser, other, wrong = "192.0.2.1", "192.0.2.2", "rita:0123456789abcdef"
	for n := range 100 {
		if got := from(guesser, reviewerPair, "/review"); got.status != 200 {
			t.Fatalf("a reviewer who works must not be stopped, this one was after %d pages: %d", n, got.status)
		}
	}
	stopped := false
	for range 200 { // which a new minute may cut in two
		if got := from(guesser, wrong, "/review"); got.status != 404 {
			t.Fatalf("a wrong password must be 404, however often, got %d", got.status)
		}
	}
	for range 3 {
		for range 30 {
			from(guesser, wrong, "/review")
		}
		got := from(guesser, reviewerPair, "/review")
		stopped = stopped || got.status == 404
	}
	if !stopped {
		t.Error("after many wrong passwords the right one must be 404 as well, else guessing goes on")
	}
	if got := from(other, reviewerPair, "/review"); got.status != 200 {
		t.Errorf("a reviewer at another address must get in, got %d", got.status)
	}
	if got := from(guesser, wrong, "/review-login"); got.status != 401 {
		t.Errorf("/review-login must stay 401, got %d", got.status)
	}
}

// A decision that does not fit is told as that, not as somebody else's.
func TestDecisionThatDoesNotFit(t *testing.T) {
	a := start(t, "REVIEWERS="+reviewerPair)
	user, rita := a.browser().verify(a).UserID, a.reviewer(reviewerPair)
	rita.decided(user, "approve")
	got := rita.decide(user, "approve", rita.look(user))
	if got.status != 400 || !strings.Contains(got.body, "does not fit where the person stands") || !strings.Contains(got.body, `href="/review/person?user=`) {
		t.Errorf("it must be said that the decision does not fit, with a way back, got %d\n%s", got.status, got.body)
	}
}

// What the program talks to on this machine is not in Stripe's Dashboard.
func TestNoDashboardLinkToTheSimulator(t *testing.T) {
	a := start(t, "REVIEWERS="+reviewerPair)
	session := a.browser().verify(a)
	body := a.reviewer(reviewerPair).get(personPage(session.UserID)).body
	if !strings.Contains(body, session.ID) || strings.Contains(body, "dashboard.stripe.com") {
		t.Errorf("a simulated session's id must be there, and be no link, got\n%s", body)
	}
}

// What is on is announced, and no password.
func TestReviewIsAnnounced(t *testing.T) {
	a := start(t, "REVIEWERS="+reviewerPair+","+reviewerPair2)
	a.announces(t, "review on (2 reviewers)")
	if got := a.out.String(); strings.Contains(got, "horse") {
		t.Errorf("no password must be printed, got\n%s", got)
	}
}
