package tests

import (
	"strings"
	"testing"
)

// Without a client id the app is an Identity app, and nothing of Connect is in the way.
func TestWithoutClientID(t *testing.T) {
	a := Start(t, "STRIPE_CLIENT_ID=")
	person := a.Browser()
	if page := person.Get("/"); page.Status != 200 || strings.Contains(page.Body, "/connect") {
		t.Errorf("the verification page must not mention Connect, got %d\n%s", page.Status, page.Body)
	}
	for _, route := range []string{"GET /connect", "POST /connect/authorize", "GET /connect/callback?code=ac_x&state=x",
		"GET /connect/callback?error=access_denied", "GET /connect/accounts/acct_x/disconnect", "POST /connect/accounts/acct_x/disconnect"} {
		method, path, _ := strings.Cut(route, " ")
		person.AsJSON().Do(method, path, nil).Refused(t, "connect_disabled", 404)
		if page := person.Do(method, path, nil); page.Status != 404 || !strings.Contains(page.Body, "</html>") {
			t.Errorf("%s must be a page with 404, got %d %s", route, page.Status, page.Body)
		}
	}
	if page := person.Get("/connect"); !strings.Contains(page.Body, "STRIPE_CLIENT_ID") {
		t.Errorf("the page must say how to turn Connect on\n%s", page.Body)
	}
	if n := len(a.Asked()); n != 0 {
		t.Errorf("nothing may be sent to Stripe, got %d calls", n)
	}
	a.Finish(person.Verify(a).ID, "verified")
	if got := person.Get("/members"); got.Status != 200 {
		t.Errorf("verification must work without Connect, got %d", got.Status)
	}
}

// The event of another app on the same Stripe account is recorded, and no error.
func TestDeauthorizedWithoutClientID(t *testing.T) {
	a := Start(t, "STRIPE_CLIENT_ID=")
	if _, err := a.Sim.Emit("account.application.deauthorized", "acct_of_nobody", map[string]string{"id": "ca_other", "object": "application"}); err != nil {
		t.Fatal(err)
	}
	a.Idle()
	if got := a.Rows("SELECT account, result FROM events"); len(got) != 1 || got[0] != "acct_of_nobody|unmatched" {
		t.Errorf("the event must be recorded, got %q", got)
	}
}
