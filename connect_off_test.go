package main

import (
	"strings"
	"testing"
)

// Without a client id the app is an Identity app, and nothing of Connect is in the way.
func TestWithoutClientID(t *testing.T) {
	a := start(t, "STRIPE_CLIENT_ID=")
	person := a.browser()
	if page := person.get("/"); page.status != 200 || strings.Contains(page.body, "/connect") {
		t.Errorf("the verification page must not mention Connect, got %d\n%s", page.status, page.body)
	}
	for _, route := range []string{"GET /connect", "POST /connect/authorize", "GET /connect/callback?code=ac_x&state=x",
		"GET /connect/callback?error=access_denied", "GET /connect/accounts/acct_x/disconnect", "POST /connect/accounts/acct_x/disconnect"} {
		method, path, _ := strings.Cut(route, " ")
		person.asJSON().do(method, path, nil).refused(t, "connect_disabled", 404)
		if page := person.do(method, path, nil); page.status != 404 || !strings.Contains(page.body, "</html>") {
			t.Errorf("%s must be a page with 404, got %d %s", route, page.status, page.body)
		}
	}
	if page := person.get("/connect"); !strings.Contains(page.body, "STRIPE_CLIENT_ID") {
		t.Errorf("the page must say how to turn Connect on\n%s", page.body)
	}
	if n := len(a.asked()); n != 0 {
		t.Errorf("nothing may be sent to Stripe, got %d calls", n)
	}
	a.finish(person.verify(a).ID, "verified")
	if got := person.get("/members"); got.status != 200 {
		t.Errorf("verification must work without Connect, got %d", got.status)
	}
}

// The event of another app on the same Stripe account is recorded, and no error.
func TestDeauthorizedWithoutClientID(t *testing.T) {
	a := start(t, "STRIPE_CLIENT_ID=")
	if _, err := a.sim.Emit("account.application.deauthorized", "acct_of_nobody", map[string]string{"id": "ca_other", "object": "application"}); err != nil {
		t.Fatal(err)
	}
	a.idle()
	if got := a.rows("SELECT account, result FROM events"); len(got) != 1 || got[0] != "acct_of_nobody|unmatched" {
		t.Errorf("the event must be recorded, got %q", got)
	}
}
