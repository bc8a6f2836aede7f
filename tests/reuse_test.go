package tests

import (
	"strings"
	"testing"

	"example.com/identity-starter/stripesim"
)

// Whoever comes back gets a fresh address for the same session.
func TestReuse(t *testing.T) {
	a := Start(t)
	person := a.Browser()
	session := person.Verify(a)
	a.Finish(session.ID, stripesim.OutcomeClose)
	first, second := person.Click(), person.Click()
	if first.Status != 200 || second.Status != 200 || first.Body == second.Body {
		t.Errorf("an address is good for one visit, so each click needs a fresh one, got %s and %s", first.Body, second.Body)
	}
	if creates, retrieves := len(a.Creates()), a.Retrieves(session.ID); creates != 1 || retrieves != 2 {
		t.Errorf("an open session must be retrieved, not made again, got %d creates and %d retrieves", creates, retrieves)
	}
	a.Finish(session.ID, "document_expired")
	if again := person.Verify(a); again.ID != session.ID {
		t.Error("another try must use the same session")
	}
}

// While a submission is being checked there is nothing to click, whether the
// webhook told of it or only Stripe knows.
func TestRefusedWhileProcessing(t *testing.T) {
	for name, lost := range map[string]bool{"webhook arrived": false, "webhook lost": true} {
		t.Run(name, func(t *testing.T) {
			a := Start(t)
			person := a.Browser()
			session := person.Verify(a)
			a.Sim.SetDelivery(stripesim.Switches{Drop: lost})
			a.Finish(session.ID, stripesim.OutcomeProcessing)
			person.MustRefuse("a click while Stripe is checking", 409, "processing")
			if got := a.Rows("SELECT status FROM verifications"); len(got) != 1 || got[0] != "processing" {
				t.Errorf("what Stripe said must be recorded, got %q", got)
			}
			a.Sim.SetDelivery(stripesim.Switches{})
			a.Finish(session.ID, "document_expired")
			person.MustOpen(a, "a click after the check")
			if n := len(a.Sim.Sessions()); n != 1 {
				t.Errorf("no second session, got %d", n)
			}
		})
	}
}

// A verdict whose webhook was lost is found out at the next click, and recorded.
func TestVerdictLost(t *testing.T) {
	a := Start(t)
	person := a.Browser()
	session := person.Verify(a)
	a.Sim.SetDelivery(stripesim.Switches{Drop: true})
	a.Finish(session.ID, "verified")
	person.MustRefuse("a click when Stripe has verified the person", 409, "already_verified")
	if got := a.Rows("SELECT user_id, verified FROM users"); len(got) != 1 || got[0] != person.User()+"|1" {
		t.Errorf("the verdict must be recorded, got %q", got)
	}
	if got := person.Get("/members"); got.Status != 200 {
		t.Errorf("the gate must open, got %d", got.Status)
	}
	if n := len(a.Sim.Sessions()); n != 1 {
		t.Errorf("a verified person must not get a second session, got %d", n)
	}
}

// A last failure whose webhook was lost is found out, too: no try beyond the limit.
func TestLastFailureLost(t *testing.T) {
	a := Start(t, "MAX_VERIFICATION_ATTEMPTS=1")
	person := a.Browser()
	session := person.Verify(a)
	a.Sim.SetDelivery(stripesim.Switches{Drop: true})
	a.Finish(session.ID, "document_expired")
	person.MustRefuse("a click when the only attempt has failed at Stripe", 403, "attempts_exhausted")
	if got := a.Rows("SELECT code FROM attempts"); len(got) != 1 || got[0] != "document_expired" {
		t.Errorf("the failure must be counted, got %q", got)
	}
}

// A canceled session is replaced; an open one that was canceled in the Dashboard
// without our hearing of it, too.
func TestCanceledIsReplaced(t *testing.T) {
	for name, lost := range map[string]bool{"webhook arrived": false, "webhook lost": true} {
		t.Run(name, func(t *testing.T) {
			a := Start(t)
			person := a.Browser()
			first := person.Verify(a)
			a.Finish(first.ID, "document_expired")
			a.Sim.SetDelivery(stripesim.Switches{Drop: lost})
			a.AtStripe("cancel", first.ID)
			person.MustOpen(a, "a click after a cancel")
			got := a.Rows("SELECT session_id, status, error_code FROM verifications ORDER BY person, number")
			second := a.Sim.Sessions()[1].ID
			want := []string{first.ID + "|canceled|document_expired", second + "|requires_input|"}
			if len(got) != 2 || got[0] != want[0] || got[1] != want[1] {
				t.Errorf("the canceled session stays as history beside the new one, want %q, got %q", want, got)
			}
			if left := person.Status(); left["attempts_left"] != 2.0 {
				t.Errorf("a new session must not give attempts back, got %v", left)
			}
		})
	}
}

// Each browser is a user of its own, and one never touches another's session.
func TestUsersApart(t *testing.T) {
	a := Start(t)
	one, other := a.Browser(), a.Browser()
	mine, theirs := one.Verify(a), other.Verify(a)
	if mine.ID == theirs.ID || mine.UserID == theirs.UserID {
		t.Fatalf("two people must have two sessions, got %q and %q", mine.ID, theirs.ID)
	}
	a.Finish(mine.ID, "verified")
	if got := other.Get("/members"); got.Status != 303 {
		t.Errorf("one person's verdict must not let another one in, got %d", got.Status)
	}
	if got := other.Status(); got["status"] != "requires_input" {
		t.Errorf("the other person's status must be his own, got %v", got)
	}
}

// Test and live mode share a file and never meet: verified in test mode is not
// verified in live mode.
func TestModesApart(t *testing.T) {
	a := Start(t)
	person := a.Browser()
	session := person.Verify(a)
	a.Finish(session.ID, "verified")
	a.Change("UPDATE verifications SET livemode = 1")
	a.Change("UPDATE people SET livemode = 1")
	if got := person.Get("/members"); got.Status != 303 {
		t.Errorf("a verdict of the other mode must not open the gate, got %d", got.Status)
	}
	person.MustOpen(a, "a click of a person who is verified in the other mode")
}

// Who has an open session that was made for another check is not sent there again: a stricter check that is switched on
// holds for everybody who clicks from then on. Of the address to come back to a session keeps the old one for an hour.
func TestReuseOfWhatWasMadeOtherwise(t *testing.T) {
	t.Parallel() // beside others that wait
	for name, c := range map[string]struct {
		change  string
		age     int // of the session, in seconds
		another bool
	}{
		"a selfie is asked for now":               {"REQUIRE_MATCHING_SELFIE=true", 0, true},
		"pictures are taken live now":             {"REQUIRE_LIVE_CAPTURE=true", 0, true},
		"a flow decides now":                      {"STRIPE_VERIFICATION_FLOW=vf_simulator", 0, true},
		"another address to come back to":         {"BASE_URL=http://localhost:4243", 0, false},
		"another address, and an hour has passed": {"BASE_URL=http://localhost:4243", 3700, true},
		"nothing else, after a quarter":           {"APP_NAME=Shop", 90 * 86400, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := Start(t)
			person := a.Browser()
			session := person.Verify(a)
			a.Finish(session.ID, "abandoned") // costs no attempt: the session is used again
			if err := a.Stop(); err != nil {
				t.Fatal(err)
			}
			a.Change("UPDATE verifications SET created_at = created_at - ?1, opened_at = opened_at - ?1, link_at = link_at - ?1", c.age)
			base := a.URL
			a.Set(c.change)
			a.Run()
			a.URL, person.Base = base, base
			next := person.Verify(a)
			if another := next.ID != session.ID; another != c.another {
				t.Fatalf("another session must be made: %v, got %v", c.another, another)
			}
			if !c.another {
				return
			}
			a.NothingIsLeft()
			if got := a.StatusAtStripe(session.ID); got != "canceled" {
				t.Errorf("the one that was made otherwise must be closed at Stripe, got %q", got)
			}
			a.Finish(next.ID, "verified")
			if got := person.Get("/members"); got.Status != 200 {
				t.Errorf("the other one must count, got %d", got.Status)
			}
		})
	}
}

// A session that Stripe does not know, because the key is another sandbox's or test data was deleted, is closed: that answer
// will not change, and nobody must be stuck with it.
func TestSessionThatStripeDoesNotKnow(t *testing.T) {
	t.Parallel() // beside others that wait
	for _, status := range []string{"requires_input", "processing"} {
		t.Run(status, func(t *testing.T) {
			t.Parallel()
			a := Start(t)
			person := a.Browser()
			session := person.Verify(a)
			if status == "processing" {
				a.Finish(session.ID, stripesim.OutcomeProcessing)
			}
			a.Idle()
			a.Sim.Lose(session.ID)
			if got := person.Get("/verification/return"); got.Status != 200 {
				t.Errorf("the return page must show what is known, got %d", got.Status)
			}
			next := person.Verify(a)
			if next.ID == session.ID {
				t.Fatal("another session must be made")
			}
			a.Finish(next.ID, "verified")
			if got := person.Get("/members"); got.Status != 200 {
				t.Errorf("who is verified by the other one must pass, got %d", got.Status)
			}
			a.NothingIsLeft()
			if out, _ := a.Command("doctor"); !strings.Contains(out, "Stripe does not know 1 of them") {
				t.Errorf("the doctor must tell of it, got\n%s", out)
			}
		})
	}
}
