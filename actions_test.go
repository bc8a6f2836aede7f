package main

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"example.com/identity-starter/stripesim"
)

// actions are what follows from outcomes, in the order in which it was written.
func (a *app) actions() string {
	a.t.Helper()
	return strings.Join(a.rows("SELECT kind || ' ' || outcome || ' ' || code FROM actions ORDER BY id"), ", ")
}

// nothingIsLeft waits until every action is done.
func (a *app) nothingIsLeft() {
	a.t.Helper()
	eventually(a.t, "every action is done", func() bool {
		return a.rows("SELECT count(*) FROM actions WHERE done_at IS NULL")[0] == "0"
	})
}

// statusAtStripe is a session's status there.
func (a *app) statusAtStripe(session string) string {
	a.t.Helper()
	now, ok := a.sim.Session(session)
	if !ok {
		a.t.Fatalf("Stripe must know %s", session)
	}
	return now.Status
}

// reconcile runs the command on a database, beside the program, and returns what it printed.
func (a *app) reconcile(database string, args ...string) (string, error) {
	a.t.Helper()
	settings := maps.Clone(a.settings)
	settings["DATABASE_URL"] = database
	out := &output{seen: make(chan struct{}, 1)}
	err := run(a.t.Context(), append([]string{"reconcile"}, args...), func(name string) string { return settings[name] }, out)
	return out.String(), err
}

// When the attempts are used up, the open session is closed at Stripe, whichever
// way the program heard of it, so that an old link cannot be used past the limit.
func TestUsedUpAttemptsCloseTheSession(t *testing.T) {
	for name, hear := range map[string]func(a *app, person *browser){
		"webhooks": func(*app, *browser) {},
		"return page": func(a *app, person *browser) {
			a.change("UPDATE verifications SET asked_at = 0")
			person.get("/verification/return")
		},
		"reconcile": func(a *app, _ *browser) {
			if out, err := a.reconcile(a.database); err != nil {
				a.t.Errorf("reconcile: %v\n%s", err, out)
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel() // another process's actions are found within seconds
			a := start(t)
			person := a.browser()
			session := person.verify(a)
			a.idle()
			a.sim.SetDelivery(stripesim.Switches{Drop: name != "webhooks"})
			for _, code := range []string{"document_expired", "selfie_face_mismatch", "document_expired"} {
				a.finish(session.ID, code)
				hear(a, person)
			}
			eventually(t, "the session is closed at Stripe", func() bool { return a.statusAtStripe(session.ID) == "canceled" })
			a.nothingIsLeft()
			want := "team failed document_expired, team failed selfie_face_mismatch, team failed document_expired, " +
				"team exhausted document_expired, cancel exhausted "
			if got := a.actions(); got != want {
				t.Errorf("what follows must not depend on the way: want %q, got %q", want, got)
			}
			if got := a.rows("SELECT status, error_code FROM verifications"); len(got) != 1 || got[0] != "canceled|document_expired" {
				t.Errorf("the row must tell of it, got %q", got)
			}
			person.mustRefuse("a click after the last attempt", 403, "attempts_exhausted")
		})
	}
}

// stuckAtClosing has a person use up the attempts while Stripe does not close sessions.
func stuckAtClosing(t *testing.T) (a *app, person *browser, session stripesim.Session) {
	t.Helper()
	a = start(t, "MAX_VERIFICATION_ATTEMPTS=1")
	person = a.browser()
	session = person.verify(a)
	closing := sessionsPath + "/" + session.ID + "/cancel"
	a.sim.AddFault(stripesim.Fault{Path: closing, Status: 503, Times: -1})
	a.finish(session.ID, "document_expired")
	eventually(t, "closing is put off", func() bool {
		return len(a.rows("SELECT id FROM actions WHERE kind = 'cancel' AND tries = 1 AND lease_until = 0")) == 1
	})
	return a, person, session
}

// goOn ends the outage, and the wait for the next try.
func (a *app) goOn() {
	a.sim.ClearFaults()
	a.change("UPDATE actions SET due_at = 0")
	a.nothingIsLeft()
}

// A reviewer may give one more attempt before the session is closed: then it stays.
func TestCloseReadsTheLimitAgain(t *testing.T) {
	t.Parallel()
	a, person, session := stuckAtClosing(t)
	a.change(`INSERT INTO decisions (livemode, user_id, session_id, decision, reviewer, reason, stripe_status, created_at)
		VALUES (0, ?, '', 'one_more', 'r', 'a kind person', 'requires_input', 1)`, person.user())
	a.goOn()
	if again := person.verify(a); again.ID != session.ID {
		t.Errorf("the session must be open for one more attempt, got %s", again.ID)
	}
}

// What is being checked cannot be closed: the action is done, and comes back with
// the next failure.
func TestCloseOfWhatIsBeingChecked(t *testing.T) {
	t.Parallel()
	a, _, session := stuckAtClosing(t)
	a.sim.SetDelivery(stripesim.Switches{Drop: true})
	a.finish(session.ID, stripesim.OutcomeProcessing)
	a.goOn()
	if got := a.rows("SELECT status FROM verifications"); got[0] != "processing" || a.statusAtStripe(session.ID) != "processing" {
		t.Errorf("a session that Stripe is checking stays, and the row says so, got %q", got)
	}
	a.sim.SetDelivery(stripesim.Switches{})
	a.finish(session.ID, "selfie_face_mismatch")
	eventually(t, "it is closed after that failure", func() bool { return a.statusAtStripe(session.ID) == "canceled" })
}

// A verdict about one session closes the other one, which would cost a fee and
// decide nothing.
func TestVerdictClosesTheOtherSession(t *testing.T) {
	a := start(t)
	person := a.browser()
	first := person.verify(a)
	a.atStripe("cancel", first.ID)
	second := person.verify(a)
	a.deliver(snapshot("evt_late_verdict", verifiedEvent, about(first, "verified")).json(t), platformSecret)
	eventually(t, "the other session is closed at Stripe", func() bool { return a.statusAtStripe(second.ID) == "canceled" })
	a.nothingIsLeft()
	if got := person.status(); got["status"] != "verified" {
		t.Errorf("the verdict must stand, got %v", got)
	}
}

// The team's own function hears of each outcome once, however often the news comes.
func TestTeamHearsOnce(t *testing.T) {
	a := start(t, "MAX_VERIFICATION_ATTEMPTS=2")
	lucky, unlucky, merchant := a.browser(), a.browser(), a.merchant()
	session := lucky.verify(a)
	for _, outcome := range []string{"abandoned", "document_expired", "verified"} {
		a.finish(session.ID, outcome)
	}
	for range 2 {
		a.finish(unlucky.verify(a).ID, "document_expired")
	}
	merchant.connect(a, stripesim.AccountA)
	a.merchant().post("/connect/accounts/"+stripesim.AccountA+"/disconnect", nil) // somebody else's: nothing
	merchant.post("/connect/accounts/"+stripesim.AccountA+"/disconnect", nil)
	for _, e := range a.sim.Events() {
		if err := a.sim.Redeliver(e.ID); err != nil {
			t.Fatal(err)
		}
	}
	a.idle()
	a.nothingIsLeft()
	if out, err := a.reconcile(a.database); err != nil {
		t.Errorf("reconcile: %v\n%s", err, out)
	}
	a.nothingIsLeft()
	var heard []string
	for _, line := range strings.Split(a.out.String(), "\n") {
		if _, rest, ok := strings.Cut(line, "msg=outcome what="); ok {
			heard = append(heard, strings.Fields(rest)[0])
		}
	}
	slices.Sort(heard)
	want := []string{"connected", "disconnected", "exhausted", "failed", "failed", "failed", "failed", "verified"}
	if !slices.Equal(heard, want) {
		t.Errorf("each outcome must be told once: want %q, got %q", want, heard)
	}
	if got := a.rows("SELECT count(*), count(DISTINCT key) FROM actions WHERE kind = 'team'"); got[0] != fmt.Sprintf("%d|%d", len(want), len(want)) {
		t.Errorf("each outcome must have a key of its own, got %q", got)
	}
}
