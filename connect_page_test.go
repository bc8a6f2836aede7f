package main

import (
	"regexp"
	"strings"
	"testing"

	"example.com/identity-starter/stripesim"
)

// card is what the page says about one account.
func card(t *testing.T, page answer, account string) string {
	t.Helper()
	for _, item := range regexp.MustCompile(`<li[ >]`).Split(page.body, -1)[1:] {
		if strings.Contains(item, account) {
			item, _, _ = strings.Cut(item, "</li>")
			return strings.Join(strings.Fields(regexp.MustCompile(`<[^>]*>`).ReplaceAllString("<"+item, " ")), " ")
		}
	}
	t.Fatalf("the page must list %s, got %d\n%s", account, page.status, page.body)
	return ""
}

// reads are the calls that ask Stripe as a connected account.
func (a *app) reads(account string) int {
	n := 0
	for _, r := range a.asked() {
		if r.Method == "GET" && r.Account == account {
			n++
		}
	}
	return n
}

func TestAccountsPage(t *testing.T) {
	a := start(t)
	merchant, other := a.merchant(), a.merchant()
	if page := merchant.get("/connect"); page.status != 200 || !strings.Contains(page.body, `action="/connect/authorize"`) {
		t.Fatalf("the page must have the Connect with Stripe button, got %d\n%s", page.status, page.body)
	}
	merchant.connect(a, stripesim.AccountA)
	merchant.connect(a, stripesim.AccountB)
	page := merchant.get("/connect")
	for account, want := range map[string][]string{
		stripesim.AccountA: {"Kiosk Nord", "Payments on", "Payouts on", "Disconnect"},
		stripesim.AccountB: {"Atelier Süd", "Payments on", "Payouts off", "Disconnect"}} {
		text := card(t, page, account)
		for _, words := range want {
			if !strings.Contains(text, words) {
				t.Errorf("the page must say %q of %s, got %q", words, account, text)
			}
		}
		if a.reads(account) == 0 {
			t.Errorf("%s must be read as that account, through the Stripe-Account header", account)
		}
	}
	before := len(a.asked())
	merchant.get("/connect")
	if n := len(a.asked()) - before; n != 0 {
		t.Errorf("what Stripe says of an account must be cached briefly, got %d more calls", n)
	}
	if got := other.get("/connect"); strings.Contains(got.body, "acct_") {
		t.Error("nobody may see another user's accounts")
	}
}

// Revoked is what Stripe says for a wrong key too, for every account: it is shown, and never recorded.
func TestRevokedIsShownNotRecorded(t *testing.T) {
	a := start(t)
	merchant := a.merchant()
	merchant.connect(a, stripesim.AccountA)
	a.sim.SetDelivery(stripesim.Switches{Drop: true})
	a.sim.Revoke(stripesim.AccountA)
	if text := card(t, merchant.get("/connect"), stripesim.AccountA); !strings.Contains(text, "withdrawn the connection") {
		t.Errorf("the page must say that the access was revoked, got %q", text)
	}
	if got := a.accounts(); got != stripesim.AccountA+"|"+merchant.user()+"|1" {
		t.Errorf("only the event and our own Disconnect may record the end, got %q", got)
	}
	if got := merchant.post("/connect/accounts/"+stripesim.AccountA+"/disconnect", nil); got.status != 303 {
		t.Errorf("an account that Stripe calls not connected must disconnect here, got %d", got.status)
	}
	if got := a.accounts(); got != stripesim.AccountA+"|"+merchant.user()+"|0" {
		t.Errorf("then it must be recorded as disconnected, got %q", got)
	}
}

func TestAccountsPageWhenStripeFails(t *testing.T) {
	t.Parallel()
	for name, fault := range map[string]stripesim.Fault{
		"hangs": {Hang: true}, "answers 500": {Status: 500}, "cuts the connection": {Close: true},
		"answers HTML": {Status: 502, Body: "<html>", ContentType: "text/html"}, "refuses the key": {Status: 401},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := start(t)
			merchant := a.merchant()
			merchant.connect(a, stripesim.AccountA)
			fault.Times = -1
			a.sim.AddFault(fault)
			page := merchant.get("/connect")
			if text := card(t, page, stripesim.AccountA); page.status != 200 || !strings.Contains(text, "Stripe did not answer") {
				t.Errorf("the page must work without Stripe and say so, got %d %q", page.status, text)
			}
			a.sim.ClearFaults()
			if text := card(t, merchant.get("/connect"), stripesim.AccountA); !strings.Contains(text, "Kiosk Nord") {
				t.Errorf("a failure must not be remembered, got %q", text)
			}
		})
	}
}

func TestDisconnect(t *testing.T) {
	a := start(t)
	merchant := a.merchant()
	merchant.connect(a, stripesim.AccountA)
	path := "/connect/accounts/" + stripesim.AccountA + "/disconnect"
	ask := a.nothingHappens(func() answer { return merchant.get(path) })
	if ask.status != 200 || !strings.Contains(ask.body, `method="post" action="`+path+`"`) || !strings.Contains(ask.body, stripesim.AccountA) {
		t.Errorf("Disconnect must ask before it acts, got %d\n%s", ask.status, ask.body)
	}
	if got := merchant.post(path, nil); got.status != 303 || got.location != "/connect" {
		t.Errorf("Disconnect must lead back to the accounts, got %d %q", got.status, got.location)
	}
	sent := a.calls("POST", "/oauth/deauthorize")
	if len(sent) != 1 || sent[0].Form.Get("client_id") != "ca_simulator" || sent[0].Form.Get("stripe_user_id") != stripesim.AccountA {
		t.Errorf("Stripe must be told once, with client_id and stripe_user_id, got %+v", sent)
	}
	a.idle()
	if got := a.accounts(); got != stripesim.AccountA+"|"+merchant.user()+"|0" {
		t.Errorf("the account must be recorded as disconnected, got %q", got)
	}
	if page := merchant.get("/connect"); strings.Contains(page.body, stripesim.AccountA) {
		t.Error("a disconnected account must leave the page")
	}
}

func TestDisconnectOthersAccounts(t *testing.T) {
	a := start(t)
	owner, other, stranger := a.merchant(), a.merchant(), a.browser()
	owner.connect(a, stripesim.AccountA)
	for _, who := range []*browser{other, stranger} {
		for _, account := range []string{stripesim.AccountA, stripesim.AccountB, "acct_unknown", "..%2f..", "acct_%00", "%F0%9F"} {
			for _, method := range []string{"GET", "POST"} {
				got := a.nothingHappens(func() answer { return who.asJSON().do(method, "/connect/accounts/"+account+"/disconnect", nil) })
				if got.status != 404 || got.code() != "not_found" {
					t.Errorf("%s for somebody else's account %q must be 404, got %d %s", method, account, got.status, got.body)
				}
			}
		}
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
		"not connected": {stripesim.Fault{Status: 400, Body: `{"error":"invalid_client","error_description":` +
			`"This application is not connected to stripe account acct_kiosk_nord, or that account does not exist."}`}, "", 303, "0"},
		"a wrong client id": {stripesim.Fault{Status: 400, Body: `{"error":"invalid_client","error_description":"No such application: 'ca_x'"}`},
			"stripe_rejected", 502, "1"},
		"a controlled account": {stripesim.Fault{Status: 400, Body: `{"error":"no_deauth_on_controlled_account","error_description":"no"}`},
			"stripe_rejected", 502, "1"},
		"no answer":     {stripesim.Fault{Close: true}, "stripe_unavailable", 503, "1"},
		"502 with HTML": {stripesim.Fault{Status: 502, Body: "<html>", ContentType: "text/html"}, "stripe_unavailable", 503, "1"},
	} {
		t.Run(name, func(t *testing.T) {
			a := start(t)
			merchant := a.merchant()
			merchant.connect(a, stripesim.AccountA)
			c.fault.Path = "/oauth/deauthorize"
			a.sim.AddFault(c.fault)
			merchant.asJSON().post("/connect/accounts/"+stripesim.AccountA+"/disconnect", nil).refused(t, c.code, c.status)
			if got := a.accounts(); got != stripesim.AccountA+"|"+merchant.user()+"|"+c.connected {
				t.Errorf("only a clear answer of Stripe ends a connection, got %q", got)
			}
		})
	}
}
