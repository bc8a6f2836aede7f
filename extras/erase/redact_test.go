package erase_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"example.com/identity-starter/extras/erase"
	"example.com/identity-starter/stripesim"
	"example.com/identity-starter/tests"
)

// start is the program with this extra and no other.
func start(t *testing.T, settings ...string) *tests.App {
	t.Helper()
	return tests.StartTeam(t, tests.With(erase.New), settings...)
}

// redact runs the command beside the program, and returns what it printed.
func redact(a *tests.App, args ...string) (string, error) {
	a.T.Helper()
	out, err := a.Command(append([]string{"redact"}, args...)...)
	a.Idle()
	return out, err
}

// atStripeRedacted says whether Stripe has erased what it held about the session.
func atStripeRedacted(a *tests.App, session string) bool {
	now, _ := a.Sim.Session(session)
	return now.Redaction == "redacted"
}

// redactionsAsked is how often Stripe was asked to redact.
func redactionsAsked(a *tests.App) int {
	return len(slices.DeleteFunc(a.Asked(), func(r stripesim.Request) bool { return !strings.HasSuffix(r.Path, "/redact") }))
}

// A user is redacted by id or by the reference that the page shows, and only that
// user; what was decided and how often somebody tried remains.
func TestRedact(t *testing.T) {
	for _, by := range []string{"id", "reference"} {
		t.Run(by, func(t *testing.T) {
			a := start(t)
			person, other := a.Browser(), a.Browser()
			session, others := person.Verify(a), other.Verify(a)
			a.Finish(session.ID, "document_expired")
			a.Finish(session.ID, "verified")
			a.Finish(others.ID, "verified")
			argument := person.User()
			if by == "reference" { // as somebody types it who was told on the phone
				argument = a.Rows("SELECT lower(substr(id, 9, 8)) FROM verifications WHERE session_id = ?", session.ID)[0]
			}
			before := a.Rows("SELECT user_id, verified, attempts FROM users ORDER BY user_id")
			out, err := redact(a, argument)
			if err != nil || !strings.Contains(out, session.ID) || strings.Contains(out, others.ID) {
				t.Fatalf("the command must name what it asked for, got %v\n%s", err, out)
			}
			if !atStripeRedacted(a, session.ID) || atStripeRedacted(a, others.ID) {
				t.Error("Stripe must have redacted that user's session and no other")
			}
			if got := a.Rows("SELECT session_id FROM verifications WHERE redacted_at IS NOT NULL"); !slices.Equal(got, []string{session.ID}) {
				t.Errorf("the row must tell that Stripe has done it, got %q", got)
			}
			tests.MustEqual(t, "a redaction leaves what was decided", before, a.Rows("SELECT user_id, verified, attempts FROM users ORDER BY user_id"))
			if out, err := redact(a, argument); err != nil || redactionsAsked(a) != 1 {
				t.Errorf("what is redacted must not be asked for again, got %v\n%s", err, out)
			}
		})
	}
}

// An open session is closed by it, so that an old link leads nowhere.
func TestRedactAnOpenSession(t *testing.T) {
	a := start(t)
	person := a.Browser()
	session := person.Verify(a)
	if out, err := redact(a, person.User()); err != nil {
		t.Fatalf("redact: %v\n%s", err, out)
	}
	if got := a.Rows("SELECT status, redacted_at IS NOT NULL FROM verifications"); got[0] != "canceled|1" || !atStripeRedacted(a, session.ID) {
		t.Errorf("an open session must be closed and redacted, got %q", got)
	}
}

// -forget replaces the user id everywhere, but only once Stripe has done its part.
func TestForget(t *testing.T) {
	t.Parallel() // beside others that wait
	a := start(t, "MAX_VERIFICATION_ATTEMPTS=1")
	person, other := a.Merchant(), a.Browser()
	person.Connect(a, stripesim.AccountA)
	session, others := person.Verify(a), other.Verify(a)
	a.Finish(session.ID, "document_expired") // uses up the attempts: the user is in an action's key
	a.Finish(others.ID, "verified")
	a.NothingIsLeft()
	user := person.User()
	a.Change(`INSERT INTO decisions (livemode, user_id, session_id, decision, reviewer, reason, stripe_status, created_at)
		VALUES (0, ?, '', 'one_more', 'r', 'a kind person', 'requires_input', 1)`, user)
	a.Sim.AddFault(stripesim.Fault{Path: tests.SessionsPath + "/" + session.ID + "/redact", Status: 503, Times: 4})
	out, err := redact(a, "-forget", user)
	if err == nil || !strings.Contains(out, "failed") || !a.Remembers(user) {
		t.Fatalf("a redaction that failed must be said, and nobody forgotten, got %v\n%s", err, out)
	}
	if got := a.Rows("SELECT reason FROM decisions"); got[0] != "" {
		t.Errorf("what a reviewer wrote must be blanked, got %q", got)
	}
	a.Sim.ClearFaults()
	a.Change("UPDATE redactions SET due_at = 0")
	tests.Eventually(t, "the running program asks again, and forgets", func() bool { return a.Rows("SELECT count(*) FROM forgetting")[0] == "0" })
	for table, count := range map[string]string{"verifications": "1", "attempts": "1", "accounts": "1", "decisions": "1"} {
		if got := a.Rows("SELECT count(*) FROM " + table + " WHERE user_id LIKE 'forgotten_%' AND length(user_id) > 30")[0]; got != count {
			t.Errorf("%s must keep the row under a random id, got %s", table, got)
		}
		if got := a.Rows("SELECT count(*) FROM "+table+" WHERE user_id = ?", user)[0]; got != "0" {
			t.Errorf("%s must not name the user any more", table)
		}
	}
	if got := a.Rows("SELECT count(*) FROM actions WHERE user_id = ?1 OR key LIKE '%' || ?1 || '%'", user)[0]; got != "0" {
		t.Errorf("no action may name the user any more, not in its key either")
	}
	if got := a.Rows("SELECT verified FROM users WHERE user_id = ?", other.User()); !slices.Equal(got, []string{"1"}) {
		t.Errorf("another user must stay, got %q", got)
	}
}

// Stripe may take days: until it says redacted, it is not done.
func TestForgetWaitsForStripe(t *testing.T) {
	a := tests.StartTeamWith(t, tests.With(erase.New), stripesim.Config{RedactAfter: time.Hour})
	person := a.Browser()
	session := person.Verify(a)
	a.Finish(session.ID, "verified")
	out, err := a.Command("redact", person.User(), "-forget")
	if err != nil || !strings.Contains(out, "0 redacted, 1 under way, 0 failed") {
		t.Errorf("what Stripe has only begun must be said to be under way, got %v\n%s", err, out)
	}
	if got := a.Rows("SELECT user_id, redacted_at IS NULL FROM verifications"); got[0] != person.User()+"|1" {
		t.Errorf("what Stripe has not redacted is not done, and its user not forgotten, got %q", got)
	}
}

// What is being checked cannot be redacted yet.
func TestRedactWhatIsBeingChecked(t *testing.T) {
	a := start(t)
	person := a.Browser()
	session := person.Verify(a)
	a.Finish(session.ID, stripesim.OutcomeProcessing)
	if out, err := redact(a, person.User()); err == nil || !strings.Contains(out, "1 failed") {
		t.Errorf("a refusal must be said, got %v\n%s", err, out)
	}
	a.Finish(session.ID, "verified")
	a.Change("UPDATE redactions SET due_at = 0")
	tests.Eventually(t, "the running program redacts it afterwards", func() bool { return atStripeRedacted(a, session.ID) })
}

// The command says what it needs, and of whom it knows nothing.
func TestRedactArguments(t *testing.T) {
	a := start(t)
	a.Browser().Verify(a)
	for _, args := range [][]string{nil, {"-forget"}, {"a", "b"}, {"-forgot", "a"}, {""}, {"-settled", "a"}, {"-a"}, {"--"}, {"--", ""},
		{"--", "a", "-yes"}} {
		if _, err := redact(a, args...); err == nil || !strings.Contains(err.Error(), "redact [-forget] [-settled] [-yes] [--] USER_ID\n") ||
			!strings.Contains(err.Error(), "USER_ID that begins with a dash") {
			t.Errorf("redact %q must answer with the usage, and how to name a user whose id begins with a dash, got %v", args, err)
		}
	}
	for _, unknown := range []string{"nobody", "AAAAAAAA", "ZZZZZZZZ", "%"} {
		if _, err := redact(a, unknown); err == nil || !strings.Contains(err.Error(), "nothing is known") || strings.Contains(err.Error(), unknown) {
			t.Errorf("an unknown user must be said, got %v", err)
		}
	}
	if redactionsAsked(a) != 0 {
		t.Error("nothing may be asked of Stripe")
	}
}

// What is said is about this user, whoever else waits to be forgotten, and a check
// of which Stripe has no session is named by its reference.
func TestRedactSpeaksOfThisUserOnly(t *testing.T) {
	a := start(t, "RETENTION_DAYS=365")
	a.Announces(t, "erase on request and after 365 days")
	waiting, person := a.Browser(), a.Browser()
	a.Finish(waiting.Verify(a).ID, stripesim.OutcomeProcessing)
	done := person.Verify(a)
	a.Finish(done.ID, "verified")
	if _, err := redact(a, "-forget", waiting.User()); err == nil {
		t.Fatal("what is being checked cannot be redacted yet")
	}
	if out, err := redact(a, person.User()); err != nil || !atStripeRedacted(a, done.ID) {
		t.Fatalf("redact: %v\n%s", err, out)
	}
	if out, err := redact(a, "-forget", person.User()); err != nil || strings.Contains(out, "is replaced once") || !strings.Contains(out, "the user id is replaced: ") {
		t.Errorf("who is forgotten must not read that somebody else is waited for, got %v\n%s", err, out)
	}
	a.Change(`INSERT INTO people (nr, livemode, user_id, numbered, newest, open) VALUES (99, 0, 'nobody', 1, 1, 1)`)
	a.Change(`INSERT INTO verifications (person, number, id, livemode, user_id, status, created_at, updated_at)
		VALUES (99, 1, 'DATABASEREFERENCEWITHOUTSESSION', 0, 'nobody', 'requires_input', 1, 1)`)
	if out, _ := redact(a, "nobody"); !strings.HasPrefix(out, "REFERENC  ") {
		t.Errorf("a row without a session must be named by its reference, got\n%s", out)
	}
}

// Somebody whose id begins with a dash can be named, too.
func TestRedactSomebodyWithADash(t *testing.T) {
	a := start(t, "AUTH_USER_HEADER=X-Auth-User")
	for _, id := range []string{"-4711", "-yes", "--"} {
		if got := a.Browser().As(id, "X-Auth-User", id).Post(tests.CreatePath, nil); got.Status != 303 {
			t.Fatalf("the sign-in may name somebody %s, got %d", id, got.Status)
		}
		sessions := a.Sim.Sessions()
		out, err := redact(a, "-yes", "--", id)
		if err != nil || !atStripeRedacted(a, sessions[len(sessions)-1].ID) {
			t.Errorf("redact -yes -- %s must redact the user's session, got %v\n%s", id, err, out)
		}
	}
}
