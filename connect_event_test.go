package main

import (
	"testing"
	"time"

	"example.com/identity-starter/stripesim"
)

// A merchant disconnects the platform in the Stripe Dashboard.
func TestDeauthorizedAtStripe(t *testing.T) {
	a := start(t)
	merchant := a.merchant()
	merchant.connect(a, stripesim.AccountA)
	merchant.connect(a, stripesim.AccountB)
	a.idle()
	calls := len(a.asked())
	a.sim.SetDelivery(stripesim.Switches{Duplicate: 3})
	a.sim.Revoke(stripesim.AccountA)
	a.idle()
	user := merchant.user()
	if got := a.accounts(); got != stripesim.AccountB+"|"+user+"|1 "+stripesim.AccountA+"|"+user+"|0" {
		t.Errorf("the event must disconnect its account and no other, got %q", got)
	}
	if n := len(a.asked()) - calls; n != 0 {
		t.Errorf("the event must be taken at its word: there were %d calls to Stripe", n)
	}
	got := a.rows("SELECT account, object_id, livemode, result FROM events WHERE type = 'account.application.deauthorized'")
	if len(got) != 1 || got[0] != stripesim.AccountA+"|ca_simulator|0|applied" {
		t.Errorf("an event that comes four times must be recorded once, with its account and object, got %q", got)
	}
}

func TestDeauthorizationsThatChangeNothing(t *testing.T) {
	a := start(t)
	merchant := a.merchant()
	merchant.connect(a, stripesim.AccountA)
	a.idle()
	later := time.Now().Add(time.Minute)
	for id, c := range map[string]struct{ body, result string }{
		"evt_unknown":    {deauthorized("evt_unknown", "acct_of_nobody", false, later), "unmatched"},
		"evt_other_mode": {deauthorized("evt_other_mode", stripesim.AccountA, true, later), "ignored"},
		"evt_no_account": {deauthorized("evt_no_account", "", false, later), "ignored"},
		"evt_late":       {deauthorized("evt_late", stripesim.AccountA, false, time.Now().Add(-time.Hour)), "stale"},
	} {
		got := a.nothingHappens(func() answer { return a.deliver(c.body, connectSecret) })
		if got.status != 200 {
			t.Errorf("%s must be answered 200, or Stripe sends it for days; got %d %s", id, got.status, got.body)
		}
		if rows := a.rows("SELECT result FROM events WHERE id = ?", id); len(rows) != 1 || rows[0] != c.result {
			t.Errorf("%s must be recorded as %s, got %q", id, c.result, rows)
		}
	}
	if got := a.deliver(deauthorized("evt_forged", stripesim.AccountA, false, later), "whsec_of_somebody"); got.status != 400 {
		t.Errorf("a forged deauthorization must be refused, got %d", got.status)
	}
	if got := a.accounts(); got != stripesim.AccountA+"|"+merchant.user()+"|1" {
		t.Errorf("none of these may disconnect the account, got %q", got)
	}
}

// A deauthorization arrives after the account was connected again: it must not
// end the new connection, however far our clock is off.
func TestLateDeauthorization(t *testing.T) {
	for name, offset := range map[string]time.Duration{"clocks agree": 0,
		"ours is five minutes ahead": -5 * time.Minute, "ours is five minutes behind": 5 * time.Minute} {
		t.Run(name, func(t *testing.T) {
			stripeTime := &clock{offset: offset}
			a := startWith(t, stripesim.Config{Now: stripeTime.now})
			a.sim.SetDelivery(stripesim.Switches{Drop: true}) // events come by hand, signed in our time
			merchant := a.merchant()
			merchant.connect(a, stripesim.AccountA)
			stripeTime.move(2 * time.Second)
			late := a.revoke(stripesim.AccountA)
			stripeTime.move(2 * time.Second)
			merchant.connect(a, stripesim.AccountA)
			a.deliver(late, connectSecret)
			if got := a.accounts(); got != stripesim.AccountA+"|"+merchant.user()+"|1" {
				t.Fatalf("a late deauthorization must not end the new connection, got %q", got)
			}
			stripeTime.move(2 * time.Second)
			a.deliver(a.revoke(stripesim.AccountA), connectSecret)
			if got := a.accounts(); got != stripesim.AccountA+"|"+merchant.user()+"|0" {
				t.Fatalf("one that is newer than the connection must end it, got %q", got)
			}
		})
	}
}

// Our own Disconnect, then a reconnect, and only then the event of the first.
func TestLateEventOfOurOwnDisconnect(t *testing.T) {
	stripeTime := &clock{}
	a := startWith(t, stripesim.Config{Now: stripeTime.now})
	merchant := a.merchant()
	merchant.connect(a, stripesim.AccountA)
	a.idle()
	a.sim.Hold()
	stripeTime.move(2 * time.Second)
	merchant.post("/connect/accounts/"+stripesim.AccountA+"/disconnect", nil)
	stripeTime.move(2 * time.Second)
	merchant.connect(a, stripesim.AccountA)
	a.sim.Release()
	a.idle()
	if got := a.accounts(); got != stripesim.AccountA+"|"+merchant.user()+"|1" {
		t.Errorf("the event of an earlier disconnect must not end the new connection, got %q", got)
	}
}

// revoke ends the access at Stripe and returns the event that tells of it.
func (a *app) revoke(account string) string {
	a.t.Helper()
	a.sim.Revoke(account)
	events := a.sim.Events()
	newest := events[len(events)-1]
	if newest.Type != "account.application.deauthorized" || newest.Account != account {
		a.t.Fatalf("Stripe must tell of the deauthorization, got %s", newest.Type)
	}
	return string(newest.Body)
}
