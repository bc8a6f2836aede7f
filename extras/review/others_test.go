package review_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"example.com/identity-starter/extras"
	"example.com/identity-starter/outcomes"
	"example.com/identity-starter/store"
	"example.com/identity-starter/tests"
)

// stub is another extra: a consumer that wants an outcome, and can do nothing.
func stub(wants, decision string) extras.Extra {
	return extras.Extra{Name: "stub", State: "on", Consumers: []outcomes.Consumer{{
		Consumer: store.Consumer{Name: "stub", Wants: func(o outcomes.Outcome) bool { return o.What == wants }, Decision: decision},
		Do:       func(context.Context, outcomes.Parts, store.Action) error { return nil },
	}}}
}

// A decision is news, for the person or for whoever else wants to know.
func TestDecisionIsFollowed(t *testing.T) {
	a := beside(t, stub(outcomes.OneMore, ""), "REVIEWERS="+ritaPair)
	user := a.Browser().Verify(a).UserID
	reviewerOf(a, ritaPair).decided(user, "one_more")
	if rows := a.Rows("SELECT user_id FROM actions WHERE kind = 'stub' AND outcome = 'one_more'"); fmt.Sprint(rows) != "["+user+"]" {
		t.Errorf("the decision must be followed by an action, got %q", rows)
	}
}

// A reviewer can have Stripe delete what it collected, where there is somebody who does it.
func TestReviewerRedacts(t *testing.T) {
	a := beside(t, stub(outcomes.Redact, store.Redact), "REVIEWERS="+ritaPair)
	person, rita := a.Browser(), reviewerOf(a, ritaPair)
	session := person.Verify(a).ID
	a.Finish(session, "verified")
	rita.decided(person.User(), "approve")
	if body := rita.Get(personPage(person.User())).Body; !strings.Contains(body, `value="redact"`) {
		t.Errorf("the decision must be offered, got\n%s", body)
	}
	rita.decided(person.User(), "redact")
	tests.Eventually(t, "it is carried out", func() bool {
		return fmt.Sprint(a.Rows("SELECT user_id, object_id, outcome FROM actions WHERE kind = 'stub' AND done_at IS NOT NULL")) ==
			"["+person.User()+"|"+session+"|redact]"
	})
	if rows := a.Rows("SELECT decision FROM decisions ORDER BY id"); fmt.Sprint(rows) != "[approve redact]" {
		t.Errorf("what was decided must stay, got %q", rows)
	}
	if rows := a.Rows("SELECT verified FROM users"); rows[0] != "1" {
		t.Error("who was approved stays verified")
	}
	// What the redaction does with the words, which are about a person: they go, the decisions stay.
	a.Change("UPDATE decisions SET reason = ''")
	if body := rita.Get(personPage(person.User())).Body; !strings.Contains(body, "Approved by rita") || strings.Contains(body, "looked at it") {
		t.Errorf("the story must tell the decisions without the words, got\n%s", body)
	}
}

// Without anybody who redacts nobody is offered to, and it changes nothing to ask for it.
func TestNobodyRedacts(t *testing.T) {
	a := start(t, "REVIEWERS="+ritaPair)
	user, rita := a.Browser().Verify(a).UserID, reviewerOf(a, ritaPair)
	if body := rita.Get(personPage(user)).Body; strings.Contains(body, `value="redact"`) || !strings.Contains(body, `value="approve"`) {
		t.Errorf("a redaction must not be offered, and what is possible must, got\n%s", body)
	}
	if got := rita.tries(user, "redact"); got.Status != 400 || len(a.Rows("SELECT 1 FROM decisions")) > 0 {
		t.Errorf("a redaction must be refused, got %d", got.Status)
	}
}
