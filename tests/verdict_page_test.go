package tests

import (
	"net/http"
	"testing"
	"time"

	"example.com/identity-starter/stripesim"
)

// A verdict is taken back whose user has another session behind it, which failed and was closed because of that verdict.
func TestTakenBackBesideAClosedFailure(t *testing.T) {
	v := aVerdict(t, stripesim.Config{})
	v.Override(v.session.ID, "selfie_manipulated")
	v.settles()
	v.stripe.Move(time.Minute)
	next := v.person.Verify(v.App)
	v.Finish(next.ID, "document_expired")
	v.stripe.Move(time.Minute)
	v.Override(v.session.ID, "verified")
	v.settles()
	v.gate(http.StatusOK)
	v.stripe.Move(time.Minute)
	v.Override(v.session.ID, "selfie_manipulated")
	v.settles()
	v.gate(http.StatusSeeOther)
	v.outcomes("twice", "verified revoked failed verified revoked")
	got := v.person.Status()
	if got["status"] != "requires_input" || got["code"] != "revoked" && got["code"] != "selfie_manipulated" || got["retry"] != true {
		t.Errorf("whose verdict was taken back the status must be requires_input with Stripe's code or revoked, got %v", got)
	}
}

// While a user has no attempts left, nobody can go on at Stripe with a session whose verdict was taken back either.
func TestTakenBackAndExhausted(t *testing.T) {
	t.Parallel() // beside others that wait
	v := begun(t, stripesim.Config{}, "MAX_VERIFICATION_ATTEMPTS=2")
	v.Finish(v.session.ID, "verified")
	v.stripe.Move(time.Minute)
	v.Override(v.session.ID, "selfie_manipulated")
	v.settles()
	failed := 0
	for range 4 {
		v.stripe.Move(time.Minute)
		if v.Sim.Finish(v.session.ID, "document_expired") == nil {
			failed++
		}
		v.settles()
	}
	if got := v.person.Attempts(v.App); failed > 2 {
		t.Errorf("two failed checks are the limit, and %d more were made (and billed) after the verdict: %s", failed, got)
	}
}
