package tests

import (
	"sync"
	"testing"
	"time"

	"example.com/identity-starter/stripesim"
)

// A merchant disconnects the platform in the Stripe Dashboard.
func TestDeauthorizedAtStripe(t *testing.T) {
	a := Start(t)
	merchant := a.Merchant()
	merchant.Connect(a, stripesim.AccountA)
	merchant.Connect(a, stripesim.AccountB)
	a.Idle()
	calls := len(a.Asked())
	a.Sim.SetDelivery(stripesim.Switches{Duplicate: 3})
	a.Sim.Revoke(stripesim.AccountA)
	a.Idle()
	user := merchant.User()
	if got := a.Accounts(); got != stripesim.AccountB+"|"+user+"|1 "+stripesim.AccountA+"|"+user+"|0" {
		t.Errorf("the event must disconnect its account and no other, got %q", got)
	}
	if n := len(a.Asked()) - calls; n != 0 {
		t.Errorf("the event must be taken at its word: there were %d calls to Stripe", n)
	}
	got := a.Rows("SELECT account, object_id, livemode, result FROM events WHERE type = 'account.application.deauthorized'")
	if len(got) != 1 || got[0] != stripesim.AccountA+"|ca_simulator|0|applied" {
		t.Errorf("an event that comes four times must be recorded once, with its account and object, got %q", got)
	}
}

func TestDeauthorizationsThatChangeNothing(t *testing.T) {
	a := Start(t)
	merchant := a.Merchant()
	merchant.Connect(a, stripesim.AccountA)
	a.Idle()
	later := time.Now().Add(time.Minute)
	for id, c := range map[string]struct{ body, result string }{
		"evt_unknown":    {Deauthorized("evt_unknown", "acct_of_nobody", false, later), "unmatched"},
		"evt_other_mode": {Deauthorized("evt_other_mode", stripesim.AccountA, true, later), ""}, // not at all: a program of that mode may share the database
		"evt_no_account": {Deauthorized("evt_no_account", "", false, later), "ignored"},
		"evt_late":       {Deauthorized("evt_late", stripesim.AccountA, false, time.Now().Add(-time.Hour)), "stale"},
	} {
		got := a.NothingHappens(func() Answer { return a.Deliver(c.body, ConnectSecret) })
		if got.Status != 200 {
			t.Errorf("%s must be answered 200, or Stripe sends it for days; got %d %s", id, got.Status, got.Body)
		}
		if got := a.Result(id); got != c.result {
			t.Errorf("%s must be recorded as %q, got %q", id, c.result, got)
		}
	}
	if got := a.Deliver(Deauthorized("evt_forged", stripesim.AccountA, false, later), "whsec_of_somebody"); got.Status != 400 {
		t.Errorf("a forged deauthorization must be refused, got %d", got.Status)
	}
	if got := a.Accounts(); got != stripesim.AccountA+"|"+merchant.User()+"|1" {
		t.Errorf("none of these may disconnect the account, got %q", got)
	}
}

// A deauthorization arrives after the account was connected again: it must not
// end the new connection, however far our clock is off.
func TestLateDeauthorization(t *testing.T) {
	for name, offset := range map[string]time.Duration{"clocks agree": 0,
		"ours is five minutes ahead": -5 * time.Minute, "ours is five minutes behind": 5 * time.Minute} {
		t.Run(name, func(t *testing.T) {
			stripeTime := &Clock{Offset: offset}
			a := StartWith(t, stripesim.Config{Now: stripeTime.Now})
			a.Sim.SetDelivery(stripesim.Switches{Drop: true}) // events come by hand, signed in our time
			merchant := a.Merchant()
			merchant.Connect(a, stripesim.AccountA)
			stripeTime.Move(2 * time.Second)
			late := a.revoke(stripesim.AccountA)
			stripeTime.Move(2 * time.Second)
			merchant.Connect(a, stripesim.AccountA)
			a.Deliver(late, ConnectSecret)
			if got := a.Accounts(); got != stripesim.AccountA+"|"+merchant.User()+"|1" {
				t.Fatalf("a late deauthorization must not end the new connection, got %q", got)
			}
			stripeTime.Move(2 * time.Second)
			a.Deliver(a.revoke(stripesim.AccountA), ConnectSecret)
			if got := a.Accounts(); got != stripesim.AccountA+"|"+merchant.User()+"|0" {
				t.Fatalf("one that is newer than the connection must end it, got %q", got)
			}
		})
	}
}

// Our own Disconnect, then a reconnect, and only then the event of the first.
func TestLateEventOfOurOwnDisconnect(t *testing.T) {
	stripeTime := &Clock{}
	a := StartWith(t, stripesim.Config{Now: stripeTime.Now})
	merchant := a.Merchant()
	merchant.Connect(a, stripesim.AccountA)
	a.Idle()
	a.Sim.Hold()
	stripeTime.Move(2 * time.Second)
	merchant.Post("/connect/accounts/"+stripesim.AccountA+"/disconnect", nil)
	stripeTime.Move(2 * time.Second)
	merchant.Connect(a, stripesim.AccountA)
	a.Sim.Release()
	a.Idle()
	if got := a.Accounts(); got != stripesim.AccountA+"|"+merchant.User()+"|1" {
		t.Errorf("the event of an earlier disconnect must not end the new connection, got %q", got)
	}
}

// Disconnect was clicked, and Stripe's answer is on its way, when the account is connected again in another tab: only the
// connection that was there at the click has ended, also where all that happens within a second.
func TestLateDisconnect(t *testing.T) {
	for name, later := range map[string]time.Duration{"two seconds later": 2 * time.Second, "in the same second": 0} {
		t.Run(name, func(t *testing.T) {
			stripeTime := &Clock{Offset: time.Second - time.Duration(time.Now().Nanosecond())}
			a := StartWith(t, stripesim.Config{Now: stripeTime.Now})
			merchant := a.Merchant()
			merchant.Connect(a, stripesim.AccountA)
			a.Sim.SetDelivery(stripesim.Switches{Drop: true})
			a.Sim.AddFault(stripesim.Fault{Path: "/oauth/deauthorize", Hang: true, After: true})
			var click sync.WaitGroup
			click.Go(func() { merchant.Post("/connect/accounts/"+stripesim.AccountA+"/disconnect", nil) })
			Eventually(t, "the disconnect reaches Stripe", func() bool { return len(a.Sim.Events()) == 2 })
			stripeTime.Move(later)
			merchant.Connect(a, stripesim.AccountA)
			a.Sim.ClearFaults()
			click.Wait()
			if got := a.Accounts(); got != stripesim.AccountA+"|"+merchant.User()+"|1" {
				t.Errorf("what is connected at Stripe must stay connected here: no event will come to correct it, got %q", got)
			}
		})
	}
}

// revoke ends the access at Stripe and returns the event that tells of it.
func (a *App) revoke(account string) string {
	a.T.Helper()
	a.Sim.Revoke(account)
	events := a.Sim.Events()
	newest := events[len(events)-1]
	if newest.Type != "account.application.deauthorized" || newest.Account != account {
		a.T.Fatalf("Stripe must tell of the deauthorization, got %s", newest.Type)
	}
	return string(newest.Body)
}
