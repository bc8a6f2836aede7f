package tests

import (
	"regexp"
	"strings"
	"sync"
	"testing"

	"example.com/identity-starter/stripesim"
)

// card is what the page says about one account.
func card(t *testing.T, page Answer, account string) string {
	t.Helper()
	for _, item := range regexp.MustCompile(`<li[ >]`).Split(page.Body, -1)[1:] {
		if strings.Contains(item, account) {
			item, _, _ = strings.Cut(item, "</li>")
			return strings.Join(strings.Fields(regexp.MustCompile(`<[^>]*>`).ReplaceAllString("<"+item, " ")), " ")
		}
	}
	t.Fatalf("the page must list %s, got %d\n%s", account, page.Status, page.Body)
	return ""
}

// reads are the calls that ask Stripe as a connected account.
func (a *App) reads(account string) int {
	n := 0
	for _, r := range a.Asked() {
		if r.Method == "GET" && r.Account == account {
			n++
		}
	}
	return n
}

func TestAccountsPage(t *testing.T) {
	a := Start(t)
	merchant, other := a.Merchant(), a.Merchant()
	if page := merchant.Get("/connect"); page.Status != 200 || !strings.Contains(page.Body, `action="/connect/authorize"`) {
		t.Fatalf("the page must have the Connect with Stripe button, got %d\n%s", page.Status, page.Body)
	}
	merchant.Connect(a, stripesim.AccountA)
	merchant.Connect(a, stripesim.AccountB)
	page := merchant.Get("/connect")
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
	before := len(a.Asked())
	merchant.Get("/connect")
	if n := len(a.Asked()) - before; n != 0 {
		t.Errorf("what Stripe says of an account must be cached briefly, got %d more calls", n)
	}
	if got := other.Get("/connect"); strings.Contains(got.Body, "acct_") {
		t.Error("nobody may see another user's accounts")
	}
}

// A page learns from Stripe that the access was revoked, because the event was missed: it is recorded, once. It is only
// shown where the key may be another platform's, which gets the same answer for every account.
func TestRevokedIsRecorded(t *testing.T) {
	for name, c := range map[string]struct {
		platform  string
		connected string
		outcomes  int
	}{
		"of our platform": {stripesim.PlatformAccount, "0", 1},
		"of another":      {"acct_other_platform", "1", 0},
		"not known":       {"", "1", 0},
	} {
		t.Run(name, func(t *testing.T) {
			a := Start(t)
			merchant := a.Merchant()
			merchant.Connect(a, stripesim.AccountA)
			a.Change("UPDATE accounts SET platform = ?", c.platform)
			a.Sim.SetDelivery(stripesim.Switches{Drop: true})
			a.Sim.Revoke(stripesim.AccountA)
			text := card(t, merchant.Get("/connect"), stripesim.AccountA)
			if !strings.Contains(text, "withdrawn the connection") || strings.Contains(text, "Disconnect") != (c.connected == "1") {
				t.Errorf("the page must say that the access was revoked, and offer to end what is left, got %q", text)
			}
			if got := a.Accounts(); got != stripesim.AccountA+"|"+merchant.User()+"|"+c.connected {
				t.Errorf("what a page learns for certain must be recorded, and nothing else, got %q", got)
			}
			merchant.Get("/connect")
			if got := merchant.Post("/connect/accounts/"+stripesim.AccountA+"/disconnect", nil); got.Status != 303 {
				t.Errorf("an account that Stripe calls not connected must disconnect here, got %d", got.Status)
			}
			if got := a.Accounts(); got != stripesim.AccountA+"|"+merchant.User()+"|0" {
				t.Errorf("then it must be recorded as disconnected, got %q", got)
			}
			if n := a.Deauthorizations(); n != 1-c.outcomes {
				t.Errorf("Stripe must be asked to end only what is not known to have ended, got %d calls", n)
			}
			if got := a.Rows("SELECT count(*) FROM actions WHERE outcome = 'disconnected'"); got[0] != "1" {
				t.Errorf("a connection must end once for those who follow it, got %s times", got[0])
			}
		})
	}
}

// The account was connected again while Stripe was asked about the connection before: that one alone has ended.
func TestRevokedIsOfTheConnectionThatWasRead(t *testing.T) {
	a := Start(t)
	merchant := a.Merchant()
	merchant.Connect(a, stripesim.AccountA)
	a.Sim.SetDelivery(stripesim.Switches{Drop: true})
	a.Sim.Revoke(stripesim.AccountA)
	a.Sim.AddFault(stripesim.Fault{Path: "/v1/account", Hang: true, After: true})
	var page sync.WaitGroup
	page.Go(func() { merchant.Get("/connect") })
	Eventually(t, "the page asks Stripe", func() bool { return a.reads(stripesim.AccountA) == 1 })
	merchant.Connect(a, stripesim.AccountA)
	a.Sim.ClearFaults()
	page.Wait()
	if got := a.Accounts(); got != stripesim.AccountA+"|"+merchant.User()+"|1" {
		t.Errorf("an answer about an earlier connection must not end the new one, got %q", got)
	}
	if text := card(t, merchant.Get("/connect"), stripesim.AccountA); !strings.Contains(text, "Kiosk Nord") {
		t.Errorf("nor must it be shown of the new one, got %q", text)
	}
}

func TestAccountsPageWhenStripeFails(t *testing.T) {
	t.Parallel()
	for name, fault := range map[string]stripesim.Fault{
		"hangs": {Hang: true}, "answers 500": {Status: 500}, "cuts the connection": {Close: true},
		"answers HTML": {Status: 502, Body: "<html>", ContentType: "text/html"}, "refuses the key": {Status: 401},
		"misses a permission": {Status: 403, Body: `{"error":{"type":"invalid_request_error","message":"You passed a restricted API key ` +
			`with the Stripe-Account header, but the restricted API key does not have any Connect permissions."}}`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := Start(t)
			merchant := a.Merchant()
			merchant.Connect(a, stripesim.AccountA)
			fault.Times = -1
			a.Sim.AddFault(fault)
			page := merchant.Get("/connect")
			if text := card(t, page, stripesim.AccountA); page.Status != 200 || !strings.Contains(text, "Stripe did not answer") {
				t.Errorf("the page must work without Stripe and say so, got %d %q", page.Status, text)
			}
			a.Sim.ClearFaults()
			Eventually(t, "a failure is forgotten within seconds", func() bool {
				return strings.Contains(card(t, merchant.Get("/connect"), stripesim.AccountA), "Kiosk Nord")
			})
		})
	}
}

func TestDisconnect(t *testing.T) {
	a := Start(t)
	merchant := a.Merchant()
	merchant.Connect(a, stripesim.AccountA)
	path := "/connect/accounts/" + stripesim.AccountA + "/disconnect"
	ask := a.NothingHappens(func() Answer { return merchant.Get(path) })
	if ask.Status != 200 || !strings.Contains(ask.Body, `method="post" action="`+path+`"`) || !strings.Contains(ask.Body, stripesim.AccountA) {
		t.Errorf("Disconnect must ask before it acts, got %d\n%s", ask.Status, ask.Body)
	}
	if got := merchant.Post(path, nil); got.Status != 303 || got.Location != "/connect" {
		t.Errorf("Disconnect must lead back to the accounts, got %d %q", got.Status, got.Location)
	}
	sent := a.Calls("POST", "/oauth/deauthorize")
	if len(sent) != 1 || sent[0].Form.Get("client_id") != "ca_simulator" || sent[0].Form.Get("stripe_user_id") != stripesim.AccountA {
		t.Errorf("Stripe must be told once, with client_id and stripe_user_id, got %+v", sent)
	}
	a.Idle()
	if got := a.Accounts(); got != stripesim.AccountA+"|"+merchant.User()+"|0" {
		t.Errorf("the account must be recorded as disconnected, got %q", got)
	}
	if page := merchant.Get("/connect"); strings.Contains(page.Body, `class="accounts"`) {
		t.Error("a disconnected account must leave the list")
	}
	for _, method := range []string{"GET", "POST"} {
		got := a.NothingHappens(func() Answer { return merchant.Do(method, path, nil) })
		if got.Status != 303 || got.Location != "/connect" {
			t.Errorf("a second click must lead back to the accounts, too, and end nothing again: %s got %d", method, got.Status)
		}
	}
}

func TestDisconnectOthersAccounts(t *testing.T) {
	a := Start(t)
	owner, other, stranger := a.Merchant(), a.Merchant(), a.Browser()
	owner.Connect(a, stripesim.AccountA)
	for _, who := range []*Browser{other, stranger} {
		for _, account := range []string{stripesim.AccountA, stripesim.AccountB, "acct_unknown", "..%2f..", "acct_%00", "%F0%9F"} {
			for _, method := range []string{"GET", "POST"} {
				got := a.NothingHappens(func() Answer { return who.AsJSON().Do(method, "/connect/accounts/"+account+"/disconnect", nil) })
				if got.Status != 404 || got.Code() != "not_found" {
					t.Errorf("%s for somebody else's account %q must be 404, got %d %s", method, account, got.Status, got.Body)
				}
			}
		}
	}
}
