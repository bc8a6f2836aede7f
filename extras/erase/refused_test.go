package erase_test

import (
	"strings"
	"testing"
	"time"

	"example.com/identity-starter/extras/erase"
	"example.com/identity-starter/store"
	"example.com/identity-starter/stripesim"
	"example.com/identity-starter/tests"
)

// refusing is the program beside a Stripe that does not redact what is canceled.
func refusing(t *testing.T) *tests.App {
	t.Helper()
	return tests.StartTeamWith(t, tests.With(erase.New), stripesim.Config{RefuseRedactingCanceled: true})
}

// canceled is a person with a failed check in a session that is canceled.
func canceled(a *tests.App) (*tests.Browser, string) {
	person := a.Browser()
	session := person.Verify(a).ID
	a.Finish(session, "document_expired")
	a.AtStripe("cancel", session)
	return person, session
}

// What Stripe refuses to redact for good is said, with what to do, and not asked for ever; nobody is forgotten while Stripe
// has something of them, until somebody says that it is settled.
func TestRefusedForGood(t *testing.T) {
	a := refusing(t)
	person, session := canceled(a)
	user := person.User()
	out, err := redact(a, "-forget", user)
	if err == nil || !strings.Contains(out, session+"  refused") || !strings.Contains(err.Error(), "Dashboard") || !strings.Contains(err.Error(), "-settled") {
		t.Errorf("the command must say what Stripe has refused, and what to do, got %v\n%s", err, out)
	}
	before := redactionsAsked(a)
	due(a)
	for range 3 { // turns of the running program
		done := a.Browser()
		a.Finish(done.Verify(a).ID, "verified")
		if out, err := redact(a, done.User()); err != nil {
			t.Fatalf("redact: %v\n%s", err, out)
		}
		before++
	}
	a.Change("INSERT INTO redactions (verification_id, livemode, due_at) SELECT id, 0, 1 FROM verifications WHERE session_id = ?", a.Browser().Verify(a).ID)
	tests.Eventually(t, "the running program takes a turn", func() bool { return redactionsAsked(a) > before })
	if got := len(a.Calls("POST", tests.SessionsPath+"/"+session+"/redact")); got != 1 || !a.Remembers(user) {
		t.Errorf("Stripe must not be asked again, and nobody be forgotten, got %d", got)
	}
	if said, _ := a.Command("doctor"); !strings.Contains(said, "WARN  erase: Stripe refuses for good to redact 1 sessions") {
		t.Errorf("the doctor must tell of it, got\n%s", said)
	}
	if out, err := redact(a, "-forget", "-settled", user); err != nil || a.Remembers(user) {
		t.Errorf("who says that it is settled is believed, got %v\n%s", err, out)
	}
	if said, _ := a.Command("doctor"); strings.Contains(said, "refuses for good") {
		t.Errorf("then nothing is left to tell, got\n%s", said)
	}
}

// The program itself says, too, what Stripe has refused it for good, once.
func TestRefusedForGoodIsLogged(t *testing.T) {
	a := refusing(t)
	_, session := canceled(a)
	a.Change("INSERT INTO redactions (verification_id, livemode, due_at) SELECT id, livemode, 1 FROM verifications WHERE session_id = ?", session)
	a.Says("level=ERROR msg=\"stripe refuses to redact a session")
	if out := a.Out.String(); !strings.Contains(out, session) || !strings.Contains(out, "Dashboard") || strings.Count(out, "refuses to redact") != 1 {
		t.Errorf("which one, and what to do, must be said once, got\n%s", out)
	}
}

// What was refused and is redacted after all, whoever has done it, is done.
func TestRefusedAndRedactedAfterAll(t *testing.T) {
	db, v := toForget(t, "user", store.Options{})
	if err := erase.Refuse(t.Context(), db, v.ID); err != nil {
		t.Fatal(err)
	}
	forget(t, db, "Stripe has refused", 1, true)
	says(t, db, v, "vs_1", store.Canceled, true)
	forget(t, db, "Stripe has redacted it after all", 0, false)
}

// An open session is closed by the redaction, not before it: Stripe might refuse to redact what is canceled.
func TestWhatIsRedactedIsNotCanceledBefore(t *testing.T) {
	a := tests.StartTeamWith(t, tests.With(erase.New), stripesim.Config{RefuseRedactingCanceled: true}, "MAX_VERIFICATION_ATTEMPTS=1")
	person := a.Browser()
	session := person.Verify(a).ID
	a.Sim.AddFault(stripesim.Fault{Path: tests.SessionsPath + "/" + session + "/redact", Status: 503, Times: 4})
	if out, err := redact(a, person.User()); err == nil {
		t.Fatalf("Stripe must not be done yet\n%s", out)
	}
	a.Finish(session, "document_expired") // uses up the attempts, for which an open session is closed
	a.NothingIsLeft()
	if got := a.StatusAtStripe(session); got != "requires_input" {
		t.Errorf("what is to be redacted must not be closed besides, got %s", got)
	}
	a.Sim.ClearFaults()
	due(a)
	tests.Eventually(t, "it is redacted", func() bool { return atStripeRedacted(a, session) })
}

// What Stripe has only taken in is not said to be under way, and is asked for again: who asked before may have left it at that.
func TestRedactionThatIsOnlyTakenIn(t *testing.T) {
	a := tests.StartTeamWith(t, tests.With(erase.New), stripesim.Config{RedactAfter: time.Hour, RedactionStatus: "validated"})
	person := a.Browser()
	session := person.Verify(a).ID
	a.Finish(session, "verified")
	out, err := a.Command("redact", person.User())
	if err != nil || !strings.Contains(out, "does not say that it has begun") {
		t.Errorf("what is not certain must not be promised, got %v\n%s", err, out)
	}
	due(a)
	tests.Eventually(t, "Stripe is asked again to redact it", func() bool { return redactionsAsked(a) > 1 })
	if out, err := a.Command("redact", person.User()); err != nil || !strings.Contains(out, "does not say that it has begun") {
		t.Errorf("that Stripe has taken it in before is no refusal, got %v\n%s", err, out)
	}
}
