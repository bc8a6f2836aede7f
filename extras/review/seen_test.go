package review_test

import (
	"fmt"
	"net/url"
	"strings"
	"testing"
	"time"

	"example.com/identity-starter/store"
	"example.com/identity-starter/tests"
)

// A decision is about what the reviewer saw: whatever of it has changed meanwhile, nothing is decided.
func TestDecisionOnAPageThatIsOld(t *testing.T) {
	for name, change := range map[string]func(a *tests.App, person *tests.Browser, session string){
		"another session verified the person": func(a *tests.App, person *tests.Browser, session string) {
			a.AtStripe("cancel", session)
			a.Idle()
			a.Finish(person.Verify(a).ID, "verified")
		},
		"another session was begun": func(a *tests.App, person *tests.Browser, session string) {
			a.AtStripe("cancel", session)
			a.Idle()
			person.Verify(a)
		},
		"the session verified the person":   func(a *tests.App, _ *tests.Browser, session string) { a.Finish(session, "verified") },
		"the session is being checked":      func(a *tests.App, _ *tests.Browser, session string) { a.Finish(session, "processing") },
		"the check failed again":            func(a *tests.App, _ *tests.Browser, session string) { a.Finish(session, "document_expired") },
		"the session was closed at Stripe":  func(a *tests.App, _ *tests.Browser, session string) { a.AtStripe("cancel", session); a.Idle() },
		"somebody else has decided already": func(a *tests.App, person *tests.Browser, _ string) { a.Decide(person.User(), store.OneMore) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := start(t, "REVIEWERS="+ritaPair)
			person, rita := a.Browser(), reviewerOf(a, ritaPair)
			session := person.Verify(a).ID
			if name != "the session is being checked" { // which is no news in the second of a failure
				a.Finish(session, "document_expired")
			}
			seen := rita.look(person.User())
			change(a, person, session)
			before := len(a.Rows("SELECT 1 FROM decisions"))
			rita.script().decide(person.User(), "reject", seen).Refused(t, "already_decided", 409)
			if after := len(a.Rows("SELECT 1 FROM decisions")); after != before {
				t.Errorf("nothing may be decided about what was not seen, got %d decisions more", after-before)
			}
			rita.decided(person.User(), "reject")
		})
	}
}

// Stripe saying the same again, later, is nothing that a reviewer has to look at anew.
func TestDecisionAfterTheSameNews(t *testing.T) {
	a := start(t, "REVIEWERS="+ritaPair)
	person, rita := a.Browser(), reviewerOf(a, ritaPair)
	session := person.Verify(a)
	a.Finish(session.ID, "document_expired")
	seen := rita.look(person.User())
	before := a.Rows("SELECT news_at FROM verifications")
	if _, err := a.Parts().DB.RecordSession(t.Context(), store.News{SessionID: session.ID, UserID: person.User(), Status: store.RequiresInput,
		Failed: true, ErrorCode: "document_expired", ReportID: a.Rows("SELECT report_id FROM attempts")[0], At: time.Now().Add(time.Minute)}); err != nil {
		t.Fatal(err)
	}
	if after := a.Rows("SELECT news_at FROM verifications"); after[0] == before[0] {
		t.Fatalf("the time of the news must have changed, got %s", after[0])
	}
	if got := rita.decide(person.User(), "one_more", seen); got.Status != 303 {
		t.Errorf("a reviewer must not be sent back for nothing, got %d\n%s", got.Status, got.Body)
	}
}

// A decision that was a mistake is taken back, and what counted before it counts again.
func TestWithdraw(t *testing.T) {
	a := start(t, "REVIEWERS="+ritaPair+","+rolfPair)
	person, rita := a.Browser(), reviewerOf(a, ritaPair)
	a.Finish(person.Verify(a).ID, "verified")
	verified := func(want string, why string) {
		t.Helper()
		if rows := a.Rows("SELECT verified FROM users"); rows[0] != want {
			t.Errorf("%s: users.verified must be %s, got %s", why, want, rows[0])
		}
	}
	offered := func(want bool, why string) {
		t.Helper()
		if body := rita.Get(personPage(person.User())).Body; strings.Contains(body, `value="withdraw"`) != want {
			t.Errorf("%s: withdraw is offered: must be %v", why, want)
		}
	}
	offered(false, "nobody has decided")
	rita.decided(person.User(), "reject")
	verified("0", "rejected")
	offered(true, "rejected")
	reviewerOf(a, rolfPair).decided(person.User(), "withdraw")
	verified("1", "Stripe's verdict counts again")
	offered(false, "nothing is left to take back")
	if got := rita.tries(person.User(), "withdraw"); got.Status != 400 {
		t.Errorf("what was withdrawn must not be withdrawn again, got %d", got.Status)
	}
	rita.decided(person.User(), "approve")
	rita.decided(person.User(), "reject")
	rita.decided(person.User(), "withdraw")
	verified("1", "the approve before it counts again")
	rita.decided(person.User(), "withdraw")
	offered(false, "all is taken back")
	a.NothingIsLeft()
	if rows := a.Rows("SELECT outcome FROM actions WHERE kind = 'team' ORDER BY id"); fmt.Sprint(rows) !=
		"[verified revoked withdrawn approved revoked withdrawn withdrawn]" {
		t.Errorf("the team must hear of each, got %q", rows)
	}
	story := rita.Get(personPage(person.User())).Body
	for _, part := range []string{"Rejected by rita", "Decision withdrawn (rejected) by rolf", "Decision withdrawn (approved) by rita", "Your own code, told of the withdrawn decision"} {
		if !strings.Contains(story, part) {
			t.Errorf("the story must tell %q, got\n%s", part, story)
		}
	}
}

// Whoever is sent back for his reason is told of news first: the form that is shown then is about the news.
func TestNewsBeforeTheReason(t *testing.T) {
	a := start(t, "REVIEWERS="+ritaPair)
	person, rita := a.Browser(), reviewerOf(a, ritaPair)
	session := person.Verify(a).ID
	form := url.Values{"user": {person.User()}, "decision": {"reject"}, "seen": {rita.look(person.User())}, "reason": {strings.Repeat("a", 1001)}}
	a.Finish(session, "verified")
	got := rita.Post("/review/person", form)
	if got.Status != 409 || !strings.Contains(got.Body, "Something has changed since you looked") {
		t.Errorf("a reviewer whose reason is too long must hear that the person was verified meanwhile, got %d\n%s", got.Status, got.Body)
	}
	form.Set("seen", "x")
	form.Set("reason", "")
	rita.script().Post("/review/person", form).Refused(t, "already_decided", 409)
}
