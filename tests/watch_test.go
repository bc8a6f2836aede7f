package tests

import (
	"testing"
	"time"

	"example.com/identity-starter/stripesim"
)

// A list that Stripe does not answer holds up nothing else that the program does by itself, and comes to an end.
func TestUnansweredListHoldsUpNothing(t *testing.T) {
	t.Parallel() // beside others that wait
	a := Start(t)
	session := a.Browser().Verify(a)
	a.Idle()
	if err := a.Stop(); err != nil {
		t.Fatal(err)
	}
	before := len(a.Calls("GET", SessionsPath+"/"+session.ID))
	a.Change("UPDATE verifications SET check_at = 1, asked_at = 0")
	a.Sim.AddFault(stripesim.Fault{Path: "/v1/events", Hang: true, Times: -1})
	a.Run()
	began := time.Now()
	Eventually(t, "a session that is due is asked about", func() bool { return len(a.Calls("GET", SessionsPath+"/"+session.ID)) > before })
	if took := time.Since(began); took > 5*time.Second {
		t.Errorf("a session that is due must not wait for a list of events, got %v", took)
	}
	out, err := a.Command("reconcile")
	if took := time.Since(began); err == nil || took > 40*time.Second {
		t.Errorf("a command must not wait for ever for a list that is not answered, got %v after %v\n%s", err, took, out)
	}
	a.Says("cannot be listed")
	a.Sim.ClearFaults()
}

// What was missed while the program was down is learned from Stripe's list first, and not by a question about the session: after
// an answer the log would say that webhooks do not come, which Stripe has only not repeated yet.
func TestMissedWhileDownIsLearnedFromTheList(t *testing.T) {
	a := Start(t)
	session := a.Browser().Verify(a)
	a.Idle()
	if err := a.Stop(); err != nil {
		t.Fatal(err)
	}
	a.Sim.SetDelivery(stripesim.Switches{Drop: true})
	if err := a.Sim.Finish(session.ID, "verified"); err != nil {
		t.Fatal(err)
	}
	a.Change("UPDATE verifications SET check_at = 1, asked_at = 0")
	a.Sim.AddFault(stripesim.Fault{Path: "/v1/events", Delay: 300 * time.Millisecond})
	before := len(a.Calls("GET", SessionsPath+"/"+session.ID))
	a.Run()
	Eventually(t, "the verdict is known", func() bool { return a.Rows("SELECT status FROM verifications")[0] == "verified" })
	if asked := len(a.Calls("GET", SessionsPath+"/"+session.ID)) - before; asked > 0 {
		t.Errorf("a session of which the list tells must not be asked about, got %d questions", asked)
	}
	a.Says(`msg="learned without a webhook" id=evt_`)
	a.Says(`what="identity.verification_session.verified of ` + session.ID + `"`)
	a.Says(`msg="asked stripe what was missed" events="2 changed something, 0 known already, 0 not ours, 0 failed" sessions="0 changed something, 1 known already, 0 not ours, 0 failed"`)
}
