package tests

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"example.com/identity-starter/stripesim"
)

// day is a day with everything in it that Stripe tells of, and two databases: one
// of a program that gets every webhook, and a copy from the evening before.
type day struct {
	*App
	stripe *Clock
	missed *App // the database that hears of nothing
	people map[string]stripesim.Session
}

// aDay lets it happen.
func aDay(t *testing.T) *day {
	t.Helper()
	stripe := &Clock{}
	d := &day{App: StartWith(t, stripesim.Config{Now: stripe.Now}), stripe: stripe, people: map[string]stripesim.Session{}}
	for _, name := range []string{"verified", "exhausted", "being checked", "walked away", "canceled", "redacted", "redacted after a verdict", "untouched"} {
		person := d.Browser()
		d.people[name] = person.Verify(d.App)
		if name == "verified" { // has had a session before
			d.AtStripe("cancel", d.people[name].ID)
			d.people[name] = person.Verify(d.App)
		}
	}
	d.Idle()
	d.missed = &App{T: t, Team: d.Team, Sim: d.Sim, Settings: d.Settings, Database: Copied(t, d.Database)}
	d.happen()
	return d
}

func (d *day) happen() {
	d.T.Helper()
	d.hours(1, "walked away", "document_expired", "abandoned")
	d.hours(2, "exhausted", "document_expired", "selfie_face_mismatch", "some_new_code")
	d.hours(3, "canceled", "document_unverified_other")
	d.AtStripe("cancel", d.people["canceled"].ID)
	d.hours(4, "redacted", "selfie_face_mismatch")
	d.hours(5, "redacted after a verdict", "verified")
	d.stripe.Move(time.Hour)
	d.AtStripe("redact", d.people["redacted"].ID)
	d.AtStripe("redact", d.people["redacted after a verdict"].ID)
	d.hours(6, "verified", "consent_declined", "document_expired", "verified")
	d.hours(7, "being checked", "document_expired", stripesim.OutcomeProcessing)
	Eventually(d.T, "the session of whom no attempt is left is closed", func() bool {
		return d.StatusAtStripe(d.people["exhausted"].ID) == "canceled"
	})
	d.Idle()
}

// hours lets time pass, and a person come to these outcomes then.
func (d *day) hours(n int, name string, outcomes ...string) {
	d.T.Helper()
	d.stripe.Move(time.Duration(n) * time.Hour)
	for _, outcome := range outcomes {
		d.stripe.Move(2 * time.Second)
		d.Finish(d.people[name].ID, outcome)
	}
}

// tables are what a program knows of verifications, attempts, events and actions.
// What a cancel's or a check's event has changed depends on who was first: the
// answer to the program's own request, or the outcome.
func (a *App) tables() []string {
	a.T.Helper()
	return slices.Concat(
		a.Rows(`SELECT 'verification', id, user_id, session_id, livemode, status, error_code, created_at, redacted_at IS NULL
			FROM verifications ORDER BY id`),
		a.Rows(`SELECT 'attempt', report_id, session_id, user_id, livemode, code, created_at FROM attempts ORDER BY report_id`),
		a.Rows(`SELECT 'event', id, type, livemode, account, object_id, created_at, 
			CASE WHEN type LIKE '%canceled' OR type LIKE '%processing' THEN '' ELSE result END
			FROM events WHERE type NOT LIKE '%created' ORDER BY id`),
		a.Rows(`SELECT 'action', key, kind, outcome, user_id, object_id, code FROM actions ORDER BY key`))
}

// After a day without webhooks reconcile leaves the tables that a program has to
// which all were delivered; a second run changes nothing.
func TestReconcileAfterADay(t *testing.T) {
	d := aDay(t)
	if slices.Equal(d.tables(), d.missed.tables()) {
		t.Fatal("the copy must have missed something")
	}
	out, err := d.Reconcile(d.missed.Database)
	if err != nil {
		t.Fatalf("reconcile: %v\n%s", err, out)
	}
	want := d.tables()
	MustEqual(t, "after a day without webhooks", want, d.missed.tables())
	printed := strings.Split(strings.TrimSpace(out), "\n")
	changes, sums := printed[:len(printed)-3], printed[len(printed)-3:]
	if len(changes) < 19 || !strings.HasPrefix(sums[0], fmt.Sprintf("events listed:   %d changed something, ", len(changes))) ||
		!strings.HasPrefix(sums[1], "sessions asked:  0 changed something, ") || !strings.HasPrefix(sums[2], "sessions listed: 0 changed something, ") {
		t.Errorf("there must be a line for each change, and a sum of each list, got\n%s", out)
	}
	if first := d.missed.Rows("SELECT count(*) FROM events WHERE fetched = 1 AND result IN ('applied', 'asked')"); first[0] != fmt.Sprint(len(changes)) {
		t.Errorf("only what changed something is news: want %s lines, got %d\n%s", first[0], len(changes), out)
	}
	again, err := d.Reconcile(d.missed.Database)
	if err != nil || strings.Count(again, "\n") != 3 || strings.Count(again, " 0 changed something, ") != 3 || strings.Count(again, " 0 not ours, 0 failed\n") != 3 {
		t.Errorf("a second run has nothing to tell, got %v\n%s", err, again)
	}
	MustEqual(t, "a second run", want, d.missed.tables())
}

// What reconcile has recorded counts once, when its webhooks arrive after all.
func TestReconcileBeforeTheWebhooks(t *testing.T) {
	a := Start(t)
	person := a.Browser()
	session := person.Verify(a)
	a.Idle()
	a.Sim.Hold()
	if err := a.Sim.Finish(session.ID, "document_expired"); err != nil {
		t.Fatal(err)
	}
	if out, err := a.Reconcile(a.Database); err != nil || !strings.Contains(out, "requires_input of "+session.ID+"\n") {
		t.Fatalf("reconcile must find the failure: %v\n%s", err, out)
	}
	a.Sim.Release()
	a.Idle()
	if got := a.Rows("SELECT type, count(*) FROM events WHERE type LIKE '%requires_input' GROUP BY type"); len(got) != 1 || !strings.HasSuffix(got[0], "|1") {
		t.Errorf("an event must be recorded once, got %q", got)
	}
	if got := person.Attempts(a); got != "document_expired" {
		t.Errorf("the failure must be one attempt, got %q", got)
	}
}

// With -all an empty file gets the verifications and attempts from Stripe's lists.
// Whose a redacted session was, nobody can say any more.
func TestReconcileAll(t *testing.T) {
	d := aDay(t)
	empty := &App{T: t, Team: d.Team, Sim: d.Sim, Database: Database(t)}
	for range 2 {
		out, err := d.Reconcile(empty.Database, "-all")
		if err != nil {
			t.Fatalf("reconcile -all: %v\n%s", err, out)
		}
		known := func(a *App) []string {
			return slices.Concat(a.Rows(`SELECT 'verification', id, user_id, session_id, livemode, status, error_code
				FROM verifications WHERE redacted_at IS NULL`), a.Rows(`SELECT 'attempt', report_id, session_id, user_id, livemode, code, created_at
				FROM attempts WHERE session_id NOT IN (SELECT session_id FROM verifications WHERE redacted_at IS NOT NULL)`))
		}
		MustEqual(t, "rebuilt from Stripe's lists", known(d.App), known(empty))
		if got := empty.Rows("SELECT count(*) FROM actions"); got[0] != "0" {
			t.Errorf("nothing follows from the past, got %s actions", got)
		}
	}
}

// One session that cannot be read does not stop the rest, but is an error.
func TestReconcileWithAFailingSession(t *testing.T) {
	d := aDay(t)
	failing := d.people["being checked"].ID
	d.missed.Change("INSERT INTO turns (name, livemode, reached) VALUES ('events', 0, ?)", d.stripe.Now().Add(2*time.Hour).Unix()) // so that the list has nothing new, and each session is asked about
	d.Sim.AddFault(stripesim.Fault{Path: SessionsPath + "/" + failing, Status: 404, Times: -1})
	out, err := d.Reconcile(d.missed.Database)
	if err == nil || !strings.Contains(out, failing+"  failed: ") || !strings.Contains(out, "events listed:   0 changed") ||
		!regexp.MustCompile(`sessions asked:  .* 1 failed\n`).MatchString(out) {
		t.Errorf("a failing session must be named, and be an error, got %v\n%s", err, out)
	}
	if strings.Contains(out, "simulator") || strings.Contains(out, "http://") {
		t.Errorf("Stripe's words, keys and addresses must not be printed, got\n%s", out)
	}
	states := "SELECT session_id, status, error_code FROM verifications WHERE session_id NOT IN (?, ?) ORDER BY session_id"
	unknown := d.people["redacted"].ID // why it failed, only the events could tell
	if got, want := d.missed.Rows(states, failing, unknown), d.Rows(states, failing, unknown); !slices.Equal(got, want) {
		t.Errorf("the others must be as Stripe has them: want %q, got %q", want, got)
	}
}

// A session whose create was never answered is found by our reference.
func TestReconcileFindsTheUnansweredCreate(t *testing.T) {
	a := Start(t)
	a.Sim.AddFault(AtCreate(stripesim.Fault{Close: true, After: true, Times: -1}))
	a.Browser().MustRefuse("Stripe's answer is lost", 503, "stripe_unavailable")
	if out, err := a.Reconcile(a.Database); err != nil {
		t.Fatalf("reconcile: %v\n%s", err, out)
	}
	if got := a.Rows("SELECT session_id FROM verifications"); len(got) != 1 || got[0] != a.Sim.Sessions()[0].ID {
		t.Errorf("the row must have its session, got %q", got)
	}
}

// One webhook that was lost, while a later one arrived, is found as well.
func TestReconcileFindsTheLostOne(t *testing.T) {
	stripe := &Clock{}
	a := StartWith(t, stripesim.Config{Now: stripe.Now})
	unheard, heard := a.Browser(), a.Browser()
	lost, last := unheard.Verify(a), heard.Verify(a)
	a.Idle()
	a.Sim.SetDelivery(stripesim.Switches{Drop: true})
	for _, outcome := range []string{"document_expired", "selfie_face_mismatch"} {
		a.Finish(lost.ID, outcome)
	}
	stripe.Move(50 * time.Minute)
	a.Sim.SetDelivery(stripesim.Switches{})
	a.Finish(last.ID, "verified")
	if out, err := a.Reconcile(a.Database); err != nil || strings.Count(out, "requires_input of "+lost.ID+"\n") != 2 {
		t.Errorf("reconcile must find both failures, got %v\n%s", err, out)
	}
	if got := unheard.Attempts(a); got != "document_expired selfie_face_mismatch" {
		t.Errorf("both failures must count, got %q", got)
	}
}
