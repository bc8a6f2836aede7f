package compare_test

import (
	"io"
	"strings"
	"testing"

	"example.com/identity-starter/app"
	"example.com/identity-starter/extras"
	"example.com/identity-starter/extras/compare"
	"example.com/identity-starter/outcomes"
	"example.com/identity-starter/settings"
	"example.com/identity-starter/stripesim"
	"example.com/identity-starter/tests"
)

// team expects what it is given, and has extras besides compare.
func team(expect extras.Expect, others ...extras.Extra) app.NewTeam {
	list := extras.List{compare.New}
	for _, other := range others {
		list = append(list, func(extras.Program) extras.Extra { return other })
	}
	return func(r *settings.Reader) app.Team {
		t := tests.Team(r)
		t.Expect, t.Extras = expect, list
		return t
	}
}

// Whoever differs waits for a reviewer, so that without one it must be said at once.
func TestComparingWithoutReviewersIsAnnounced(t *testing.T) {
	reviewers := extras.Extra{Name: "stub", State: "on", Reviews: true}
	for name, c := range map[string]struct {
		team  app.NewTeam
		state string
		warns bool
	}{
		"off":             {team(nil), "compare off", false},
		"off, reviewed":   {team(nil, reviewers), "compare off, stub on", false},
		"with a reviewer": {team(testPerson, reviewers), "compare on, stub on", false},
		"nobody reviews":  {team(testPerson, extras.Extra{Name: "stub", State: "off"}), "compare on, stub off", true},
		"without":         {team(testPerson), "compare on", true},
	} {
		said := tests.StartTeam(t, c.team).Out.String()
		if !strings.Contains(said, "extras     "+c.state+"\n") || strings.Contains(said, "WARN") != c.warns ||
			c.warns && !strings.Contains(said, "compare: nobody can release those who are held back") {
			t.Errorf("%s: it must read %q, with a warning: %v, got\n%s", name, c.state, c.warns, said)
		}
	}
}

// Who expects something that nobody would ask must not start as if it were asked, and
// nobody is asked twice.
func TestExpectMustBeAskedOnce(t *testing.T) {
	asks := extras.Extra{Name: "stub", State: "on", Gate: true}
	for name, c := range map[string]struct {
		team app.NewTeam
		want string
	}{
		"nobody asks": {func(*settings.Reader) app.Team { return app.Team{Expect: testPerson} }, "Expect is set"},
		"two ask":     {team(testPerson, asks), "two extras would be asked"},
		"twice there": {team(testPerson, made(testPerson)), "compare is there twice"},
	} {
		_, err := app.New(t.Context(), tests.SettingsOf("DATABASE_URL="+tests.Database(t)), c.team, io.Discard)
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: the program must not start, and say %q, got %v", name, c.want, err)
		}
	}
}

// The whole way: who is expected is verified, who is not waits for a person, and the
// team is told of each once it is decided.
func TestComparedInTheProgram(t *testing.T) {
	a := tests.StartTeam(t, team(testPerson))
	for outcome, want := range map[string][2]string{
		stripesim.OutcomeVerified:          {"You are verified", outcomes.Verified},
		stripesim.OutcomeVerifiedOtherName: {"A person is looking at your verification", outcomes.InReview},
	} {
		person := a.Browser()
		a.Finish(person.Verify(a).ID, outcome)
		tests.Eventually(t, "the page says "+want[0], func() bool { return strings.Contains(person.Get("/").Body, want[0]) })
		tests.Eventually(t, "the team is told", func() bool {
			return strings.Join(a.Rows("SELECT outcome FROM actions WHERE kind = 'team' AND user_id = ? AND done_at IS NOT NULL", person.User()), " ") == want[1]
		})
	}
	for _, line := range strings.Split(a.Out.String(), "\n") {
		if strings.Contains(line, "Person") {
			t.Errorf("what Stripe found out must not be logged, got %s", line)
		}
	}
	if !a.Remembers("another name") {
		t.Error("the note must be kept for whoever decides")
	}
}

// Without anybody who expects something nobody reads what Stripe has found out.
func TestOffReadsNothing(t *testing.T) {
	if e := made(nil); e.Gate || e.Consumers != nil || e.State != "off" {
		t.Errorf("without Expect there is nothing to do, got %+v", e)
	}
	a := tests.StartTeam(t, team(nil))
	person := a.Browser()
	session := person.Verify(a).ID
	a.Finish(session, stripesim.OutcomeVerifiedOtherName)
	if !strings.Contains(person.Get("/").Body, "You are verified") {
		t.Error("without Expect Stripe's verdict counts")
	}
	for _, r := range a.Asked() {
		if strings.Contains(r.Form.Encode(), "verified_outputs") {
			t.Errorf("without Expect nobody reads what Stripe found out, got %s %s", r.Method, r.Path)
		}
	}
}
