package tests

import (
	"strings"
	"testing"

	"example.com/identity-starter/stripesim"
)

// The webhook may be recorded while the return page waits for Stripe's answer,
// which is no news then. The page must show what is true, all the same.
func TestWebhookDuringTheReturn(t *testing.T) {
	a := Start(t)
	person := a.Browser()
	session := person.Verify(a)
	asked := len(a.Asked())
	a.Sim.AddFault(stripesim.Fault{Method: "GET", Path: "/v1/identity/verification_sessions/", Hang: true})
	page := make(chan Answer, 1)
	go func() { page <- person.Get("/verification/return") }()
	Eventually(t, "the return page asks Stripe", func() bool { return len(a.Asked()) > asked })
	a.Finish(session.ID, "verified")
	a.Sim.ClearFaults()
	if got := <-page; !strings.Contains(got.Body, `data-status="verified"`) {
		t.Errorf("the return page must show what a webhook has brought meanwhile, got %d\n%s", got.Status, got.Body)
	}
}
