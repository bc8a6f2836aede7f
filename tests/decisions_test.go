package tests

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"testing"

	"example.com/identity-starter/app"
	"example.com/identity-starter/outcomes"
	"example.com/identity-starter/settings"
	"example.com/identity-starter/store"
)

// told are the outcomes that the team has heard of, in order.
func (a *App) told() []string {
	a.T.Helper()
	a.NothingIsLeft()
	return a.Rows("SELECT outcome FROM actions WHERE kind = 'team' ORDER BY id")
}

// The word of a person beats Stripe's verdict, whichever extra lets people decide, and
// the team hears of it.
func TestDecisionsBeatStripe(t *testing.T) {
	a := Start(t, "MAX_VERIFICATION_ATTEMPTS=1")
	person := a.Browser()
	session := person.Verify(a)
	a.Finish(session.ID, "document_expired")
	person.MustRefuse("a click after the only attempt", 403, "attempts_exhausted")
	a.Decide(person.User(), store.OneMore)
	person.MustOpen(a, "a click with one attempt more")
	a.Decide(person.User(), store.Reject)
	person.MustRefuse("a click of somebody who was rejected", 403, "rejected")
	if got := person.Get("/members"); got.Status == 200 {
		t.Error("who was rejected is not verified")
	}
	a.Decide(person.User(), store.Approve)
	if got := person.Get("/members"); got.Status != 200 {
		t.Errorf("who was approved is verified, got %d", got.Status)
	}
	a.Decide(person.User(), store.Reject)
	if got := person.Get("/members"); got.Status == 200 {
		t.Error("the newest word counts")
	}
	a.Decide(person.User(), store.Withdraw)
	if got := person.Get("/members"); got.Status != 200 {
		t.Errorf("what counted before the word that was withdrawn counts again, got %d", got.Status)
	}
	want := []string{"failed", "exhausted", "one_more", "rejected", "approved", "revoked", "withdrawn"}
	if got := a.told(); !slices.Equal(got, want) {
		t.Errorf("the team must hear of each decision: want %q, got %q", want, got)
	}
}

// What the team's function decides by is whether the user is verified: that a decision was taken back does not say it.
func TestTeamHearsWhereTheUserStands(t *testing.T) {
	heard := make(chan string, 10)
	a := StartTeam(t, func(*settings.Reader) app.Team {
		return app.Team{Outcome: func(_ context.Context, _ *slog.Logger, o outcomes.Outcome) error {
			heard <- fmt.Sprint(o.What, " ", o.User.Verified)
			return nil
		}}
	})
	person := a.Browser()
	a.Finish(person.Verify(a).ID, "verified")
	a.NothingIsLeft()
	for _, decision := range []string{store.Reject, store.Withdraw, store.Approve, store.Reject, store.Withdraw} {
		a.Decide(person.User(), decision)
		a.NothingIsLeft()
	}
	for _, want := range []string{"verified true", "revoked false", "withdrawn true", "approved true", "revoked false", "withdrawn true"} {
		if got := <-heard; got != want {
			t.Errorf("the team must hear %s, got %s", want, got)
		}
	}
}

// A session that a reviewer closes is closed at Stripe, and the person can begin anew.
func TestDecisionToCancel(t *testing.T) {
	a := Start(t)
	person := a.Browser()
	session := person.Verify(a)
	a.Decide(person.User(), store.Cancel)
	Eventually(t, "the session is closed at Stripe", func() bool { return a.StatusAtStripe(session.ID) == "canceled" })
	a.NothingIsLeft()
	if again := person.Verify(a); again.ID == session.ID {
		t.Error("the next click must make another session")
	}
	if got := strings.Join(a.told(), " "); got != "canceled" {
		t.Errorf("the team must hear of it, got %s", got)
	}
}
