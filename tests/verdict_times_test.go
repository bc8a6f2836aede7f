package tests

import (
	"fmt"
	"net/http"
	"testing"
	"time"

	"example.com/identity-starter/stripesim"
)

// begun is a person with a session, of which nothing has come so far.
func begun(t *testing.T, config stripesim.Config, settings ...string) *verdict {
	t.Helper()
	v := &verdict{stripe: &Clock{}}
	config.Now = v.stripe.Now
	v.App = StartWith(t, config, settings...)
	v.person = v.Browser()
	v.session = v.person.Verify(v.App)
	v.NothingIsLeft()
	v.stripe.Move(time.Minute)
	return v
}

// The event by which Stripe takes a verdict back, without a reason, comes before the verdict's.
func TestTakenBackBeforeTheVerdictIsHeard(t *testing.T) {
	for _, reason := range []string{"", "document_unverified_other"} {
		t.Run("reason "+reason, func(t *testing.T) {
			v := begun(t, stripesim.Config{})
			v.Sim.Hold()
			v.Sim.SetDelivery(stripesim.Switches{Reorder: true})
			if err := v.Sim.Finish(v.session.ID, "verified"); err != nil {
				t.Fatal(err)
			}
			v.stripe.Move(time.Minute)
			if err := v.Sim.Override(v.session.ID, reason); err != nil {
				t.Fatal(err)
			}
			v.stripe.Move(time.Minute)
			v.Sim.Release()
			v.settles()
			if got := v.StatusAtStripe(v.session.ID); got != "requires_input" {
				t.Fatalf("Stripe must say that it is not verified, got %q", got)
			}
			v.gate(http.StatusSeeOther)
			want := v.Rows("SELECT error_code FROM verifications")[0]
			if want == "" {
				want = "revoked"
			}
			if got := v.person.Status(); got["status"] != "requires_input" || got["code"] != want {
				t.Errorf("of a verdict that was taken back the status must be requires_input with %q, got %v", want, got)
			}
			if next := v.person.Verify(v.App); next.ID == v.session.ID {
				t.Error("a session whose verdict was taken back must not be handed out again")
			}
		})
	}
}

// Of a verdict that is taken back at once Stripe's answer is slow.
func TestTakenBackWithASlowAnswer(t *testing.T) {
	t.Parallel() // beside others that wait
	v := begun(t, stripesim.Config{})
	v.Finish(v.session.ID, "verified")
	v.gate(http.StatusOK)
	v.Sim.AddFault(stripesim.Fault{Path: SessionsPath + "/" + v.session.ID, Method: "GET", Delay: 2500 * time.Millisecond, After: true})
	v.Override(v.session.ID, "document_unverified_other")
	v.settles()
	v.gate(http.StatusSeeOther)
	v.outcomes("taken back in the second of the verdict", "verified revoked")
}

// A verdict is given and taken back while a click asks Stripe.
func TestTakenBackWhileAClickAsks(t *testing.T) {
	v := begun(t, stripesim.Config{})
	v.Sim.AddFault(stripesim.Fault{Path: SessionsPath + "/" + v.session.ID, Method: "GET", Hang: true})
	before := v.Retrieves(v.session.ID)
	click := Later(v.person.Click)
	Eventually(t, "the click asks Stripe", func() bool { return v.Retrieves(v.session.ID) > before })
	v.Finish(v.session.ID, "verified")
	v.stripe.Move(time.Minute)
	v.Override(v.session.ID, "document_unverified_other")
	v.settles()
	v.outcomes("taken back", "verified revoked")
	v.Sim.ClearFaults()
	if got := <-click; got.Status != 200 {
		t.Fatalf("a click must lead on, got %d %s", got.Status, got.Body)
	}
	if n := len(v.Sim.Sessions()); n != 2 {
		t.Errorf("a session whose verdict was taken back must never be handed out again: another one must have been made, got %d sessions", n)
	}
}

// The verdict is taken back within its second, and Stripe answers at once.
func TestTakenBackWithinTheSecond(t *testing.T) {
	t.Parallel() // beside others that wait
	for i := range 6 {
		t.Run(fmt.Sprint(i), func(t *testing.T) {
			t.Parallel()
			v := begun(t, stripesim.Config{})
			v.Finish(v.session.ID, "verified")
			v.Override(v.session.ID, "document_unverified_other")
			v.settles()
			v.gate(http.StatusSeeOther)
			v.outcomes("taken back in the second of the verdict", "verified revoked")
		})
	}
}

// A verdict is given again at once after it was taken back.
func TestGivenAgainWithinTheSecond(t *testing.T) {
	t.Parallel() // beside others that wait
	for i := range 8 {
		t.Run(fmt.Sprint(i), func(t *testing.T) {
			t.Parallel()
			v := aVerdict(t, stripesim.Config{})
			v.Override(v.session.ID, "document_unverified_other")
			v.settles()
			v.gate(http.StatusSeeOther)
			v.Override(v.session.ID, "verified")
			v.settles()
			v.gate(http.StatusOK)
			v.outcomes("given again in the second in which it was taken back", "verified revoked verified")
		})
	}
}

// Stripe's answer that it has verified the session is on its way while it is taken back; the verdict's own event comes last.
func TestLateAnswerOfAVerdict(t *testing.T) {
	v := begun(t, stripesim.Config{})
	known := len(v.Sim.Events())
	v.Sim.SetDelivery(stripesim.Switches{Drop: true})
	v.Finish(v.session.ID, "verified")
	v.Sim.AddFault(stripesim.Fault{Path: SessionsPath + "/" + v.session.ID, Method: "GET", Hang: true, After: true})
	before := v.Retrieves(v.session.ID)
	page := Later(func() Answer { return v.person.Get("/verification/return") })
	Eventually(t, "the page asks Stripe", func() bool { return v.Retrieves(v.session.ID) > before })
	v.stripe.Move(time.Minute)
	v.Override(v.session.ID, "selfie_manipulated")
	v.Sim.SetDelivery(stripesim.Switches{})
	events := v.Sim.Events()[known:]
	for i := range events { // newest first
		e := events[len(events)-1-i]
		if err := v.Sim.Redeliver(e.ID); err != nil {
			t.Fatal(err)
		}
		v.settles()
		if i == 0 {
			v.stripe.Move(-time.Minute) // the answer's Date is that of its reading
			v.Sim.ClearFaults()
			<-page
			v.stripe.Move(time.Minute)
		}
	}
	v.settles()
	if got := v.Rows("SELECT status FROM verifications")[0]; got != v.StatusAtStripe(v.session.ID) {
		t.Errorf("in the end the row must say what Stripe says, got %q: %v", got, v.Rows("SELECT type, result FROM events"))
	}
	v.gate(http.StatusSeeOther)
}

// An event that Stripe does not confirm is no check, and must not count for the ceiling of the day.
func TestUnconfirmedEventIsNoCheck(t *testing.T) {
	v := &verdict{stripe: &Clock{Offset: -5 * 24 * time.Hour}}
	v.App = StartWith(t, stripesim.Config{Now: v.stripe.Now}, "MAX_CHECKS_PER_DAY=1")
	v.person = v.Browser()
	v.session = v.person.Verify(v.App)
	v.Finish(v.session.ID, "verified") // the webhook's signature is too old
	v.person.Get("/verification/return")
	v.gate(http.StatusOK)
	v.stripe.Move(5 * 24 * time.Hour)
	other := v.Browser()
	other.MustOpen(v.App, "nobody was checked within a day")
	v.Change("UPDATE verifications SET spent = 1, link_at = 0 WHERE user_id = ?", other.User())
	v.Change("UPDATE minutes SET links = 0")
	v.Change("UPDATE people SET open = 0 WHERE user_id = ?", other.User())
	body := Snapshot("evt_wrong", RequiresInputEvent, About(v.session, "requires_input")).With(Object{"created": v.stripe.Now().Unix()}).JSON(t)
	if got := v.Deliver(body, PlatformSecret); got.Status != 200 {
		t.Fatal(got)
	}
	v.settles()
	v.gate(http.StatusOK)
	if got := other.Click(); got.Status != 200 {
		t.Errorf("still nobody was checked within a day, got %d %s", got.Status, got.Body)
	}
}
