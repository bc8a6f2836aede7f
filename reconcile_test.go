package main

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"example.com/identity-starter/stripesim"
)

// day is a day with everything in it that Stripe tells of, and two databases: one
// of a program that gets every webhook, and a copy from the evening before.
type day struct {
	*app
	stripe *clock
	missed *app // the database that hears of nothing
	people map[string]stripesim.Session
}

// aDay lets it happen.
func aDay(t *testing.T) *day {
	t.Helper()
	stripe := &clock{}
	d := &day{app: startWith(t, stripesim.Config{Now: stripe.now}), stripe: stripe, people: map[string]stripesim.Session{}}
	for _, name := range []string{"verified", "exhausted", "being checked", "walked away", "canceled", "redacted", "redacted after a verdict", "untouched"} {
		person := d.browser()
		d.people[name] = person.verify(d.app)
		if name == "verified" { // has had a session before
			d.atStripe("cancel", d.people[name].ID)
			d.people[name] = person.verify(d.app)
		}
	}
	d.idle()
	d.missed = &app{t: t, sim: d.sim, settings: d.settings, database: filepath.Join(t.TempDir(), "missed.db")}
	d.change("VACUUM INTO '" + d.missed.database + "'")
	d.happen()
	return d
}

func (d *day) happen() {
	d.t.Helper()
	d.hours(1, "walked away", "document_expired", "abandoned")
	d.hours(2, "exhausted", "document_expired", "selfie_face_mismatch", "some_new_code")
	d.hours(3, "canceled", "document_unverified_other")
	d.atStripe("cancel", d.people["canceled"].ID)
	d.hours(4, "redacted", "selfie_face_mismatch")
	d.hours(5, "redacted after a verdict", "verified")
	d.stripe.move(time.Hour)
	d.atStripe("redact", d.people["redacted"].ID)
	d.atStripe("redact", d.people["redacted after a verdict"].ID)
	d.hours(6, "verified", "consent_declined", "document_expired", "verified")
	d.hours(7, "being checked", "document_expired", stripesim.OutcomeProcessing)
	eventually(d.t, "the session of whom no attempt is left is closed", func() bool {
		return d.statusAtStripe(d.people["exhausted"].ID) == "canceled"
	})
	d.idle()
}

// hours lets time pass, and a person come to these outcomes then.
func (d *day) hours(n int, name string, outcomes ...string) {
	d.t.Helper()
	d.stripe.move(time.Duration(n) * time.Hour)
	for _, outcome := range outcomes {
		d.stripe.move(2 * time.Second)
		d.finish(d.people[name].ID, outcome)
	}
}

// tables are what a program knows of verifications, attempts, events and actions.
// What a cancel's or a check's event has changed depends on who was first: the
// answer to the program's own request, or the outcome.
func (a *app) tables() []string {
	a.t.Helper()
	return slices.Concat(
		a.rows(`SELECT 'verification', id, user_id, session_id, livemode, status, error_code, created_at, redacted_at IS NULL
			FROM verifications ORDER BY id`),
		a.rows(`SELECT 'attempt', report_id, session_id, user_id, livemode, code, created_at FROM attempts ORDER BY report_id`),
		a.rows(`SELECT 'event', id, type, livemode, account, object_id, created_at, 
			CASE WHEN type LIKE '%canceled' OR type LIKE '%processing' THEN '' ELSE result END
			FROM events WHERE type NOT LIKE '%created' ORDER BY id`),
		a.rows(`SELECT 'action', key, kind, outcome, user_id, object_id, code FROM actions ORDER BY key`))
}

func mustEqual(t *testing.T, rule string, want, got []string) {
	t.Helper()
	for _, line := range want {
		if !slices.Contains(got, line) {
			t.Errorf("%s: missing %s", rule, line)
		}
	}
	for _, line := range got {
		if !slices.Contains(want, line) {
			t.Errorf("%s: too much: %s", rule, line)
		}
	}
}

// After a day without webhooks reconcile leaves the tables that a program has to
// which all were delivered; a second run changes nothing.
func TestReconcileAfterADay(t *testing.T) {
	d := aDay(t)
	if slices.Equal(d.tables(), d.missed.tables()) {
		t.Fatal("the copy must have missed something")
	}
	out, err := d.reconcile(d.missed.database)
	if err != nil {
		t.Fatalf("reconcile: %v\n%s", err, out)
	}
	want := d.tables()
	mustEqual(t, "after a day without webhooks", want, d.missed.tables())
	printed := strings.Split(strings.TrimSpace(out), "\n")
	if sum := printed[len(printed)-1]; !strings.HasSuffix(sum, " 0 failed") || len(printed) < 20 ||
		!strings.HasPrefix(sum, fmt.Sprint(len(printed)-1, " events")) {
		t.Errorf("there must be a line for each change, and a sum, got\n%s", out)
	}
	again, err := d.reconcile(d.missed.database)
	if err != nil || again != "0 events, 0 sessions and 0 rebuilt sessions were news, 0 failed\n" {
		t.Errorf("a second run has nothing to tell, got %v\n%s", err, again)
	}
	mustEqual(t, "a second run", want, d.missed.tables())
}

// What reconcile has recorded counts once, when its webhooks arrive after all.
func TestReconcileBeforeTheWebhooks(t *testing.T) {
	a := start(t)
	person := a.browser()
	session := person.verify(a)
	a.idle()
	a.sim.Hold()
	if err := a.sim.Finish(session.ID, "document_expired"); err != nil {
		t.Fatal(err)
	}
	if out, err := a.reconcile(a.database); err != nil || !strings.Contains(out, "requires_input: applied") {
		t.Fatalf("reconcile must find the failure: %v\n%s", err, out)
	}
	a.sim.Release()
	a.idle()
	if got := a.rows("SELECT type, count(*) FROM events WHERE type LIKE '%requires_input' GROUP BY type"); len(got) != 1 || !strings.HasSuffix(got[0], "|1") {
		t.Errorf("an event must be recorded once, got %q", got)
	}
	if got := person.attempts(a); got != "document_expired" {
		t.Errorf("the failure must be one attempt, got %q", got)
	}
}

// With -all an empty file gets the verifications and attempts from Stripe's lists.
// Whose a redacted session was, nobody can say any more.
func TestReconcileAll(t *testing.T) {
	d := aDay(t)
	empty := &app{t: t, sim: d.sim, database: filepath.Join(t.TempDir(), "empty.db")}
	for range 2 {
		out, err := d.reconcile(empty.database, "-all")
		if err != nil {
			t.Fatalf("reconcile -all: %v\n%s", err, out)
		}
		known := func(a *app) []string {
			return slices.Concat(a.rows(`SELECT 'verification', id, user_id, session_id, livemode, status, error_code
				FROM verifications WHERE redacted_at IS NULL`), a.rows(`SELECT 'attempt', report_id, session_id, user_id, livemode, code, created_at
				FROM attempts WHERE session_id NOT IN (SELECT session_id FROM verifications WHERE redacted_at IS NOT NULL)`))
		}
		mustEqual(t, "rebuilt from Stripe's lists", known(d.app), known(empty))
		if got := empty.rows("SELECT count(*) FROM actions"); got[0] != "0" {
			t.Errorf("nothing follows from the past, got %s actions", got)
		}
	}
}

// One session that cannot be read does not stop the rest, but is an error.
func TestReconcileWithAFailingSession(t *testing.T) {
	d := aDay(t)
	failing := d.people["being checked"].ID
	d.missed.change("INSERT INTO events SELECT 'evt_' || id, 'identity.verification_session.processing', 0, '', '', ?, 1, 'stale' FROM verifications LIMIT 1",
		d.stripe.now().Add(2*time.Hour).Unix()) // so that the list has nothing new, and each session is asked about
	d.sim.AddFault(stripesim.Fault{Path: sessionsPath + "/" + failing, Status: 404, Times: -1})
	out, err := d.reconcile(d.missed.database)
	if err == nil || !strings.Contains(out, failing+"  failed: ") || !strings.Contains(out, "0 events, ") || !strings.HasSuffix(out, " 1 failed\n") {
		t.Errorf("a failing session must be named, and be an error, got %v\n%s", err, out)
	}
	if strings.Contains(out, "simulator") || strings.Contains(out, "http://") {
		t.Errorf("Stripe's words, keys and addresses must not be printed, got\n%s", out)
	}
	states := "SELECT session_id, status, error_code FROM verifications WHERE session_id NOT IN (?, ?) ORDER BY session_id"
	unknown := d.people["redacted"].ID // why it failed, only the events could tell
	if got, want := d.missed.rows(states, failing, unknown), d.rows(states, failing, unknown); !slices.Equal(got, want) {
		t.Errorf("the others must be as Stripe has them: want %q, got %q", want, got)
	}
}

// A session whose create was never answered is found by our reference.
func TestReconcileFindsTheUnansweredCreate(t *testing.T) {
	a := start(t)
	a.sim.AddFault(atCreate(stripesim.Fault{Close: true, After: true, Times: -1}))
	a.browser().mustRefuse("Stripe's answer is lost", 503, "stripe_unavailable")
	if out, err := a.reconcile(a.database); err != nil {
		t.Fatalf("reconcile: %v\n%s", err, out)
	}
	if got := a.rows("SELECT session_id FROM verifications"); len(got) != 1 || got[0] != a.sim.Sessions()[0].ID {
		t.Errorf("the row must have its session, got %q", got)
	}
}

// One webhook that was lost, while a later one arrived, is found as well.
func TestReconcileFindsTheLostOne(t *testing.T) {
	stripe := &clock{}
	a := startWith(t, stripesim.Config{Now: stripe.now})
	unheard, heard := a.browser(), a.browser()
	lost, last := unheard.verify(a), heard.verify(a)
	a.idle()
	a.sim.SetDelivery(stripesim.Switches{Drop: true})
	for _, outcome := range []string{"document_expired", "selfie_face_mismatch"} {
		a.finish(lost.ID, outcome)
	}
	stripe.move(50 * time.Minute)
	a.sim.SetDelivery(stripesim.Switches{})
	a.finish(last.ID, "verified")
	if out, err := a.reconcile(a.database); err != nil || !strings.Contains(out, "4 events, ") {
		t.Errorf("reconcile must find the four events, got %v\n%s", err, out)
	}
	if got := unheard.attempts(a); got != "document_expired selfie_face_mismatch" {
		t.Errorf("both failures must count, got %q", got)
	}
}
