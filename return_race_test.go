package main

import (
	"strings"
	"testing"

	"example.com/identity-starter/stripesim"
)

// The webhook may be recorded while the return page waits for Stripe's answer,
// which is no news then. The page must show what is true, all the same.
func TestWebhookDuringTheReturn(t *testing.T) {
	a := start(t)
	person := a.browser()
	session := person.verify(a)
	asked := len(a.asked())
	a.sim.AddFault(stripesim.Fault{Method: "GET", Path: "/v1/identity/verification_sessions/", Hang: true})
	page := make(chan answer, 1)
	go func() { page <- person.get("/verification/return") }()
	eventually(t, "the return page asks Stripe", func() bool { return len(a.asked()) > asked })
	a.finish(session.ID, "verified")
	a.sim.ClearFaults()
	if got := <-page; !strings.Contains(got.body, `data-status="verified"`) {
		t.Errorf("the return page must show what a webhook has brought meanwhile, got %d\n%s", got.status, got.body)
	}
}
