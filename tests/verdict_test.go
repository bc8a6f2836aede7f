package tests

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"example.com/identity-starter/stripesim"
)

// verdict is a person whom Stripe has verified, an hour ago or so.
type verdict struct {
	*App
	stripe  *Clock
	person  *Browser
	session stripesim.Session
}

func aVerdict(t *testing.T, config stripesim.Config, settings ...string) *verdict {
	t.Helper()
	v := begun(t, config, settings...)
	v.Finish(v.session.ID, "verified")
	v.gate(http.StatusOK)
	v.NothingIsLeft()
	v.stripe.Move(time.Minute)
	return v
}

// gate checks what the person gets who wants to see what verification is for.
func (v *verdict) gate(want int) {
	v.T.Helper()
	if got := v.person.Get("/members"); got.Status != want {
		v.T.Errorf("at the gate the person must get %d, got %d", want, got.Status)
	}
}

// settles waits until every question is asked and answered.
func (v *verdict) settles() { v.T.Helper(); v.Idle(); v.NothingIsLeft() }

// outcomes checks what the team was told, in order.
func (v *verdict) outcomes(rule, want string) {
	v.T.Helper()
	if got := strings.Join(v.Rows("SELECT outcome FROM actions WHERE kind = 'team' ORDER BY id"), " "); got != want {
		v.T.Errorf("%s: want %q, got %q", rule, want, got)
	}
}

// stands checks the person's session in the table, and what the status route says.
func (v *verdict) stands(rule, row, status string) {
	v.T.Helper()
	if got := v.Rows("SELECT status, error_code FROM verifications WHERE session_id = ?", v.session.ID); len(got) != 1 || got[0] != row {
		v.T.Errorf("%s: the row must say %q, got %q", rule, row, got)
	}
	got := v.person.Status()
	if said := fmt.Sprint(got["status"], " ", got["code"], " ", got["retry"]); said != status {
		v.T.Errorf("%s: the status must be %q, got %q", rule, status, said)
	}
}

// Stripe's team overrides a verdict, with a reason or without: the gate is shut at once, the team hears of it once, the
// person is told and may try again with another session; and a verdict that is given again counts again.
func TestVerdictTakenBack(t *testing.T) {
	t.Parallel() // beside others that wait
	for name, c := range map[string]struct{ outcome, row, status string }{
		"with a reason":     {"document_unverified_other", "requires_input|document_unverified_other", "requires_input document_unverified_other true"},
		"without a reason":  {"", "requires_input|", "requires_input revoked true"},
		"by a cancel":       {"canceled", "canceled|", "requires_input revoked true"},
		"by the block list": {"block", "requires_input|document_unverified_other", "requires_input document_unverified_other true"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			v := aVerdict(t, stripesim.Config{})
			if c.outcome == "block" {
				if err := v.Sim.Blocklist(v.session.ID); err != nil {
					t.Fatal(err)
				}
			} else {
				v.Override(v.session.ID, c.outcome)
			}
			v.settles()
			v.gate(http.StatusSeeOther)
			v.stands("taken back", c.row, c.status)
			v.outcomes("taken back", "verified revoked")
			if got := v.Rows("SELECT result FROM events ORDER BY created_at DESC LIMIT 1"); got[0] != "asked" {
				t.Errorf("the event must have Stripe asked, got %q", got)
			}
			page := v.person.Get("/verification.html").Body
			if !strings.Contains(page, `data-status="revoked"`) || !strings.Contains(page, `id="verify-button"`) || !strings.Contains(page, "no longer counts") {
				t.Errorf("the page must say what happened and what to do, got\n%s", page)
			}
			next := v.person.Verify(v.App)
			if next.ID == v.session.ID {
				t.Fatal("a session whose verdict was taken back must not be handed out again")
			}
			v.stripe.Move(time.Minute)
			if c.outcome != "canceled" { // while another one is open
				v.Override(v.session.ID, "verified")
				v.settles()
				v.gate(http.StatusOK)
				v.outcomes("given again", "verified revoked verified")
				if got := v.StatusAtStripe(next.ID); got != "canceled" {
					t.Errorf("who is verified needs no other session, got %q", got)
				}
				v.stripe.Move(time.Minute)
				v.Override(v.session.ID, "selfie_manipulated")
				v.settles()
				v.gate(http.StatusSeeOther)
				v.outcomes("taken back a second time", "verified revoked verified revoked")
				return
			}
			v.Finish(next.ID, "verified")
			v.gate(http.StatusOK)
		})
	}
}

// What changes no verdict.
func TestVerdictStays(t *testing.T) {
	t.Parallel() // beside others that wait
	event := func(v *verdict, id string, at time.Time, about Object) {
		v.T.Helper()
		body := Snapshot(id, RequiresInputEvent, about).With(Object{"created": at.Unix()}).JSON(v.T)
		if got := v.Deliver(body, PlatformSecret); got.Status != 200 {
			v.T.Fatalf("an event must be acknowledged, got %d", got.Status)
		}
	}
	for name, c := range map[string]struct {
		config  stripesim.Config
		happens func(v *verdict)
		result  string // an event, and its result
		more    string // outcomes, after the verdict's
	}{
		"an event that is older": {happens: func(v *verdict) {
			event(v, "evt_late", v.stripe.Now().Add(-time.Hour), Failed(v.session, "document_expired", "vr_late"))
		}, result: "evt_late applied", more: " failed"},
		"an event that Stripe does not confirm": {happens: func(v *verdict) {
			event(v, "evt_wrong", v.stripe.Now(), Failed(v.session, "document_expired", "vr_wrong"))
		}, result: "evt_wrong asked"},
		"a redaction":                          {happens: func(v *verdict) { v.AtStripe("redact", v.session.ID) }},
		"a redaction that says canceled first": {config: stripesim.Config{CanceledOnRedact: true, RedactAfter: 200 * time.Millisecond}, happens: func(v *verdict) { v.AtStripe("redact", v.session.ID) }},
		"an event while the session is being redacted": {config: stripesim.Config{RedactAfter: 200 * time.Millisecond}, happens: func(v *verdict) {
			v.AtStripe("redact", v.session.ID)
			event(v, "evt_erased", v.stripe.Now().Add(time.Second), About(v.session, "requires_input"))
		}},
		"an event about a session that Stripe does not know": {happens: func(v *verdict) {
			v.Sim.Lose(v.session.ID)
			event(v, "evt_lost", v.stripe.Now(), About(v.session, "requires_input"))
		}, result: "evt_lost asked"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			v := aVerdict(t, c.config)
			c.happens(v)
			v.settles()
			v.gate(http.StatusOK)
			v.outcomes(name, "verified"+c.more)
			if id, result, _ := strings.Cut(c.result, " "); v.Result(id) != result {
				t.Errorf("the event must be %s, got %q", c.result, v.Result(id))
			}
		})
	}
}

// Stripe's silence is no answer: it is asked again until there is one.
func TestVerdictIsAskedAboutUntilStripeAnswers(t *testing.T) {
	t.Parallel() // beside others that wait
	v := aVerdict(t, stripesim.Config{})
	v.Sim.AddFault(stripesim.Fault{Path: SessionsPath + "/" + v.session.ID, Method: "GET", Status: 503, Times: 1})
	v.Override(v.session.ID, "document_unverified_other")
	v.Says("action failed, repeated in 5 s")
	v.gate(http.StatusOK)
	v.settles()
	v.gate(http.StatusSeeOther)
	v.outcomes("once Stripe answers", "verified revoked")
}

// The verdict of one session is taken back while another one is open, which then is the one that counts.
func TestVerdictTakenBackWhileAnotherIsOpen(t *testing.T) {
	stripe := &Clock{}
	a := StartWith(t, stripesim.Config{Now: stripe.Now})
	v := &verdict{App: a, stripe: stripe, person: a.Browser()}
	v.session = v.person.Verify(a)
	a.AtStripe("cancel", v.session.ID)
	other := v.person.Verify(a)
	stripe.Move(time.Second)
	a.Finish(other.ID, stripesim.OutcomeProcessing) // what is being checked cannot be closed
	stripe.Move(time.Second)
	a.Override(v.session.ID, "verified")
	v.settles()
	v.gate(http.StatusOK)
	stripe.Move(time.Minute)
	a.Override(v.session.ID, "selfie_manipulated")
	v.settles()
	v.gate(http.StatusSeeOther)
	v.stands("while another is being checked", "requires_input|selfie_manipulated", "processing  false")
	if got := a.StatusAtStripe(other.ID); got != "processing" {
		t.Errorf("the other one must go on, got %q", got)
	}
	stripe.Move(time.Minute)
	a.Finish(other.ID, "verified")
	v.gate(http.StatusOK)
	v.outcomes("with two sessions", "verified revoked verified")
}
