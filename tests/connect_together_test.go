package tests

import (
	"net/http"
	"strings"
	"testing"

	"example.com/identity-starter/stripesim"
)

// A merchant's callback is visited by several browsers at once, with the right code and others.
func TestCallbackByEverybody(t *testing.T) {
	for range 5 {
		a := Start(t)
		one, other := a.Merchant(), a.Merchant()
		back := one.Authorize(a, stripesim.AccountA)
		var requests []*http.Request
		for range 4 {
			requests = append(requests, one.Request("GET", back, nil))
		}
		for _, path := range []string{back, strings.Replace(back, "code=", "code=x", 1)} {
			request := other.Request("GET", path, nil)
			request.Header.Set("Cookie", other.Cookies(a))
			requests = append(requests, request)
		}
		for i, r := range requests[:4] {
			_ = i
			r.Header.Set("Cookie", one.Cookies(a))
		}
		anonymous := a.API()
		requests = append(requests, anonymous.Request("GET", back, nil))
		answers := a.API().Together(requests...)
		for i, got := range answers {
			if want := map[bool]int{true: 303, false: 403}[i < 4]; got.Status != want {
				t.Errorf("callback %d must be answered %d, got %d %s", i, want, got.Status, got.Body)
			}
		}
		if n := a.Exchanges(); n != 1 {
			t.Errorf("one exchange, got %d", n)
		}
		a.NothingIsLeft()
		if got := a.Rows("SELECT outcome FROM actions WHERE kind = 'team'"); len(got) != 1 {
			t.Errorf("connected must be told once, got %q", got)
		}
	}
}

// Old buttons after everything has changed; the same again; ids of others.
func TestDisconnectTwiceAtOnce(t *testing.T) {
	a := Start(t)
	merchant := a.Merchant()
	merchant.Connect(a, stripesim.AccountA)
	var requests []*http.Request
	for range 4 {
		r := merchant.Request("POST", "/connect/accounts/"+stripesim.AccountA+"/disconnect", nil)
		r.Header.Set("Cookie", merchant.Cookies(a))
		requests = append(requests, r)
	}
	for _, got := range a.API().Together(requests...) {
		if got.Status != 303 {
			t.Errorf("got %d %s", got.Status, got.Body)
		}
	}
	a.Idle()
	a.NothingIsLeft()
	if got := a.Rows("SELECT outcome FROM actions WHERE kind = 'team' ORDER BY id"); len(got) != 2 {
		t.Errorf("connected and disconnected once each, got %q", got)
	}
}

// An account ends the connection at Stripe before the exchange is answered: the event comes before the row.
func TestDeauthorizedBeforeItIsRecorded(t *testing.T) {
	a := Start(t)
	merchant := a.Merchant()
	back := merchant.Authorize(a, stripesim.AccountA)
	a.Sim.AddFault(stripesim.Fault{Path: "/oauth/token", Method: "POST", Hang: true, After: true})
	answer := Later(func() Answer { return merchant.Get(back) })
	Eventually(t, "the code is exchanged", func() bool { return a.Exchanges() == 1 })
	Eventually(t, "connected at Stripe", func() bool {
		for _, c := range a.Sim.Accounts() {
			if c.ID == stripesim.AccountA && c.Connected {
				return true
			}
		}
		return false
	})
	a.Sim.Revoke(stripesim.AccountA)
	a.Idle()
	a.Sim.ClearFaults()
	t.Log((<-answer).Status, a.Rows("SELECT type, result FROM events WHERE account <> ''"))
	merchant.Get("/connect")
	if got := a.Rows("SELECT id FROM accounts WHERE disconnected_at IS NULL"); len(got) > 0 {
		t.Errorf("a connection that has ended must not be listed as connected, got %q", got)
	}
}
