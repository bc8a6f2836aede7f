package tests

import (
	"context"
	"strings"
	"sync"
	"testing"
	"time"

	"example.com/identity-starter/store"
	"example.com/identity-starter/stripesim"
)

// A browser delivers the callback again, for a reload or a second tab: it is told what became of the first, and a
// code is exchanged once.
func TestSameCallbackAgain(t *testing.T) {
	a := Start(t)
	merchant := a.Merchant()
	back := merchant.Authorize(a, stripesim.AccountA)
	merchant.Get(back)
	for range 2 {
		if got := a.NothingHappens(func() Answer { return merchant.Get(back) }); got.Status != 303 || got.Location != "/connect" {
			t.Errorf("the same callback again must lead to the accounts, since the first has connected, got %d %s", got.Status, got.Body)
		}
	}
	if page := merchant.Get("/connect"); !strings.Contains(page.Body, "Account connected") {
		t.Errorf("a browser that reads the second answer alone must be told which account is connected, got\n%s", page.Body)
	}
	if got := a.Accounts(); got != stripesim.AccountA+"|"+merchant.User()+"|1" {
		t.Errorf("the same callback again must leave the connection as it was, got %q", got)
	}
	if n := a.Exchanges(); n != 1 {
		t.Errorf("a code must be exchanged once, got %d times", n)
	}
}

// What the first callback was refused for, the second is, too.
func TestSameCallbackAgainAfterARefusal(t *testing.T) {
	a := Start(t)
	other, merchant := a.Merchant(), a.Merchant()
	other.Connect(a, stripesim.AccountB)
	down := merchant.Authorize(a, stripesim.AccountA)
	for _, c := range []struct {
		back, code string
		status     int
		fault      stripesim.Fault
	}{
		{Callback("code", "ac_unknown", "state", merchant.State()), "code_rejected", 400, stripesim.Fault{}},
		{Callback("state", merchant.State()), "code_rejected", 400, stripesim.Fault{}},
		{Callback("error", "access_denied", "state", merchant.State()), "connect_refused", 200, stripesim.Fault{}},
		{merchant.Authorize(a, stripesim.PlatformAccount), "own_account", 409, stripesim.Fault{}},
		{merchant.Authorize(a, stripesim.AccountB), "account_taken", 409, stripesim.Fault{}},
		{merchant.Authorize(a, stripesim.AccountA), "outcome_unknown", 502, stripesim.Fault{Status: 500}},
		{down, "stripe_unavailable", 503, stripesim.Fault{Status: 429, Body: `{"error":"rate_limit","error_description":"slow down"}`}},
	} {
		if c.fault.Status != 0 {
			c.fault.Path = "/oauth/token"
			a.Sim.AddFault(c.fault)
		}
		first := merchant.AsJSON().Get(c.back)
		first.Refused(t, c.code, c.status)
		again := a.NothingHappens(func() Answer { return merchant.AsJSON().Get(c.back) })
		again.Refused(t, c.code, c.status)
		if again.Body != first.Body || again.Header.Get("Retry-After") != first.Header.Get("Retry-After") {
			t.Errorf("the same callback again must be told the same as the first: %s, got %s", first.Body, again.Body)
		}
	}
}

// A state that was used up is good for no other code, whatever became of the first.
func TestUsedStateWithAnotherCode(t *testing.T) {
	a := Start(t)
	merchant := a.Merchant()
	for _, first := range []string{a.Sim.IssueCode(stripesim.Code{}), "ac_unknown", ""} {
		state := merchant.State()
		merchant.Get(Callback("state", state, "code", first))
		code := a.Sim.IssueCode(stripesim.Code{Account: stripesim.AccountB})
		a.NothingHappens(func() Answer { return merchant.AsJSON().Get(Callback("state", state, "code", code)) }).Refused(t, "invalid_state", 403)
	}
}

// The second delivery comes while the first is under way: it waits for what becomes of that.
func TestSameCallbackWhileTheFirstIsUnderWay(t *testing.T) {
	a := Start(t)
	merchant := a.Merchant()
	back := merchant.Authorize(a, stripesim.AccountA)
	a.Sim.AddFault(stripesim.Fault{Path: "/oauth/token", Hang: true})
	var both sync.WaitGroup
	deliver := func() {
		both.Go(func() {
			if got := merchant.Get(back); got.Status != 303 || got.Location != "/connect" {
				t.Errorf("both deliveries of a callback must lead to the accounts, got %d %s", got.Status, got.Body)
			}
		})
	}
	deliver()
	Eventually(t, "the exchange reaches Stripe", func() bool { return a.Exchanges() == 1 })
	deliver()
	a.Sim.ClearFaults()
	both.Wait()
	if n := a.Exchanges(); n != 1 {
		t.Errorf("a code must be exchanged once, got %d times", n)
	}
}

// A browser gives the first delivery up, because a second is on its way: what was begun goes on, and the second tells.
func TestFirstDeliveryIsGivenUp(t *testing.T) {
	p := NewPeers(t)
	const peer = "127.0.0.1:1"
	merchant, back := p.Authorize(peer)
	p.Sim.AddFault(stripesim.Fault{Path: "/v1/account", Hang: true})
	ctx, giveUp := context.WithCancel(t.Context())
	var first sync.WaitGroup
	first.Go(func() { p.AskWhile(ctx, "GET", back, peer, merchant) })
	Eventually(t, "the first delivery asks Stripe", func() bool { return len(p.Calls("GET", "/v1/account")) == 1 })
	giveUp()
	p.Sim.ClearFaults()
	if got := p.Ask("GET", back, peer, merchant); got.Status != 303 || got.Location != "/connect" {
		t.Errorf("a delivery that the browser gave up must not fail the one that it waits for, got %d %s", got.Status, got.Body)
	}
	first.Wait()
}

// A program that died between taking the code and hearing of it cannot say what became of it, and says so at once.
func TestSameCallbackAfterACrash(t *testing.T) {
	a := Start(t)
	merchant := a.Merchant()
	back := merchant.Authorize(a, stripesim.AccountA)
	merchant.Get(back)
	a.Change("UPDATE oauth_states SET outcome = '', taken_at = taken_at - 60")
	a.NothingHappens(func() Answer { return merchant.AsJSON().Get(back) }).Refused(t, "outcome_unknown", 502)
}

// What Stripe does not say for long is not waited for: the second delivery is answered before the first.
func TestSameCallbackIsNotWaitedForTooLong(t *testing.T) {
	t.Parallel()
	a := Start(t)
	merchant := a.Merchant()
	back := merchant.Authorize(a, stripesim.AccountA)
	a.Sim.AddFault(stripesim.Fault{Path: "/oauth/token", Hang: true})
	var first sync.WaitGroup
	first.Go(func() { merchant.Get(back) })
	Eventually(t, "the exchange reaches Stripe", func() bool { return a.Exchanges() == 1 })
	began := time.Now()
	merchant.AsJSON().Get(back).Refused(t, "outcome_unknown", 502)
	if took := time.Since(began); took < time.Second || took > 8*time.Second {
		t.Errorf("the second delivery must wait for a few seconds, got %v", took)
	}
	a.Sim.ClearFaults()
	first.Wait()
}

// The user is forgotten while the code is exchanged: what that connects belongs to nobody here, and is ended at Stripe.
func TestForgottenDuringTheExchange(t *testing.T) {
	a := Start(t)
	merchant := a.Merchant()
	back, db := merchant.Authorize(a, stripesim.AccountA), a.Parts().DB
	a.Sim.AddFault(stripesim.Fault{Path: "/oauth/token", Hang: true})
	var callback sync.WaitGroup
	callback.Go(func() { merchant.AsJSON().Get(back).Refused(t, "invalid_state", 403) })
	Eventually(t, "the exchange reaches Stripe", func() bool { return a.Exchanges() == 1 })
	if err := db.InTx(t.Context(), func(ctx context.Context, tx *store.Tx) error {
		return db.ReplaceUser(ctx, tx, merchant.User(), "forgotten_1")
	}); err != nil {
		t.Fatal(err)
	}
	a.Sim.ClearFaults()
	callback.Wait()
	if got := a.Accounts(); got != "" || a.Deauthorizations() != 1 {
		t.Errorf("nobody would ever end a connection of somebody forgotten, got %q and %d deauthorizations", got, a.Deauthorizations())
	}
}
