package main

import (
	"strings"
	"testing"
	"time"

	"example.com/identity-starter/stripesim"
)

func TestRefusedAtStripe(t *testing.T) {
	a := start(t)
	merchant := a.merchant()
	const words = "Marker words of the description"
	without := callback("error", "access_denied", "error_description", words)
	for name, query := range map[string]string{"without state": without,
		"with state": without + "&state=" + merchant.state(), "with an unknown state": without + "&state=unknown"} {
		t.Run(name, func(t *testing.T) {
			a.nothingHappens(func() answer { return merchant.asJSON().get(query) }).refused(t, "connect_refused", 200)
			page := a.nothingHappens(func() answer { return merchant.get(query) })
			if page.status != 200 || !strings.Contains(page.body, "Nothing was connected") {
				t.Errorf("a refusal must be a page that says so, got %d\n%s", page.status, page.body)
			}
			page.startsConnectAgain(t)
			if strings.Contains(page.body, "Marker") || strings.Contains(a.out.String(), "Marker") {
				t.Error("error_description must be neither shown nor logged")
			}
		})
	}
	merchant.connect(a, stripesim.AccountA) // saying no closes no door
}

// A refusal uses its own state up: it cannot come back with a code.
func TestRefusalUsesItsStateUp(t *testing.T) {
	a := start(t)
	merchant := a.merchant()
	state := merchant.state()
	merchant.get(callback("error", "access_denied", "state", state))
	code := a.sim.IssueCode(stripesim.Code{})
	a.nothingHappens(func() answer { return merchant.asJSON().get(callback("code", code, "state", state)) }).refused(t, "invalid_state", 403)
}

func TestCodesThatStripeDoesNotTake(t *testing.T) {
	stripeTime := &clock{}
	a := startWith(t, stripesim.Config{Now: stripeTime.now})
	merchant := a.merchant()
	spent := a.sim.IssueCode(stripesim.Code{Account: stripesim.AccountB})
	merchant.get(callback("code", spent, "state", merchant.state()))
	expired := a.sim.IssueCode(stripesim.Code{})
	stripeTime.move(6 * time.Minute)
	for name, code := range map[string]string{
		"expired": expired, "used": spent, "unknown": "ac_unknown",
		"another platform's": a.sim.IssueCode(stripesim.Code{ClientID: "ca_other"}),
		"of the other mode":  a.sim.IssueCode(stripesim.Code{OtherMode: true}),
	} {
		t.Run(name, func(t *testing.T) {
			before := a.exchanges()
			merchant.asJSON().get(callback("code", code, "state", merchant.state())).refused(t, "code_rejected", 400)
			page := merchant.get(callback("code", code, "state", merchant.state()))
			if page.status != 400 {
				t.Errorf("a code that was not taken must be a page with 400, got %d", page.status)
			}
			page.startsConnectAgain(t)
			if n := a.exchanges() - before; n != 2 {
				t.Errorf("each callback must make one exchange, got %d for two", n)
			}
			if strings.Contains(a.out.String(), code) || strings.Contains(page.body, code) {
				t.Error("Stripe's words hold the code: they may be neither logged nor shown")
			}
			if rows := a.rows("SELECT id FROM accounts WHERE id = ?", stripesim.AccountA); len(rows) != 0 {
				t.Error("a code that was not taken must connect nothing")
			}
		})
	}
	used := merchant.state()
	merchant.get(callback("code", "ac_unknown", "state", used))
	a.nothingHappens(func() answer { return merchant.asJSON().get(callback("code", "ac_unknown", "state", used)) }).refused(t, "invalid_state", 403)
	merchant.asJSON().get(callback("state", merchant.state())).refused(t, "code_rejected", 400) // no code at all
}

func TestOwnAccount(t *testing.T) {
	a := start(t)
	merchant := a.merchant()
	merchant.asJSON().get(merchant.authorize(a, stripesim.PlatformAccount)).refused(t, "own_account", 409)
	if got := a.accounts(); got != "" {
		t.Errorf("the platform's own account must not be recorded, got %q", got)
	}
}

func TestAnswerOfTheOtherMode(t *testing.T) {
	a := start(t)
	merchant := a.merchant()
	a.sim.AddFault(stripesim.Fault{Path: "/oauth/token",
		Body: `{"token_type":"bearer","scope":"read_write","livemode":true,"stripe_user_id":"acct_kiosk_nord"}`})
	merchant.asJSON().get(merchant.authorize(a, stripesim.AccountA)).refused(t, "wrong_mode", 409)
	if got := a.accounts(); got != "" {
		t.Errorf("an account of the other mode must not be recorded, got %q", got)
	}
}

func TestAccountTaken(t *testing.T) {
	a := start(t)
	first, second := a.merchant(), a.merchant()
	first.connect(a, stripesim.AccountA)
	second.asJSON().get(second.authorize(a, stripesim.AccountA)).refused(t, "account_taken", 409)
	page := second.get(second.authorize(a, stripesim.AccountA))
	if page.status != 409 || !strings.Contains(page.body, "Stripe Dashboard") {
		t.Errorf("the page must say to disconnect there or in the Stripe Dashboard first, got %d\n%s", page.status, page.body)
	}
	a.idle()
	if a.deauthorizations() != 0 {
		t.Error("a connection that another user has must never be deauthorized")
	}
	if got := a.accounts(); got != stripesim.AccountA+"|"+first.user()+"|1" {
		t.Errorf("the account must stay the first user's, got %q", got)
	}
	if got := second.get("/connect"); strings.Contains(got.body, stripesim.AccountA) {
		t.Error("the second user must not see the first user's account")
	}
}

func TestSameUserConnectsAgain(t *testing.T) {
	stripeTime := &clock{}
	a := startWith(t, stripesim.Config{Now: stripeTime.now})
	merchant := a.merchant()
	merchant.connect(a, stripesim.AccountA)
	since := a.rows("SELECT connected_at FROM accounts")[0]
	stripeTime.move(time.Minute)
	merchant.connect(a, stripesim.AccountA)
	if got := a.accounts(); got != stripesim.AccountA+"|"+merchant.user()+"|1" {
		t.Errorf("connecting again must leave one connected row, got %q", got)
	}
	if again := a.rows("SELECT connected_at FROM accounts")[0]; again <= since {
		t.Errorf("connecting again must refresh the row: connected at %s, then %s", since, again)
	}
	merchant.post("/connect/accounts/"+stripesim.AccountA+"/disconnect", nil)
	a.idle()
	stripeTime.move(time.Minute)
	merchant.connect(a, stripesim.AccountA)
	if got := a.accounts(); got != stripesim.AccountA+"|"+merchant.user()+"|1" {
		t.Errorf("after a disconnect the same user must be able to connect again, got %q", got)
	}
	if got := a.rows("SELECT scope, livemode FROM accounts"); got[0] != "read_write|0" {
		t.Errorf("scope and mode must be recorded, got %q", got)
	}
}

func TestNewOwnerAfterADisconnect(t *testing.T) {
	stripeTime := &clock{}
	a := startWith(t, stripesim.Config{Now: stripeTime.now})
	first, second := a.merchant(), a.merchant()
	first.connect(a, stripesim.AccountA)
	stripeTime.move(5 * time.Second)
	a.sim.Revoke(stripesim.AccountA) // in the merchant's own Dashboard
	a.idle()
	stripeTime.move(5 * time.Second)
	second.connect(a, stripesim.AccountA)
	if got := a.accounts(); got != stripesim.AccountA+"|"+second.user()+"|1" {
		t.Errorf("a disconnected account must become the new user's, got %q", got)
	}
	a.nothingHappens(func() answer { return first.asJSON().post("/connect/accounts/"+stripesim.AccountA+"/disconnect", nil) }).
		refused(t, "not_found", 404)
}

func TestStripeIsDown(t *testing.T) {
	for name, fault := range map[string]stripesim.Fault{"the API": {Path: "/v1/", Close: true, Times: -1},
		"the API with 500": {Path: "/v1/", Status: 500, Times: -1}, "too many requests": {Path: "/oauth/token", Status: 429,
			Body: `{"error":"rate_limit","error_description":"slow down"}`}} {
		t.Run(name, func(t *testing.T) {
			a := start(t)
			merchant := a.merchant()
			back := merchant.authorize(a, stripesim.AccountA)
			a.sim.AddFault(fault)
			got := merchant.asJSON().get(back)
			got.refused(t, "stripe_unavailable", 503)
			if got.header.Get("Retry-After") == "" {
				t.Error("stripe_unavailable must say when to come back")
			}
			if n := a.exchanges(); n > 1 {
				t.Errorf("no exchange may be repeated, got %d", n)
			}
			if a.accounts() != "" {
				t.Error("with Stripe down nothing may be recorded")
			}
			a.sim.ClearFaults()
			merchant.connect(a, stripesim.AccountA)
		})
	}
}

func TestNoTokenIsKept(t *testing.T) {
	a := start(t)
	merchant := a.merchant()
	a.sim.AddFault(stripesim.Fault{Path: "/oauth/token", Body: `{"token_type":"bearer","scope":"read_write","livemode":false,
		"stripe_user_id":"acct_kiosk_nord","access_token":"marker_access","refresh_token":"marker_refresh"}`})
	merchant.connect(a, stripesim.AccountA)
	for _, token := range []string{"marker_access", "marker_refresh"} {
		if a.remembers(token) || strings.Contains(a.out.String(), token) {
			t.Errorf("the token %s must be neither stored nor logged", token)
		}
	}
}

// Whoever comes back connected is told so, once.
func TestConnectedIsSaidOnce(t *testing.T) {
	a := start(t)
	merchant := a.merchant()
	merchant.get(merchant.authorize(a, stripesim.AccountA))
	if page := merchant.get("/connect"); !strings.Contains(page.body, "Account connected") {
		t.Errorf("the page after the callback must say that the account is connected, got\n%s", page.body)
	}
	if page := merchant.get("/connect"); strings.Contains(page.body, "Account connected") {
		t.Error("the page must not say it for ever")
	}
}
