package tests

import (
	"testing"
	"time"

	"example.com/identity-starter/stripesim"
)

// A session that was being checked when a stricter check was switched on has failed, which only Stripe knows.
func TestOldCheckAfterProcessing(t *testing.T) {
	a := Start(t)
	person := a.Browser()
	session := person.Verify(a)
	a.Finish(session.ID, stripesim.OutcomeProcessing)
	if err := a.Stop(); err != nil {
		t.Fatal(err)
	}
	a.Sim.SetDelivery(stripesim.Switches{Drop: true})
	a.Finish(session.ID, "document_expired")
	a.Set("REQUIRE_MATCHING_SELFIE=true")
	a.Change("UPDATE verifications SET asked_at = 0")
	a.listsNothing()
	a.Run()
	person.Base = a.URL
	if next := person.Verify(a); next.ID == session.ID {
		t.Error("a session that was made without a selfie must not be handed out once one is asked for")
	}
}

// A session that was made for another check is being checked when it is to be closed, and fails then.
func TestOldCheckIsBeingChecked(t *testing.T) {
	a := Start(t)
	person := a.Browser()
	session := person.Verify(a)
	if err := a.Stop(); err != nil {
		t.Fatal(err)
	}
	a.Set("REQUIRE_MATCHING_SELFIE=true")
	a.listsNothing() // the event is not listed either
	a.Run()
	person.Base = a.URL
	a.Sim.SetDelivery(stripesim.Switches{Drop: true})
	a.Finish(session.ID, stripesim.OutcomeProcessing)
	a.Sim.SetDelivery(stripesim.Switches{})
	next := person.Verify(a)
	a.NothingIsLeft()
	a.Finish(session.ID, "document_expired")
	a.NothingIsLeft()
	if got := a.StatusAtStripe(session.ID); next.ID != session.ID && got != "canceled" {
		t.Errorf("once it can be closed, a session of a weaker check must be closed at Stripe, got %q", got)
	}
}

// Two machines have different settings for a while, and the first click is still under way when the second comes.
func TestOldCheckUnderWay(t *testing.T) {
	a := Start(t)
	twin := a.twin()
	twin.Set("REQUIRE_MATCHING_SELFIE=true")
	twin.Run()
	person := a.Browser()
	person.User()
	a.Sim.AddFault(stripesim.Fault{Path: SessionsPath, Method: "POST", Hang: true})
	first := Later(person.Click)
	Eventually(t, "the first click asks Stripe", func() bool { return len(a.Creates()) == 1 })
	request := person.AsJSON().Request("POST", CreatePath, nil)
	request.Host = request.URL.Host
	request.URL.Host = Listening.FindStringSubmatch(twin.Out.String())[1]
	request.Header.Set("Cookie", person.Cookies(a))
	second := person.Together(request)[0]
	if second.Status != 200 {
		t.Fatalf("the second click: %d %s", second.Status, second.Body)
	}
	a.Sim.ClearFaults()
	got := <-first
	a.NothingIsLeft()
	a.Idle()
	open := 0
	for _, s := range a.Sim.Sessions() {
		if s.Status == "requires_input" {
			open++
		}
	}
	if open != 1 {
		t.Errorf("of two sessions the one that was made otherwise must be closed, got %d open; the first click got %d %s", open, got.Status, got.Body)
	}
}

// listsNothing has the next start believe that Stripe's events were listed until in two hours.
func (a *App) listsNothing() {
	a.T.Helper()
	a.Change(`INSERT INTO turns (name, livemode, reached) VALUES ('events', 0, ?)
		ON CONFLICT (name, livemode) DO UPDATE SET reached = excluded.reached`, time.Now().Add(2*time.Hour).Unix())
}
