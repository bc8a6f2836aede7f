package erase_test

import (
	"net/http"
	"strings"
	"testing"

	"example.com/identity-starter/extras/erase"
	"example.com/identity-starter/stripesim"
	"example.com/identity-starter/tests"
)

// due has the running program ask Stripe now about what it has put off.
func due(a *tests.App) {
	a.Change("UPDATE redactions SET due_at = 0")
	a.Change("UPDATE forgetting SET due_at = 0 WHERE due_at IS NOT NULL")
}

// creating has Stripe be slow with the next session until the function is called, which returns the answer to the click.
func creating(a *tests.App, person *tests.Browser) (goOn func() tests.Answer) {
	a.T.Helper()
	before := len(a.Creates())
	a.Sim.AddFault(stripesim.Fault{Path: tests.SessionsPath, Method: "POST", Hang: true})
	got := make(chan tests.Answer, 1)
	go func() { got <- person.Click() }()
	tests.Eventually(a.T, "Stripe is asked to make a session", func() bool { return len(a.Creates()) > before })
	return func() tests.Answer {
		a.Sim.ClearFaults()
		return <-got
	}
}

// fresh is the newest session at Stripe.
func fresh(a *tests.App) stripesim.Session {
	all := a.Sim.Sessions()
	return all[len(all)-1]
}

// Who clicks while Stripe erases begins anew, and is forgotten with that, too, once it has ended: nobody is checked for nobody.
func TestForgottenDuringClick(t *testing.T) {
	t.Parallel() // beside others that wait
	a := start(t)
	person := a.Browser()
	old := person.Verify(a)
	a.Finish(old.ID, "document_expired")
	user := person.User()
	a.Sim.AddFault(stripesim.Fault{Path: tests.SessionsPath + "/" + old.ID + "/redact", Status: 503, Times: -1})
	if out, err := redact(a, "-forget", user); err == nil {
		t.Fatalf("Stripe must not be done yet:\n%s", out)
	}
	a.Sim.ClearFaults()
	answer := creating(a, person)
	due(a)
	tests.Eventually(t, "Stripe is done with the old session", func() bool { return atStripeRedacted(a, old.ID) })
	a.Idle()
	if waiting, err := erase.Forget(t.Context(), a.Parts().DB); err != nil || waiting != 1 {
		t.Errorf("while a session is being made for the user nobody may be forgotten, got %d, %v", waiting, err)
	}
	got := answer()
	if got.Status != http.StatusOK || fresh(a).ID == old.ID {
		t.Fatalf("who comes back begins anew, got %d %s", got.Status, got.Body)
	}
	a.Finish(fresh(a).ID, "verified")
	if got := a.Rows("SELECT count(*) FROM events WHERE object_id = ? AND result = 'unmatched'", fresh(a).ID)[0]; got != "0" {
		t.Error("what was checked and paid for must be somebody's")
	}
	tests.Eventually(t, "the new session is redacted, too, and its user forgotten", func() bool {
		return atStripeRedacted(a, fresh(a).ID) && a.Rows("SELECT count(*) FROM forgetting")[0] == "0" && !a.Remembers(user)
	})
}

// Nobody is handed out a session that is about to be erased: neither the old one, nor one that was being made when it was wanted.
func TestNobodyIsSentToWhatIsErased(t *testing.T) {
	t.Parallel() // beside others that wait
	a := start(t)
	person := a.Browser()
	old := person.Verify(a)
	a.Sim.AddFault(stripesim.Fault{Path: tests.SessionsPath + "/" + old.ID + "/redact", Status: 503, Times: -1})
	if out, err := redact(a, person.User()); err == nil {
		t.Fatalf("Stripe must not be done yet:\n%s", out)
	}
	answer := creating(a, person)
	if out, err := redact(a, person.User()); err == nil || !strings.Contains(out, "0 redacted, 1 under way, 1 failed") {
		t.Errorf("what a click is having made must be waited for, got %v\n%s", err, out)
	}
	if got := answer(); got.Status != http.StatusOK {
		t.Fatalf("the click must lead somewhere, got %d %s", got.Status, got.Body)
	}
	if all := a.Sim.Sessions(); len(all) != 3 {
		t.Errorf("a session that is to be erased must not be handed out, but another one be made, got %d", len(all))
	}
	due(a)
	tests.Eventually(t, "what was wanted is redacted", func() bool { return atStripeRedacted(a, a.Sim.Sessions()[1].ID) })
	if a.Idle(); a.StatusAtStripe(fresh(a).ID) != "requires_input" {
		t.Error("what was begun after the wish must stay")
	}
	if got := person.Click(); got.Status != http.StatusOK || len(a.Sim.Sessions()) != 3 {
		t.Errorf("and be handed out again, got %d", got.Status)
	}
}

// A verification of which Stripe has no session does not hold its user for ever.
func TestForgetsWhoseSessionWasNeverMade(t *testing.T) {
	t.Parallel() // beside others that wait
	a := start(t)
	person := a.Browser()
	a.Sim.AddFault(stripesim.Fault{Path: tests.SessionsPath, Method: "POST", Status: 503, Times: -1})
	person.MustRefuse("Stripe is down", 503, "stripe_unavailable")
	a.Sim.ClearFaults()
	user := a.Rows("SELECT user_id FROM people")[0]
	if out, err := redact(a, "-forget", user); err != nil || !strings.Contains(out, "0 redacted, 1 under way") || !a.Remembers(user) {
		t.Errorf("a click may still be having it made, got %v\n%s", err, out)
	}
	a.Change("UPDATE verifications SET link_at = link_at - 61")
	due(a)
	tests.Eventually(t, "the user is forgotten", func() bool { return !a.Remembers(user) })
	if got := a.Rows("SELECT count(*) FROM verifications")[0]; got != "0" {
		t.Errorf("what was never made must be given up, %s are left", got)
	}
}

// A session that is made for somebody who was forgotten meanwhile is not handed out, and what it says of the user is erased.
func TestForgottenDuringCreate(t *testing.T) {
	a := start(t)
	person := a.Browser()
	answer := creating(a, person)
	user := a.Rows("SELECT user_id FROM people")[0]
	a.Change("UPDATE verifications SET link_at = link_at - 61") // the program stood still for a minute
	if out, err := redact(a, "-forget", user); err != nil || a.Remembers(user) {
		t.Fatalf("nothing is known of a session, so that nothing is waited for, got %v\n%s", err, out)
	}
	if got := answer(); got.Status != 503 || got.Code() != "stripe_unavailable" || strings.Contains(got.Body, "/start/") {
		t.Errorf("it must not be handed out, and the person try again, got %d %s", got.Status, got.Body)
	}
	tests.Eventually(t, "what was made is erased", func() bool { return atStripeRedacted(a, fresh(a).ID) })
	if a.Idle(); fresh(a).UserID != "" || a.Remembers(user) {
		t.Error("the user must be named nowhere any more")
	}
	person.MustOpen(a, "who is forgotten can begin anew")
}

// Of a session that Stripe does not know nothing is left to redact.
func TestForgetsWhoseSessionStripeDoesNotKnow(t *testing.T) {
	a := start(t)
	person, other := a.Browser(), a.Browser()
	session, others := person.Verify(a), other.Verify(a)
	a.Finish(session.ID, "verified")
	a.Finish(others.ID, "verified")
	a.Sim.Lose(session.ID, others.ID)
	user := person.User()
	if out, err := redact(a, "-forget", user); err != nil || !strings.Contains(out, session.ID+"  nothing to redact") || a.Remembers(user) {
		t.Errorf("who was verified by a session that Stripe does not know must be forgotten at once, got %v\n%s", err, out)
	}
	if got := redactionsAsked(a); got != 0 {
		t.Errorf("Stripe must not be asked to redact what it does not know, got %d", got)
	}
}
