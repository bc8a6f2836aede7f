package erase_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"example.com/identity-starter/extras"
	"example.com/identity-starter/extras/erase"
	"example.com/identity-starter/outcomes"
	"example.com/identity-starter/settings"
	"example.com/identity-starter/store"
	"example.com/identity-starter/tests"
)

// A reviewer can have Stripe delete what it collected; what colleagues wrote goes, too.
func TestReviewerRedacts(t *testing.T) {
	parts := make(chan outcomes.Parts, 1)
	stub := func(extras.Program) extras.Extra {
		return extras.Extra{Name: "stub", State: "on", Work: func(_ context.Context, p outcomes.Parts) { parts <- p }}
	}
	a := tests.StartTeam(t, tests.With(erase.New, stub))
	db, person, other := (<-parts).DB, a.Browser(), a.Browser()
	session, others := person.Verify(a).ID, other.Verify(a).ID
	a.Finish(session, "verified")
	a.Finish(others, "verified")
	for _, decision := range []string{store.Approve, store.Redact} {
		tests.Decide(t, db, store.Decision{UserID: person.User(), Decision: decision, Reviewer: "rita", Reason: "looked at it"})
	}
	tests.Eventually(t, "the session is redacted at Stripe", func() bool { return atStripeRedacted(a, session) })
	if rows := a.Rows("SELECT decision, reason FROM decisions ORDER BY id"); fmt.Sprint(rows) != "[approve| redact|]" {
		t.Errorf("what was decided must stay, without the words, got %q", rows)
	}
	if rows := a.Rows("SELECT verified FROM users WHERE user_id = ?", person.User()); rows[0] != "1" {
		t.Error("who was approved stays verified")
	}
	a.NothingIsLeft()
	a.Announces(t, "what=redact")
	if a.Idle(); atStripeRedacted(a, others) || redactionsAsked(a) != 1 {
		t.Errorf("nobody else may be redacted, and nobody twice, got %d", redactionsAsked(a))
	}
}

// A decision is about what was there: a session that was begun before it is carried out
// stays.
func TestDecisionTakesNothingThatCameLater(t *testing.T) {
	e := erase.New(extras.Program{Settings: settings.New(func(string) string { return "" })})
	now := time.Now()
	db := open(t, tests.Database(t), store.Options{Now: func() time.Time { return now }, Consumers: outcomes.Wanting(e.Consumers)})
	has(t, db, "user", "vs_before", store.Canceled)
	tests.Decide(t, db, store.Decision{UserID: "user", Decision: store.Redact, Reviewer: "rita", Reason: "asked for it"})
	now = now.Add(time.Minute)
	has(t, db, "user", "vs_after", store.RequiresInput)
	list, err := db.Claim(t.Context(), "erase", 1)
	if err == nil && len(list) == 1 {
		err = e.Consumers[0].Do(t.Context(), outcomes.Parts{DB: db}, list[0])
	}
	if err != nil || len(list) != 1 {
		t.Fatalf("the decision must be carried out: %v, %v", list, err)
	}
	if list, err := erase.ToRedact(t.Context(), db, "user"); err != nil || len(list) != 1 || list[0].SessionID != "vs_before" {
		t.Errorf("what was there must be redacted, and nothing else, got %+v, %v", list, err)
	}
}
