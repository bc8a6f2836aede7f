package main

import (
	"encoding/json"
	"strings"
	"testing"

	"example.com/identity-starter/stripesim"
)

// A person verifies, and the members' page opens.
func TestVerified(t *testing.T) {
	a := start(t)
	person := a.browser()
	if got := person.get("/"); got.status != 200 || !strings.Contains(got.body, `id="verify-button"`) {
		t.Fatalf("the first page must show the Verify button, got %d\n%s", got.status, got.body)
	}
	if got := person.get("/members"); got.status != 303 || got.location != "/verification.html" {
		t.Fatalf("the gate must send an unverified person to the verification page, got %d %q", got.status, got.location)
	}
	created := person.post("/create-verification-session", nil)
	if created.status != 303 || !strings.HasPrefix(created.location, a.sim.URL()+"/start/") {
		t.Fatalf("without a script the button must lead to Stripe's page, got %d %q", created.status, created.location)
	}
	session := person.verify(a)
	a.finish(session.ID, "verified")
	if got := person.get("/verification/return"); got.status != 200 || !strings.Contains(got.body, "You are verified") {
		t.Fatalf("the return page must say that the person is verified, got %d\n%s", got.status, got.body)
	}
	if got := person.get("/members"); got.status != 200 {
		t.Fatalf("the gate must let a verified person in, got %d", got.status)
	}
	if got := person.asJSON().post("/create-verification-session", nil); got.status != 409 || got.code() != "already_verified" {
		t.Fatalf("a verified person needs no session, got %d %s", got.status, got.body)
	}
	if n := len(a.sim.Sessions()); n != 1 {
		t.Fatalf("three clicks must make one session, got %d", n)
	}
}

// A person fails three times with one session, and is stopped.
func TestAttemptsExhausted(t *testing.T) {
	a := start(t)
	person := a.browser()
	session := ""
	for _, code := range []string{"document_expired", "document_unverified_other", "selfie_face_mismatch"} {
		s := person.verify(a)
		if session != "" && s.ID != session {
			t.Fatalf("another try must use the same session")
		}
		session = s.ID
		a.finish(session, code)
	}
	if got := person.asJSON().post("/create-verification-session", nil); got.status != 403 || got.code() != "attempts_exhausted" {
		t.Fatalf("after three failed checks there must be no more, got %d %s", got.status, got.body)
	}
	var status struct {
		Status       string `json:"status"`
		AttemptsLeft int    `json:"attempts_left"`
		Retry        bool   `json:"retry"`
	}
	if err := json.Unmarshal([]byte(person.get("/verification/status").body), &status); err != nil {
		t.Fatal(err)
	}
	if status.Status != "requires_input" || status.AttemptsLeft != 0 || status.Retry {
		t.Fatalf("the status must say that no attempts are left, got %+v", status)
	}
}

// A merchant connects, is refused once, and disconnects.
func TestConnect(t *testing.T) {
	a := start(t)
	merchant := a.browser()
	acct := stripesim.AccountA
	back := merchant.authorize(a, acct)
	if got := merchant.get(back); got.status != 303 || got.location != "/connect" {
		t.Fatalf("the callback must lead to the accounts, got %d %q\n%s", got.status, got.location, got.body)
	}
	if got := merchant.get("/connect"); !strings.Contains(got.body, acct) {
		t.Fatalf("the page must list the connected account\n%s", got.body)
	}
	if got := merchant.get(back); got.status != 403 {
		t.Fatalf("a callback that is replayed must be refused, got %d", got.status)
	}
	if got := merchant.post("/connect/accounts/"+acct+"/disconnect", nil); got.status != 303 {
		t.Fatalf("disconnect must lead back to the accounts, got %d\n%s", got.status, got.body)
	}
	if got := a.rows("SELECT id, disconnected_at IS NOT NULL FROM accounts"); len(got) != 1 || got[0] != acct+"|1" {
		t.Fatalf("the account must be recorded as disconnected, got %q", got)
	}
}
