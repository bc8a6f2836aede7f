package tests

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"example.com/identity-starter/store"
	"example.com/identity-starter/stripesim"
)

// actions are what follows from outcomes, in the order in which it was written.
func (a *App) actions() string {
	a.T.Helper()
	return strings.Join(a.Rows("SELECT kind || ' ' || outcome || ' ' || code FROM actions ORDER BY id"), ", ")
}

// When the attempts are used up, the open session is closed at Stripe, whichever
// way the program heard of it, so that an old link cannot be used past the limit.
func TestUsedUpAttemptsCloseTheSession(t *testing.T) {
	t.Parallel()
	for name, hear := range map[string]func(a *App, person *Browser){
		"webhooks": func(*App, *Browser) {},
		"return page": func(a *App, person *Browser) {
			a.Change("UPDATE verifications SET asked_at = 0")
			person.Get("/verification/return")
		},
		"reconcile": func(a *App, _ *Browser) {
			if out, err := a.Reconcile(a.Database); err != nil {
				a.T.Errorf("reconcile: %v\n%s", err, out)
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel() // another process's actions are found within seconds
			a := Start(t)
			person := a.Browser()
			session := person.Verify(a)
			a.Idle()
			a.Sim.SetDelivery(stripesim.Switches{Drop: name != "webhooks"})
			for _, code := range []string{"document_expired", "selfie_face_mismatch", "document_expired"} {
				a.Finish(session.ID, code)
				hear(a, person)
			}
			Eventually(t, "the session is closed at Stripe", func() bool { return a.StatusAtStripe(session.ID) == "canceled" })
			a.NothingIsLeft()
			want := "team failed document_expired, team failed selfie_face_mismatch, team failed document_expired, " +
				"team exhausted document_expired, cancel superfluous exhausted"
			if got := a.actions(); got != want {
				t.Errorf("what follows must not depend on the way: want %q, got %q", want, got)
			}
			if got := a.Rows("SELECT status, error_code FROM verifications"); len(got) != 1 || got[0] != "canceled|document_expired" {
				t.Errorf("the row must tell of it, got %q", got)
			}
			person.MustRefuse("a click after the last attempt", 403, "attempts_exhausted")
		})
	}
}

// stuckAtClosing has a person use up the attempts while Stripe does not close sessions.
func stuckAtClosing(t *testing.T) (a *App, person *Browser, session stripesim.Session) {
	t.Helper()
	a = Start(t, "MAX_VERIFICATION_ATTEMPTS=1")
	person = a.Browser()
	session = person.Verify(a)
	closing := SessionsPath + "/" + session.ID + "/cancel"
	a.Sim.AddFault(stripesim.Fault{Path: closing, Status: 503, Times: -1})
	a.Finish(session.ID, "document_expired")
	Eventually(t, "closing is put off", func() bool {
		return len(a.Rows("SELECT id FROM actions WHERE kind = 'cancel' AND tries = 1 AND lease_until = 0")) == 1
	})
	return a, person, session
}

// goOn ends the outage, and the wait for the next try. One that is going on would put it off once more.
func (a *App) goOn() {
	Eventually(a.T, "nothing is tried just now", func() bool {
		return len(a.Rows("SELECT id FROM actions WHERE due_at IS NOT NULL AND done_at IS NULL AND (lease_until <> 0 OR due_at <= unixepoch())")) == 0
	})
	a.Sim.ClearFaults()
	a.Change("UPDATE actions SET due_at = 0 WHERE due_at IS NOT NULL")
	a.NothingIsLeft()
}

// A reviewer may give one more attempt before the session is closed: then it stays.
func TestCloseReadsTheLimitAgain(t *testing.T) {
	t.Parallel()
	a, person, session := stuckAtClosing(t)
	a.Decide(person.User(), store.OneMore)
	a.goOn()
	if again := person.Verify(a); again.ID != session.ID {
		t.Errorf("the session must be open for one more attempt, got %s", again.ID)
	}
}

// What is being checked cannot be closed: the action is done, and comes back with
// the next failure.
func TestCloseOfWhatIsBeingChecked(t *testing.T) {
	t.Parallel()
	a, _, session := stuckAtClosing(t)
	// The time of an answer is a whole second less what the call took: in the second of the failure it may tell of the time before.
	a.Change("UPDATE verifications SET news_at = news_at - 2")
	a.Sim.SetDelivery(stripesim.Switches{Drop: true})
	a.Finish(session.ID, stripesim.OutcomeProcessing)
	a.goOn()
	if got := a.Rows("SELECT status FROM verifications"); got[0] != "processing" || a.StatusAtStripe(session.ID) != "processing" {
		t.Errorf("a session that Stripe is checking stays, and the row says so, got %q", got)
	}
	a.Sim.SetDelivery(stripesim.Switches{})
	a.Finish(session.ID, "selfie_face_mismatch")
	Eventually(t, "it is closed after that failure", func() bool { return a.StatusAtStripe(session.ID) == "canceled" })
}

// A verdict about one session closes the other one, which would cost a fee and
// decide nothing.
func TestVerdictClosesTheOtherSession(t *testing.T) {
	a := Start(t)
	person := a.Browser()
	first := person.Verify(a)
	a.AtStripe("cancel", first.ID)
	second := person.Verify(a)
	a.Override(first.ID, "verified")
	Eventually(t, "the other session is closed at Stripe", func() bool { return a.StatusAtStripe(second.ID) == "canceled" })
	a.NothingIsLeft()
	if got := person.Status(); got["status"] != "verified" {
		t.Errorf("the verdict must stand, got %v", got)
	}
}

// The team's own function hears of each outcome once, however often the news comes.
func TestTeamHearsOnce(t *testing.T) {
	a := Start(t, "MAX_VERIFICATION_ATTEMPTS=2")
	lucky, unlucky, merchant := a.Browser(), a.Browser(), a.Merchant()
	session := lucky.Verify(a)
	for _, outcome := range []string{"abandoned", "document_expired", "verified"} {
		a.Finish(session.ID, outcome)
	}
	for range 2 {
		a.Finish(unlucky.Verify(a).ID, "document_expired")
	}
	merchant.Connect(a, stripesim.AccountA)
	a.Merchant().Post("/connect/accounts/"+stripesim.AccountA+"/disconnect", nil) // somebody else's: nothing
	merchant.Post("/connect/accounts/"+stripesim.AccountA+"/disconnect", nil)
	for _, e := range a.Sim.Events() {
		if err := a.Sim.Redeliver(e.ID); err != nil {
			t.Fatal(err)
		}
	}
	a.Idle()
	a.NothingIsLeft()
	if out, err := a.Reconcile(a.Database); err != nil {
		t.Errorf("reconcile: %v\n%s", err, out)
	}
	a.NothingIsLeft()
	var heard []string
	for _, line := range strings.Split(a.Out.String(), "\n") {
		if _, rest, ok := strings.Cut(line, "msg=outcome what="); ok {
			heard = append(heard, strings.Fields(rest)[0])
		}
	}
	slices.Sort(heard)
	want := []string{"connected", "disconnected", "exhausted", "failed", "failed", "failed", "failed", "verified"}
	if !slices.Equal(heard, want) {
		t.Errorf("each outcome must be told once: want %q, got %q", want, heard)
	}
	if got := a.Rows("SELECT count(*), count(DISTINCT key) FROM actions WHERE kind = 'team'"); got[0] != fmt.Sprintf("%d|%d", len(want), len(want)) {
		t.Errorf("each outcome must have a key of its own, got %q", got)
	}
}
