package main

import (
	"strconv"
	"strings"
	"testing"
	"time"

	"example.com/identity-starter/stripesim"
)

// mustWait expects to be told to come back later.
func (b *browser) mustWait(why string) {
	b.t.Helper()
	got := b.mustRefuse(why, 429, "rate_limited")
	if seconds, err := strconv.Atoi(got.header.Get("Retry-After")); err != nil || seconds <= 0 {
		b.t.Errorf("%s: the answer must say when to come back, got Retry-After %q", why, got.header.Get("Retry-After"))
	}
}

// The merchant says how many failed checks a person may have.
func TestMaxAttempts(t *testing.T) {
	a := start(t, "MAX_VERIFICATION_ATTEMPTS=1")
	person := a.browser()
	if got := person.status(); got["attempts_left"] != 1.0 {
		t.Errorf("one attempt is left at the start, got %v", got)
	}
	a.finish(person.verify(a).ID, "document_expired")
	person.mustRefuse("a click after the only attempt", 403, "attempts_exhausted")
	for _, path := range []string{"/", "/verification/return"} {
		if got := person.get(path); got.status != 200 || strings.Contains(got.body, "verify-button") {
			t.Errorf("%s must show that it is over, without a button, got %d\n%s", path, got.status, got.body)
		}
	}
	if got := a.rows("SELECT verified, attempts FROM users"); len(got) != 1 || got[0] != "0|1" {
		t.Errorf("the user's row must tell of it, got %q", got)
	}
}

// A lowered limit never makes the attempts left negative, and a verdict counts
// even after the last failure.
func TestAttemptsBeyondTheLimit(t *testing.T) {
	a := start(t)
	person := a.browser()
	session := person.verify(a)
	for range 2 {
		a.finish(session.ID, "document_expired")
	}
	if err := a.stop(); err != nil {
		t.Fatal(err)
	}
	a.set("MAX_VERIFICATION_ATTEMPTS=1")
	a.run()
	if got := person.status(); got["attempts_left"] != 0.0 {
		t.Errorf("attempts left must never be below 0, got %v", got)
	}
	body := snapshot("evt_verdict", verifiedEvent, about(session, "verified")).json(t)
	a.deliver(body, platformSecret)
	if got := person.get("/members"); got.status != 200 {
		t.Errorf("a verdict that Stripe reaches counts, whatever the limit, got %d", got.status)
	}
}

// The ceiling on cost stops everybody until a day has passed, and says so to the
// operator once.
func TestChecksPerDay(t *testing.T) {
	a := start(t, "MAX_CHECKS_PER_DAY=2")
	failing, passing, late := a.browser(), a.browser(), a.browser()
	a.finish(failing.verify(a).ID, "document_expired")
	late.mustOpen(a, "a click after one check of two")
	a.finish(passing.verify(a).ID, "verified")
	late.mustWait("a click of a person with an open session, after two checks of two")
	a.browser().mustWait("a click of somebody new")
	passing.mustRefuse("a verified person hears that first", 409, "already_verified")
	if n := strings.Count(a.out.String(), "level=ERROR"); n != 1 || !strings.Contains(a.out.String(), "MAX_CHECKS_PER_DAY") {
		t.Errorf("the operator must be told once, got %d errors:\n%s", n, a.out)
	}
	if got := a.browser().get("/"); got.status != 200 {
		t.Errorf("pages stay open, got %d", got.status)
	}
	yesterday := time.Now().Add(-25 * time.Hour).Unix()
	a.change("UPDATE attempts SET created_at = ?", yesterday)
	late.mustOpen(a, "a click when one of the checks is a day old")
}

// One address may start so many things a minute, whatever they are; looking at
// pages and Stripe's webhooks are free.
func TestRatePerMinute(t *testing.T) {
	a := start(t, "RATE_LIMIT_PER_MINUTE=3")
	person := a.browser()
	person.mustOpen(a, "the first click")
	person.mustOpen(a, "the second click")
	if got := person.post("/connect/authorize", nil); got.status != 303 {
		t.Fatalf("the third start must be allowed, got %d", got.status)
	}
	a.browser().mustWait("a fourth start from one address, in another browser")
	if got := person.asJSON().post("/connect/authorize", nil); got.status != 429 || got.code() != "rate_limited" {
		t.Errorf("Connect starts count as well, got %d %s", got.status, got.body)
	}
	if got := person.get("/verification/status"); got.status != 200 {
		t.Errorf("asking for the status must not be limited so, got %d", got.status)
	}
	a.finish(a.sim.Sessions()[0].ID, "verified")
	if got := person.status(); got["status"] != "verified" {
		t.Errorf("webhooks must not be limited, got %v", got)
	}
}

// A redaction takes what little is known of a failure, but for its code, and
// leaves whose it was.
func TestRedacted(t *testing.T) {
	for name, lost := range map[string]bool{"webhook arrived": false, "webhook lost": true} {
		t.Run(name, func(t *testing.T) {
			a := start(t)
			person := a.browser()
			session := person.verify(a)
			a.finish(session.ID, "document_expired")
			a.sim.SetDelivery(stripesim.Switches{Drop: lost})
			a.atStripe("redact", session.ID)
			person.get("/verification/return")
			want := person.user() + "|" + session.ID + "|canceled|document_expired"
			if got := a.rows("SELECT user_id, session_id, status, error_code FROM verifications"); len(got) != 1 || got[0] != want {
				t.Errorf("after a redaction: want %q, got %q", want, got)
			}
			if got := person.attempts(a); got != "document_expired" {
				t.Errorf("a redaction must not give attempts back, nor count as one, got %q", got)
			}
			person.mustOpen(a, "a click after a redaction")
		})
	}
}

// A person whose session was redacted stays verified.
func TestRedactedAndVerified(t *testing.T) {
	a := start(t)
	person := a.browser()
	session := person.verify(a)
	a.finish(session.ID, "verified")
	a.atStripe("redact", session.ID)
	if got := a.rows("SELECT type, result FROM events WHERE type LIKE '%redacted'"); len(got) != 1 || !strings.HasSuffix(got[0], "|applied") {
		t.Errorf("the redaction must be recorded, got %q", got)
	}
	if got := person.get("/members"); got.status != 200 {
		t.Errorf("a redacted verdict is a verdict, got %d", got.status)
	}
}
