package tests

import (
	"strings"
	"testing"
	"time"

	"example.com/identity-starter/stripesim"
)

func TestRefusedAtStripe(t *testing.T) {
	a := Start(t)
	merchant := a.Merchant()
	const words = "Marker words of the description"
	without := Callback("error", "access_denied", "error_description", words)
	for name, query := range map[string]string{"without state": without,
		"with state": without + "&state=" + merchant.State(), "with an unknown state": without + "&state=unknown"} {
		t.Run(name, func(t *testing.T) {
			a.NothingHappens(func() Answer { return merchant.AsJSON().Get(query) }).Refused(t, "connect_refused", 200)
			page := a.NothingHappens(func() Answer { return merchant.Get(query) })
			if page.Status != 200 || !strings.Contains(page.Body, "Nothing was connected") {
				t.Errorf("a refusal must be a page that says so, got %d\n%s", page.Status, page.Body)
			}
			page.StartsConnectAgain(t)
			if strings.Contains(page.Body, "Marker") || strings.Contains(a.Out.String(), "Marker") {
				t.Error("error_description must be neither shown nor logged")
			}
		})
	}
	merchant.Connect(a, stripesim.AccountA) // saying no closes no door
}

// A refusal uses its own state up: it cannot come back with a code.
func TestRefusalUsesItsStateUp(t *testing.T) {
	a := Start(t)
	merchant := a.Merchant()
	state := merchant.State()
	merchant.Get(Callback("error", "access_denied", "state", state))
	code := a.Sim.IssueCode(stripesim.Code{})
	a.NothingHappens(func() Answer { return merchant.AsJSON().Get(Callback("code", code, "state", state)) }).Refused(t, "invalid_state", 403)
}

func TestCodesThatStripeDoesNotTake(t *testing.T) {
	stripeTime := &Clock{}
	a := StartWith(t, stripesim.Config{Now: stripeTime.Now})
	merchant := a.Merchant()
	spent := a.Sim.IssueCode(stripesim.Code{Account: stripesim.AccountB})
	merchant.Get(Callback("code", spent, "state", merchant.State()))
	expired := a.Sim.IssueCode(stripesim.Code{})
	stripeTime.Move(6 * time.Minute)
	for name, code := range map[string]string{
		"expired": expired, "used": spent, "unknown": "ac_unknown",
		"another platform's": a.Sim.IssueCode(stripesim.Code{ClientID: "ca_other"}),
		"of the other mode":  a.Sim.IssueCode(stripesim.Code{OtherMode: true}),
	} {
		t.Run(name, func(t *testing.T) {
			before := a.Exchanges()
			merchant.AsJSON().Get(Callback("code", code, "state", merchant.State())).Refused(t, "code_rejected", 400)
			page := merchant.Get(Callback("code", code, "state", merchant.State()))
			if page.Status != 400 {
				t.Errorf("a code that was not taken must be a page with 400, got %d", page.Status)
			}
			page.StartsConnectAgain(t)
			if n := a.Exchanges() - before; n != 2 {
				t.Errorf("each callback must make one exchange, got %d for two", n)
			}
			if strings.Contains(a.Out.String(), code) || strings.Contains(page.Body, code) {
				t.Error("Stripe's words hold the code: they may be neither logged nor shown")
			}
			if rows := a.Rows("SELECT id FROM accounts WHERE id = ?", stripesim.AccountA); len(rows) != 0 {
				t.Error("a code that was not taken must connect nothing")
			}
		})
	}
	merchant.AsJSON().Get(Callback("state", merchant.State())).Refused(t, "code_rejected", 400) // no code at all
}

func TestOwnAccount(t *testing.T) {
	a := Start(t)
	merchant := a.Merchant()
	merchant.AsJSON().Get(merchant.Authorize(a, stripesim.PlatformAccount)).Refused(t, "own_account", 409)
	if got := a.Accounts(); got != "" {
		t.Errorf("the platform's own account must not be recorded, got %q", got)
	}
}

func TestAnswerOfTheOtherMode(t *testing.T) {
	a := Start(t)
	merchant := a.Merchant()
	a.Sim.AddFault(stripesim.Fault{Path: "/oauth/token",
		Body: `{"token_type":"bearer","scope":"read_write","livemode":true,"stripe_user_id":"acct_kiosk_nord"}`})
	merchant.AsJSON().Get(merchant.Authorize(a, stripesim.AccountA)).Refused(t, "wrong_mode", 409)
	if got := a.Accounts(); got != "" {
		t.Errorf("an account of the other mode must not be recorded, got %q", got)
	}
}

func TestAccountTaken(t *testing.T) {
	a := Start(t)
	first, second := a.Merchant(), a.Merchant()
	first.Connect(a, stripesim.AccountA)
	second.AsJSON().Get(second.Authorize(a, stripesim.AccountA)).Refused(t, "account_taken", 409)
	page := second.Get(second.Authorize(a, stripesim.AccountA))
	if page.Status != 409 || !strings.Contains(page.Body, "Stripe Dashboard") {
		t.Errorf("the page must say to disconnect there or in the Stripe Dashboard first, got %d\n%s", page.Status, page.Body)
	}
	a.Idle()
	if a.Deauthorizations() != 0 {
		t.Error("a connection that another user has must never be deauthorized")
	}
	if got := a.Accounts(); got != stripesim.AccountA+"|"+first.User()+"|1" {
		t.Errorf("the account must stay the first user's, got %q", got)
	}
	if got := second.Get("/connect"); strings.Contains(got.Body, stripesim.AccountA) {
		t.Error("the second user must not see the first user's account")
	}
}

func TestSameUserConnectsAgain(t *testing.T) {
	stripeTime := &Clock{}
	a := StartWith(t, stripesim.Config{Now: stripeTime.Now})
	merchant := a.Merchant()
	merchant.Connect(a, stripesim.AccountA)
	since := a.Rows("SELECT connected_at FROM accounts")[0]
	stripeTime.Move(time.Minute)
	merchant.Connect(a, stripesim.AccountA)
	if got := a.Accounts(); got != stripesim.AccountA+"|"+merchant.User()+"|1" {
		t.Errorf("connecting again must leave one connected row, got %q", got)
	}
	if again := a.Rows("SELECT connected_at FROM accounts")[0]; again <= since {
		t.Errorf("connecting again must refresh the row: connected at %s, then %s", since, again)
	}
	merchant.Post("/connect/accounts/"+stripesim.AccountA+"/disconnect", nil)
	a.Idle()
	stripeTime.Move(time.Minute)
	merchant.Connect(a, stripesim.AccountA)
	if got := a.Accounts(); got != stripesim.AccountA+"|"+merchant.User()+"|1" {
		t.Errorf("after a disconnect the same user must be able to connect again, got %q", got)
	}
	if got := a.Rows("SELECT scope, livemode FROM accounts"); got[0] != "read_write|0" {
		t.Errorf("scope and mode must be recorded, got %q", got)
	}
}

func TestNewOwnerAfterADisconnect(t *testing.T) {
	stripeTime := &Clock{}
	a := StartWith(t, stripesim.Config{Now: stripeTime.Now})
	first, second := a.Merchant(), a.Merchant()
	first.Connect(a, stripesim.AccountA)
	stripeTime.Move(5 * time.Second)
	a.Sim.Revoke(stripesim.AccountA) // in the merchant's own Dashboard
	a.Idle()
	stripeTime.Move(5 * time.Second)
	second.Connect(a, stripesim.AccountA)
	if got := a.Accounts(); got != stripesim.AccountA+"|"+second.User()+"|1" {
		t.Errorf("a disconnected account must become the new user's, got %q", got)
	}
	a.NothingHappens(func() Answer { return first.AsJSON().Post("/connect/accounts/"+stripesim.AccountA+"/disconnect", nil) }).
		Refused(t, "not_found", 404)
}

func TestStripeIsDown(t *testing.T) {
	for name, fault := range map[string]stripesim.Fault{"the API": {Path: "/v1/", Close: true, Times: -1},
		"the API with 500": {Path: "/v1/", Status: 500, Times: -1}, "too many requests": {Path: "/oauth/token", Status: 429,
			Body: `{"error":"rate_limit","error_description":"slow down"}`}} {
		t.Run(name, func(t *testing.T) {
			a := Start(t)
			merchant := a.Merchant()
			back := merchant.Authorize(a, stripesim.AccountA)
			a.Sim.AddFault(fault)
			got := merchant.AsJSON().Get(back)
			got.Refused(t, "stripe_unavailable", 503)
			if got.Header.Get("Retry-After") == "" {
				t.Error("stripe_unavailable must say when to come back")
			}
			if n := a.Exchanges(); n > 1 {
				t.Errorf("no exchange may be repeated, got %d", n)
			}
			if a.Accounts() != "" {
				t.Error("with Stripe down nothing may be recorded")
			}
			a.Sim.ClearFaults()
			merchant.Connect(a, stripesim.AccountA)
		})
	}
}

func TestNoTokenIsKept(t *testing.T) {
	a := Start(t)
	merchant := a.Merchant()
	a.Sim.AddFault(stripesim.Fault{Path: "/oauth/token", Body: `{"token_type":"bearer","scope":"read_write","livemode":false,
		"stripe_user_id":"acct_kiosk_nord","access_token":"marker_access","refresh_token":"marker_refresh"}`})
	merchant.Connect(a, stripesim.AccountA)
	for _, token := range []string{"marker_access", "marker_refresh"} {
		if a.Remembers(token) || strings.Contains(a.Out.String(), token) {
			t.Errorf("the token %s must be neither stored nor logged", token)
		}
	}
}

// Whoever comes back connected is told so, once.
func TestConnectedIsSaidOnce(t *testing.T) {
	a := Start(t)
	merchant := a.Merchant()
	merchant.Get(merchant.Authorize(a, stripesim.AccountA))
	if page := merchant.Get("/connect"); !strings.Contains(page.Body, "Account connected") {
		t.Errorf("the page after the callback must say that the account is connected, got\n%s", page.Body)
	}
	if page := merchant.Get("/connect"); strings.Contains(page.Body, "Account connected") {
		t.Error("the page must not say it for ever")
	}
}
