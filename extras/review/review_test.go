package review_test

import (
	"fmt"
	"net/url"
	"strings"
	"sync"
	"testing"

	"example.com/identity-starter/tests"
)

// What reviewers decide is the answer, whatever Stripe says, and the person sees it.
func TestDecisions(t *testing.T) {
	a := start(t, "REVIEWERS="+ritaPair, "MAX_VERIFICATION_ATTEMPTS=1")
	rita, person := reviewerOf(a, ritaPair), a.Browser()
	shows := func(text, verified string) {
		t.Helper()
		if got := person.Get("/"); !strings.Contains(got.Body, text) {
			t.Errorf("the person must read %q, got\n%s", text, got.Body)
		}
		if rows := a.Rows("SELECT verified FROM users WHERE user_id = ?", person.User()); rows[0] != verified {
			t.Errorf("users.verified must be %s, got %s", verified, rows[0])
		}
	}
	told := func(outcome string) {
		t.Helper()
		tests.Eventually(t, "the team is told of "+outcome, func() bool {
			return len(a.Rows("SELECT 1 FROM actions WHERE kind = 'team' AND outcome = ? AND done_at IS NOT NULL", outcome)) == 1
		})
	}
	canceled := func(session string) {
		t.Helper()
		tests.Eventually(t, "the open session is closed at Stripe", func() bool { s, _ := a.Sim.Session(session); return s.Status == "canceled" })
		a.Idle()
	}
	first := person.Verify(a).ID
	rita.decided(person.User(), "cancel")
	canceled(first)
	told("canceled")
	shows("This verification was canceled", "0")

	second := person.Verify(a).ID
	a.Finish(second, "document_expired")
	shows("No attempts left", "0")
	canceled(second)
	rita.decided(person.User(), "one_more")
	told("one_more")
	third := person.Verify(a).ID
	rita.decided(person.User(), "reject")
	canceled(third)
	told("rejected")
	shows("We could not confirm your identity", "0")
	person.AsJSON().Post("/create-verification-session", nil).Refused(t, "rejected", 403)

	rita.decided(person.User(), "approve")
	told("approved")
	shows("You are verified", "1")
	rita.decided(person.User(), "reject")
	told("revoked")
	shows("We could not confirm your identity", "0")
	if rows := a.Rows("SELECT decision, reviewer, reason, stripe_status FROM decisions ORDER BY id"); len(rows) != 5 ||
		rows[0] != "cancel|rita|looked at it|requires_input" || rows[2] != "reject|rita|looked at it|requires_input" {
		t.Errorf("each decision must be a row with who, why, and Stripe's verdict, got %q", rows)
	}
	story := rita.Get(personPage(person.User())).Body
	for _, part := range []string{"document_expired", "identity.verification_session.requires_input", "told of the verdict that no longer counts",
		"Closing the session at Stripe, because of the last attempt", "because of the rejection", "One more attempt given by rita", `title="` + second + `"`} {
		if !strings.Contains(story, part) {
			t.Errorf("the person's page must tell the whole story; it lacks %s", part)
		}
	}
}

// A reject stands also when Stripe's verdict comes later: nobody is told otherwise.
func TestRejectedBeforeTheVerdict(t *testing.T) {
	a := start(t, "REVIEWERS="+ritaPair)
	person := a.Browser()
	session := person.Verify(a).ID
	a.Finish(session, "processing")
	reviewerOf(a, ritaPair).decided(person.User(), "reject")
	a.Finish(session, "verified")
	if rows := a.Rows("SELECT u.verified, v.status FROM users u JOIN verifications v USING (user_id)"); fmt.Sprint(rows) != "[0|verified]" {
		t.Errorf("the decision must win, and Stripe's verdict must stay, got %q", rows)
	}
	if rows := a.Rows("SELECT 1 FROM actions WHERE outcome = 'verified'"); len(rows) > 0 {
		t.Error("the team must not be told that a rejected user is verified")
	}
	if got := person.AsJSON().Get("/verification/status"); strings.Contains(got.Body, `"verified"`) {
		t.Errorf("the page must not call a rejected user verified, got %s", got.Body)
	}
}

// Of several reviewers who decide at once, one does, and the others are told.
func TestReviewersAtOnce(t *testing.T) {
	a := start(t, "REVIEWERS="+ritaPair+","+rolfPair)
	user := a.Browser().Verify(a).UserID
	rita, rolf := reviewerOf(a, ritaPair), reviewerOf(a, rolfPair)
	seen := rita.look(user)
	answers := make([]tests.Answer, 8)
	var all sync.WaitGroup
	for i := range answers {
		all.Go(func() {
			if i%2 == 0 {
				answers[i] = rita.script().decide(user, "approve", seen)
			} else {
				answers[i] = rolf.script().decide(user, "reject", seen)
			}
		})
	}
	all.Wait()
	first := 0
	for _, got := range answers {
		if got.Status == 303 {
			first++
		} else {
			got.Refused(t, "already_decided", 409)
		}
	}
	if rows := a.Rows("SELECT 1 FROM decisions"); first != 1 || len(rows) != 1 {
		t.Errorf("one decision must be made, got %d, written %d", first, len(rows))
	}
	if got := rolf.decide(user, "reject", seen); got.Status != 409 || !strings.Contains(got.Body, "Approved by rita") && !strings.Contains(got.Body, "Rejected by rolf") {
		t.Errorf("who is second must be shown the decision, got %d\n%s", got.Status, got.Body)
	}
}

// Decisions that do not fit, or say no reason, change nothing; and no other site can send one.
func TestDecisionsThatAreRefused(t *testing.T) {
	a := start(t, "REVIEWERS="+ritaPair)
	user, rita := a.Browser().Verify(a).UserID, reviewerOf(a, ritaPair)
	seen := rita.look(user)
	form := func(name, value string) url.Values {
		f := url.Values{"user": {user}, "decision": {"approve"}, "seen": {seen}, "reason": {"fine"}}
		f.Set(name, value)
		return f
	}
	for name, c := range map[string]struct {
		form   url.Values
		status int
	}{
		"no reason": {form("reason", "  "), 400}, "a long reason": {form("reason", strings.Repeat("x", 1001)), 400},
		"no text": {form("reason", "\xff"), 400}, "no text that every database takes": {form("reason", "a\x00b"), 400}, "not seen": {form("seen", ""), 400}, "another decision": {form("decision", "delete"), 400},
		"a user of whom nothing is known": {form("user", "nobody"), 404},
	} {
		if got := rita.Post("/review/person", c.form); got.Status != c.status {
			t.Errorf("%s must be %d, got %d", name, c.status, got.Status)
		}
	}
	request := rita.Request("POST", "/review/person", strings.NewReader(form("seen", seen).Encode()))
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	request.Header.Set("Sec-Fetch-Site", "cross-site")
	if got := rita.Send(request); got.Status != 403 {
		t.Errorf("another site must not be able to decide with a reviewer's password, got %d", got.Status)
	}
	if rows := a.Rows("SELECT 1 FROM decisions"); len(rows) > 0 {
		t.Errorf("nothing of it must be written, got %d rows", len(rows))
	}
	for _, user := range []string{"nobody", "", "\x00", "\xff"} {
		if got := rita.Get(personPage(user)); got.Status != 404 {
			t.Errorf("a user of whom nothing is known has no page, %q got %d", user, got.Status)
		}
	}
}

// Who is in review reads so, cannot start anything, and is on the reviewers' list.
func TestInReview(t *testing.T) {
	a := start(t, "REVIEWERS="+ritaPair)
	person, rita := a.Browser(), reviewerOf(a, ritaPair)
	session := person.Verify(a)
	a.Finish(session.ID, "verified")
	a.Change("UPDATE verifications SET gate = 'held', gate_note = 'another name', needs_review = 1")
	a.Change("UPDATE people SET verified = 0, verdicts = 0, reviews = 1")
	if got := person.Get("/"); !strings.Contains(got.Body, `data-status="in_review"`) || strings.Contains(got.Body, "data-poll") || strings.Contains(got.Body, `id="verify-button"`) {
		t.Errorf("the page must say that a person is looking, and stop asking, got\n%s", got.Body)
	}
	person.AsJSON().Post("/create-verification-session", nil).Refused(t, "in_review", 409)
	if got := person.AsJSON().Get("/verification/status"); !strings.Contains(got.Body, `"status":"canceled"`) || !strings.Contains(got.Body, `"code":"in_review"`) {
		t.Errorf("the script must stop asking and show no link to what is for members, got %s", got.Body)
	}
	if got := person.Get("/members"); got.Status != 303 {
		t.Errorf("the gate must be closed, got %d", got.Status)
	}
	if list := rita.Get("/review?show=needs_review").Body; !strings.Contains(list, person.User()) || !strings.Contains(list, "needs review") {
		t.Error("the reviewers' list must have the person under needs review")
	}
	if story := rita.Get(personPage(person.User())).Body; !strings.Contains(story, "held back: “another name”") || !strings.Contains(story, "<h1>Needs a review</h1>") {
		t.Errorf("the person's page must say why, got\n%s", story)
	}
	rita.decided(person.User(), "one_more")
	if rows := a.Rows("SELECT verified, needs_review FROM users"); rows[0] != "0|0" {
		t.Errorf("one more attempt ends the review and verifies nobody, got %q", rows)
	}
	if again := person.Verify(a); again.ID == session.ID {
		t.Error("one more attempt must be a session of its own")
	}
}

// What was decided can be neither changed nor removed.
func TestDecisionsStay(t *testing.T) {
	a := start(t, "REVIEWERS="+ritaPair)
	user := a.Browser().Verify(a).UserID
	reviewerOf(a, ritaPair).decided(user, "approve")
	for _, statement := range []string{"DELETE FROM decisions", "UPDATE decisions SET decision = 'reject'", "UPDATE decisions SET stripe_status = ''"} {
		if err := exec(a, statement); err == nil || !strings.Contains(err.Error(), "append-only") {
			t.Errorf("%s must fail, got %v", statement, err)
		}
	}
	a.Change("UPDATE decisions SET reason = ''") // what a redaction does
}

// exec changes the program's database behind its back, if that lets itself be changed.
func exec(a *tests.App, statement string) error {
	a.T.Helper()
	db := tests.Raw(a.T, a.Database)
	defer db.Close()
	_, err := db.ExecContext(a.T.Context(), statement)
	return err
}
