package main

import (
	"net/url"
	"regexp"
	"strings"
)

const (
	ReviewerPair  = "rita:" + "correct horse battery"
	ReviewerPair2 = "rolf:" + "another long password"
)

// Reviewer is somebody with a password, in a browser of their own.
func (a *App) Reviewer(pair string) *Browser {
	b := a.Browser()
	name, password, _ := strings.Cut(pair, ":")
	b.Base = strings.Replace(b.Base, "http://", "http://"+url.UserPassword(name, password).String()+"@", 1)
	return b
}

func PersonPage(user string) string { return "/review/person?user=" + url.QueryEscape(user) }

var seenField = regexp.MustCompile(`name="seen" value="(\d+)"`)

// Look opens a person's page and returns what it has seen of the decisions.
func (b *Browser) Look(user string) string {
	b.T.Helper()
	got := b.Get(PersonPage(user))
	m := seenField.FindStringSubmatch(got.Body)
	if got.Status != 200 || m == nil {
		b.T.Fatalf("a reviewer must see the person with a form, got %d\n%s", got.Status, got.Body)
	}
	return m[1]
}

func (b *Browser) Decide(user, decision, seen string) Answer {
	b.T.Helper()
	return b.Post("/review/person", url.Values{"user": {user}, "decision": {decision}, "seen": {seen}, "reason": {"looked at it"}})
}

// Decided looks and decides, which must be possible.
func (b *Browser) Decided(user, decision string) {
	b.T.Helper()
	if got := b.Decide(user, decision, b.Look(user)); got.Status != 303 || !strings.HasPrefix(got.Location, PersonPage(user)) {
		b.T.Fatalf("%s must be possible, got %d\n%s", decision, got.Status, got.Body)
	}
}
