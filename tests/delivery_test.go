package tests

import (
	"strings"
	"testing"
	"time"

	"example.com/identity-starter/stripesim"
)

// doctorSays looks for a line of the doctor's.
func (a *App) doctorSays(prefix, part string) {
	a.T.Helper()
	out := a.doctor()
	for line := range strings.Lines(out) {
		if strings.HasPrefix(line, prefix+": ") && strings.Contains(line, part) {
			return
		}
	}
	a.T.Errorf("the doctor must say %s: … %s, got\n%s", prefix, part, out)
}

// In live mode Stripe repeats a webhook after hours only: who was down hears by asking, which is no proof that webhooks come.
func TestMissedWhileStripeWaits(t *testing.T) {
	stripe := &Clock{}
	a := StartWith(t, stripesim.Config{RetryAfter: stripesim.LiveRetries(), Now: stripe.Now})
	person := a.Browser()
	session := person.Verify(a)
	a.Idle()
	a.doctorSays("PASS  last event", "received")
	if err := a.Stop(); err != nil {
		t.Fatal(err)
	}
	stripe.Move(2 * time.Second)
	a.Finish(session.ID, "verified") // nobody answers, and the next try is in an hour
	a.Run()
	Eventually(t, "the program asks for what it has missed", func() bool { return person.Status()["status"] == "verified" })
	a.doctorSays("WARN  last event", "newer events that Stripe had to be asked for: 2")
	for _, e := range a.Sim.Events() {
		if err := a.Sim.Redeliver(e.ID); err != nil {
			t.Fatal(err)
		}
	}
	a.Idle()
	a.doctorSays("PASS  last event", "received")
}

// Through an organization's endpoint the account's own events name the account, as a connected merchant's do: they are ignored,
// and asking and the doctor make up for it.
func TestOrganizationsEndpoint(t *testing.T) {
	a := Start(t)
	endpoint := a.Sim.Endpoints()[0]
	endpoint.Organization = true
	a.Sim.AddEndpoint(endpoint)
	person := a.Browser()
	session := person.Verify(a)
	a.Finish(session.ID, "verified")
	if got := a.Rows("SELECT DISTINCT account, result FROM events"); len(got) != 1 || got[0] != stripesim.PlatformAccount+"|ignored" {
		t.Errorf("what names an account is not ours by a webhook's word, got %q", got)
	}
	a.doctorSays("WARN  ignored events", "about this very account's own sessions")
	person.Get("/verification/return")
	if got := person.Status()["status"]; got != "verified" {
		t.Errorf("the return page asks, got %v", got)
	}
}
