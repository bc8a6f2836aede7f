package tests

import (
	"strconv"
	"strings"
	"testing"

	"example.com/identity-starter/stripesim"
)

// mustWait expects to be told to come back later.
func (b *Browser) mustWait(why string) {
	b.T.Helper()
	got := b.MustRefuse(why, 429, "rate_limited")
	if seconds, err := strconv.Atoi(got.Header.Get("Retry-After")); err != nil || seconds <= 0 {
		b.T.Errorf("%s: the answer must say when to come back, got Retry-After %q", why, got.Header.Get("Retry-After"))
	}
}

// The merchant says how many failed checks a person may have.
func TestMaxAttempts(t *testing.T) {
	a := Start(t, "MAX_VERIFICATION_ATTEMPTS=1")
	person := a.Browser()
	if got := person.Status(); got["attempts_left"] != 1.0 {
		t.Errorf("one attempt is left at the start, got %v", got)
	}
	a.Finish(person.Verify(a).ID, "document_expired")
	person.MustRefuse("a click after the only attempt", 403, "attempts_exhausted")
	for _, path := range []string{"/", "/verification/return"} {
		if got := person.Get(path); got.Status != 200 || strings.Contains(got.Body, "verify-button") {
			t.Errorf("%s must show that it is over, without a button, got %d\n%s", path, got.Status, got.Body)
		}
	}
	if got := a.Rows("SELECT verified, attempts FROM users"); len(got) != 1 || got[0] != "0|1" {
		t.Errorf("the user's row must tell of it, got %q", got)
	}
}

// A lowered limit never makes the attempts left negative, and a verdict counts
// even after the last failure.
func TestAttemptsBeyondTheLimit(t *testing.T) {
	a := Start(t)
	person := a.Browser()
	session := person.Verify(a)
	for range 2 {
		a.Finish(session.ID, "document_expired")
	}
	if err := a.Stop(); err != nil {
		t.Fatal(err)
	}
	a.Set("MAX_VERIFICATION_ATTEMPTS=1")
	a.Run()
	if got := person.Status(); got["attempts_left"] != 0.0 {
		t.Errorf("attempts left must never be below 0, got %v", got)
	}
	body := Snapshot("evt_verdict", VerifiedEvent, About(session, "verified")).JSON(t)
	a.Deliver(body, PlatformSecret)
	if got := person.Get("/members"); got.Status != 200 {
		t.Errorf("a verdict that Stripe reaches counts, whatever the limit, got %d", got.Status)
	}
}

// The ceiling on cost stops everybody until a day has passed, and says so to the
// operator once.
func TestChecksPerDay(t *testing.T) {
	a := Start(t, "MAX_CHECKS_PER_DAY=2")
	failing, passing, late := a.Browser(), a.Browser(), a.Browser()
	a.Finish(failing.Verify(a).ID, "document_expired")
	session := passing.Verify(a)
	passing.MustOpen(a, "a click of a person whose own link is the second of two")
	late.mustWait("a click while one check of two was made, and a link to another one is out")
	a.Finish(session.ID, "verified")
	late.mustWait("a click after two checks of two")
	a.Browser().mustWait("a click of somebody new")
	passing.MustRefuse("a verified person hears that first", 409, "already_verified")
	if n := strings.Count(a.Out.String(), "level=ERROR"); n != 1 || !strings.Contains(a.Out.String(), "MAX_CHECKS_PER_DAY") {
		t.Errorf("the operator must be told once, got %d errors:\n%s", n, a.Out)
	}
	if got := a.Browser().Get("/"); got.Status != 200 {
		t.Errorf("pages stay open, got %d", got.Status)
	}
	a.Change("UPDATE minutes SET minute = minute - 25 * 60")
	late.MustOpen(a, "a click when the checks are a day old")
}

// One address may start so many things a minute, whatever they are; looking at
// pages and Stripe's webhooks are free.
func TestRatePerMinute(t *testing.T) {
	a := Start(t, "RATE_LIMIT_PER_MINUTE=3")
	person := a.Browser()
	person.MustOpen(a, "the first click")
	person.MustOpen(a, "the second click")
	if got := person.Post("/connect/authorize", nil); got.Status != 303 {
		t.Fatalf("the third start must be allowed, got %d", got.Status)
	}
	a.Browser().mustWait("a fourth start from one address, in another browser")
	if got := person.AsJSON().Post("/connect/authorize", nil); got.Status != 429 || got.Code() != "rate_limited" {
		t.Errorf("Connect starts count as well, got %d %s", got.Status, got.Body)
	}
	if got := person.Get("/verification/status"); got.Status != 200 {
		t.Errorf("asking for the status must not be limited so, got %d", got.Status)
	}
	a.Finish(a.Sim.Sessions()[0].ID, "verified")
	if got := person.Status(); got["status"] != "verified" {
		t.Errorf("webhooks must not be limited, got %v", got)
	}
}

// A redaction takes what little is known of a failure, but for its code, and
// leaves whose it was.
func TestRedacted(t *testing.T) {
	for name, lost := range map[string]bool{"webhook arrived": false, "webhook lost": true} {
		t.Run(name, func(t *testing.T) {
			a := Start(t)
			person := a.Browser()
			session := person.Verify(a)
			a.Finish(session.ID, "document_expired")
			a.Sim.SetDelivery(stripesim.Switches{Drop: lost})
			a.AtStripe("redact", session.ID)
			person.Get("/verification/return")
			want := person.User() + "|" + session.ID + "|canceled|document_expired"
			if got := a.Rows("SELECT user_id, session_id, status, error_code FROM verifications"); len(got) != 1 || got[0] != want {
				t.Errorf("after a redaction: want %q, got %q", want, got)
			}
			if got := person.Attempts(a); got != "document_expired" {
				t.Errorf("a redaction must not give attempts back, nor count as one, got %q", got)
			}
			person.MustOpen(a, "a click after a redaction")
		})
	}
}

// A person whose session was redacted stays verified.
func TestRedactedAndVerified(t *testing.T) {
	a := Start(t)
	person := a.Browser()
	session := person.Verify(a)
	a.Finish(session.ID, "verified")
	a.AtStripe("redact", session.ID)
	if got := a.Rows("SELECT type, result FROM events WHERE type LIKE '%redacted'"); len(got) != 1 || !strings.HasSuffix(got[0], "|applied") {
		t.Errorf("the redaction must be recorded, got %q", got)
	}
	if got := person.Get("/members"); got.Status != 200 {
		t.Errorf("a redacted verdict is a verdict, got %d", got.Status)
	}
}
