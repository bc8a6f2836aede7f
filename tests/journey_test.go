package tests

import (
	"encoding/json"
	"strings"
	"testing"

	"example.com/identity-starter/stripesim"
)

// A person verifies, and the members' page opens.
func TestVerified(t *testing.T) {
	a := Start(t)
	person := a.Browser()
	if got := person.Get("/"); got.Status != 200 || !strings.Contains(got.Body, `id="verify-button"`) {
		t.Fatalf("the first page must show the Verify button, got %d\n%s", got.Status, got.Body)
	}
	if got := person.Get("/members"); got.Status != 303 || got.Location != "/verification.html" {
		t.Fatalf("the gate must send an unverified person to the verification page, got %d %q", got.Status, got.Location)
	}
	created := person.Post("/create-verification-session", nil)
	if created.Status != 303 || !strings.HasPrefix(created.Location, a.Sim.URL()+"/start/") {
		t.Fatalf("without a script the button must lead to Stripe's page, got %d %q", created.Status, created.Location)
	}
	session := person.Verify(a)
	a.Finish(session.ID, "verified")
	if got := person.Get("/verification/return"); got.Status != 200 || !strings.Contains(got.Body, "You are verified") {
		t.Fatalf("the return page must say that the person is verified, got %d\n%s", got.Status, got.Body)
	}
	if got := person.Get("/members"); got.Status != 200 {
		t.Fatalf("the gate must let a verified person in, got %d", got.Status)
	}
	if got := person.AsJSON().Post("/create-verification-session", nil); got.Status != 409 || got.Code() != "already_verified" {
		t.Fatalf("a verified person needs no session, got %d %s", got.Status, got.Body)
	}
	if n := len(a.Sim.Sessions()); n != 1 {
		t.Fatalf("three clicks must make one session, got %d", n)
	}
}

// A person fails three times with one session, and is stopped.
func TestAttemptsExhausted(t *testing.T) {
	a := Start(t)
	person := a.Browser()
	session := ""
	for _, code := range []string{"document_expired", "document_unverified_other", "selfie_face_mismatch"} {
		s := person.Verify(a)
		if session != "" && s.ID != session {
			t.Fatalf("another try must use the same session")
		}
		session = s.ID
		a.Finish(session, code)
	}
	if got := person.AsJSON().Post("/create-verification-session", nil); got.Status != 403 || got.Code() != "attempts_exhausted" {
		t.Fatalf("after three failed checks there must be no more, got %d %s", got.Status, got.Body)
	}
	var status struct {
		Status       string `json:"status"`
		AttemptsLeft int    `json:"attempts_left"`
		Retry        bool   `json:"retry"`
	}
	if err := json.Unmarshal([]byte(person.Get("/verification/status").Body), &status); err != nil {
		t.Fatal(err)
	}
	if status.Status != "requires_input" || status.AttemptsLeft != 0 || status.Retry {
		t.Fatalf("the status must say that no attempts are left, got %+v", status)
	}
}

// A merchant connects, comes back again, and disconnects.
func TestConnect(t *testing.T) {
	a := Start(t)
	merchant := a.Browser()
	acct := stripesim.AccountA
	back := merchant.Authorize(a, acct)
	if got := merchant.Get(back); got.Status != 303 || got.Location != "/connect" {
		t.Fatalf("the callback must lead to the accounts, got %d %q\n%s", got.Status, got.Location, got.Body)
	}
	if got := merchant.Get("/connect"); !strings.Contains(got.Body, acct) {
		t.Fatalf("the page must list the connected account\n%s", got.Body)
	}
	if got := merchant.Get(back); got.Status != 303 || got.Location != "/connect" || a.Exchanges() != 1 {
		t.Fatalf("a callback that comes again must lead to the accounts, without another exchange, got %d", got.Status)
	}
	if got := merchant.Post("/connect/accounts/"+acct+"/disconnect", nil); got.Status != 303 {
		t.Fatalf("disconnect must lead back to the accounts, got %d\n%s", got.Status, got.Body)
	}
	if got := a.Rows("SELECT id, disconnected_at IS NOT NULL FROM accounts"); len(got) != 1 || got[0] != acct+"|1" {
		t.Fatalf("the account must be recorded as disconnected, got %q", got)
	}
}
