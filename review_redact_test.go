package main

import (
	"fmt"
	"testing"
)

// A reviewer can have Stripe delete what it collected; what colleagues wrote goes, too.
func TestReviewerRedacts(t *testing.T) {
	a := Start(t, "REVIEWERS="+ReviewerPair)
	person, rita := a.Browser(), a.Reviewer(ReviewerPair)
	session := person.Verify(a).ID
	a.Finish(session, "verified")
	rita.Decided(person.User(), "approve")
	rita.Decided(person.User(), "redact")
	Eventually(t, "the session is redacted at Stripe", func() bool { s, _ := a.Sim.Session(session); return s.Redaction == "redacted" })
	if rows := a.Rows("SELECT decision, reason FROM decisions ORDER BY id"); fmt.Sprint(rows) != "[approve| redact|]" {
		t.Errorf("what was decided must stay, without the words, got %q", rows)
	}
	if rows := a.Rows("SELECT verified FROM users"); rows[0] != "1" {
		t.Error("who was approved stays verified")
	}
}
