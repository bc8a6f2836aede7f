package main

import (
	"fmt"
	"testing"
)

// A reviewer can have Stripe delete what it collected; what colleagues wrote goes, too.
func TestReviewerRedacts(t *testing.T) {
	a := start(t, "REVIEWERS="+reviewerPair)
	person, rita := a.browser(), a.reviewer(reviewerPair)
	session := person.verify(a).ID
	a.finish(session, "verified")
	rita.decided(person.user(), "approve")
	rita.decided(person.user(), "redact")
	eventually(t, "the session is redacted at Stripe", func() bool { s, _ := a.sim.Session(session); return s.Redaction == "redacted" })
	if rows := a.rows("SELECT decision, reason FROM decisions ORDER BY id"); fmt.Sprint(rows) != "[approve| redact|]" {
		t.Errorf("what was decided must stay, without the words, got %q", rows)
	}
	if rows := a.rows("SELECT verified FROM users"); rows[0] != "1" {
		t.Error("who was approved stays verified")
	}
}
