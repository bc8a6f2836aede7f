package tests

import (
	"strings"
	"testing"

	"example.com/identity-starter/stripesim"
)

// Whoever has disconnected an account is told so, once, by the name that it was known by. Only what was theirs is named.
func TestDisconnectedIsSaid(t *testing.T) {
	a := Start(t)
	merchant := a.Merchant()
	merchant.Connect(a, stripesim.AccountA)
	merchant.Get("/connect")
	if got := merchant.Post("/connect/accounts/"+stripesim.AccountA+"/disconnect", nil); got.Status != 303 {
		t.Fatalf("the account must be disconnected, got %d", got.Status)
	}
	const said = "Kiosk Nord is no longer connected."
	if page := merchant.Get("/connect"); !strings.Contains(page.Body, said) || !strings.Contains(page.Body, "<title>Account disconnected") {
		t.Errorf("the page must say what was disconnected, got\n%s", page.Body)
	}
	if page := merchant.Get("/connect"); strings.Contains(page.Body, said) {
		t.Error("it must be said once")
	}
	other := a.Merchant().As("", "Cookie", "connected="+stripesim.AccountA)
	if page := other.Get("/connect"); page.Status != 200 || strings.Contains(page.Body, "no longer connected") {
		t.Errorf("another user may not hear of it, got %d\n%s", page.Status, page.Body)
	}
}

// What Stripe answers to a deauthorization decides whether it is one here.
func TestDisconnectWhenStripeFails(t *testing.T) {
	for name, c := range map[string]struct {
		fault     stripesim.Fault
		code      string
		status    int
		connected string
	}{
		"not connected": {stripesim.Fault{Status: 401, Body: `{"error":"invalid_client","error_description":` +
			`"This application is not connected to stripe account acct_kiosk_nord, or that account does not exist."}`}, "", 303, "0"},
		"a wrong client id": {stripesim.Fault{Status: 400, Body: `{"error":"invalid_client","error_description":"No such application: 'ca_x'"}`},
			"stripe_rejected", 502, "1"},
		"a controlled account": {stripesim.Fault{Status: 400, Body: `{"error":"no_deauth_on_controlled_account","error_description":"no"}`},
			"stripe_rejected", 502, "1"},
		"no answer":     {stripesim.Fault{Close: true}, "stripe_unavailable", 503, "1"},
		"502 with HTML": {stripesim.Fault{Status: 502, Body: "<html>", ContentType: "text/html"}, "stripe_unavailable", 503, "1"},
	} {
		t.Run(name, func(t *testing.T) {
			a := Start(t)
			merchant := a.Merchant()
			merchant.Connect(a, stripesim.AccountA)
			c.fault.Path = "/oauth/deauthorize"
			a.Sim.AddFault(c.fault)
			got := merchant.AsJSON().Post("/connect/accounts/"+stripesim.AccountA+"/disconnect", nil)
			got.Refused(t, c.code, c.status)
			if strings.Contains(got.Body, "attempt") || (c.status == 503) != (got.Header.Get("Retry-After") == "30") {
				t.Errorf("it must be said when to come back, and nothing of attempts, which are somebody else's matter, got %q %s", got.Header, got.Body)
			}
			if got := a.Accounts(); got != stripesim.AccountA+"|"+merchant.User()+"|"+c.connected {
				t.Errorf("only a clear answer of Stripe ends a connection, got %q", got)
			}
		})
	}
}
