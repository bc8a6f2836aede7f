package erase_test

import (
	"strings"
	"testing"
	"time"

	"example.com/identity-starter/store"
	"example.com/identity-starter/stripesim"
	"example.com/identity-starter/tests"
)

// A session whose verdict was taken back without a reason is as finished as any, and holds as much.
func TestRetentionOfAVerdictTakenBack(t *testing.T) {
	t.Parallel() // beside others that wait
	a := start(t, "RETENTION_DAYS=30")
	session := a.Browser().Verify(a)
	a.Finish(session.ID, "verified")
	tests.Eventually(t, "a second passes", func() bool {
		return a.Rows("SELECT news_at < ? FROM verifications", time.Now().Unix())[0] != "0"
	})
	a.Override(session.ID, "")
	tests.Eventually(t, "the verdict is taken back", func() bool { return a.Rows("SELECT revoked FROM verifications")[0] == "1" })
	if err := a.Stop(); err != nil {
		t.Fatal(err)
	}
	a.Change("UPDATE verifications SET created_at = 1, news_at = 1, opened_at = 1")
	other := a.Browser()
	a.Run()
	other.Base = a.URL
	failed := other.Verify(a)
	a.Finish(failed.ID, "document_expired")
	a.Change("UPDATE verifications SET created_at = 1, news_at = 1, opened_at = 1")
	if err := a.Stop(); err != nil {
		t.Fatal(err)
	}
	a.Run()
	tests.Eventually(t, "the failed one is redacted", func() bool { return atStripeRedacted(a, failed.ID) })
	if got := a.Rows("SELECT count(*) FROM redactions r JOIN verifications v ON v.id = r.verification_id WHERE v.session_id = ?", session.ID); got[0] != "1" {
		t.Error("with RETENTION_DAYS a session whose verdict was taken back must be redacted like any other")
	}
}

// Of a session that Stripe does not know nothing is left to redact, and its user can be forgotten.
func TestForgetWhomStripeDoesNotKnow(t *testing.T) {
	for _, status := range []string{"verified", "document_expired"} {
		t.Run(status, func(t *testing.T) {
			a := start(t)
			person := a.Browser()
			session := person.Verify(a)
			a.Finish(session.ID, status)
			a.Sim.Lose(session.ID)
			out, err := redact(a, "-forget", person.User())
			if err != nil || strings.Contains(out, "once Stripe has redacted") {
				t.Errorf("nothing is left to wait for, got %v %s", err, out)
			}
			if got := a.Rows("SELECT user_id FROM people")[0]; !strings.HasPrefix(got, store.Forgotten) {
				t.Errorf("the user must be forgotten, got %q", got)
			}
		})
	}
}

// Who is forgotten while a click of his is under way leaves nothing at Stripe that bears his id.
func TestForgottenDuringAClick(t *testing.T) {
	a := start(t)
	person := a.Browser()
	a.Finish(person.Verify(a).ID, "document_expired")
	a.AtStripe("cancel", a.Sim.Sessions()[0].ID)
	a.Sim.AddFault(stripesim.Fault{Path: tests.SessionsPath, Method: "POST", Hang: true})
	before := len(a.Creates())
	click := tests.Later(person.Click)
	tests.Eventually(t, "the click asks Stripe", func() bool { return len(a.Creates()) > before })
	out, err := redact(a, "-forget", person.User())
	t.Log(out, err)
	a.Sim.ClearFaults()
	t.Log((<-click).Status)
	a.Idle()
	tests.Eventually(t, "the user is forgotten", func() bool {
		_, err := redact(a, "-forget", person.User())
		return err != nil || a.Rows("SELECT count(*) FROM people WHERE user_id = ?", person.User())[0] == "0"
	})
	for _, s := range a.Sim.Sessions() {
		if s.Redaction != "redacted" {
			t.Errorf("everything of a user who was forgotten must be redacted at Stripe, but %s is %s, of user %q", s.ID, s.Status, s.UserID)
		}
	}
}
