package compare_test

import (
	"context"
	"errors"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"example.com/identity-starter/app"
	"example.com/identity-starter/extras/compare"
	"example.com/identity-starter/gateway"
	"example.com/identity-starter/settings"
	"example.com/identity-starter/stripesim"
	"example.com/identity-starter/tests"
)

func expecting(expect func(o gateway.Outputs) (bool, error)) app.NewTeam {
	return func(r *settings.Reader) app.Team {
		made := tests.With(compare.New)(r)
		made.Expect = func(_ context.Context, _ string, o gateway.Outputs) (bool, string, error) {
			same, err := expect(o)
			return same, "", err
		}
		return made
	}
}

// What was taken back before it was compared has nothing to compare: nobody is in review for it.
func TestTakenBackBeforeItIsCompared(t *testing.T) {
	clock := &tests.Clock{}
	a := tests.StartTeamWith(t, expecting(func(o gateway.Outputs) (bool, error) { return o.FirstName == "Test", nil }), stripesim.Config{Now: clock.Now})
	person := a.Browser()
	session := person.Verify(a)
	a.Idle()
	a.Sim.Hold()
	if err := a.Sim.Finish(session.ID, "verified"); err != nil {
		t.Fatal(err)
	}
	clock.Move(time.Minute)
	if err := a.Sim.Override(session.ID, "selfie_manipulated"); err != nil {
		t.Fatal(err)
	}
	clock.Move(time.Minute)
	for _, e := range a.Sim.Events() {
		if e.Type == tests.VerifiedEvent {
			if err := a.Sim.Redeliver(e.ID); err != nil {
				t.Fatal(err)
			}
		}
	}
	tests.Eventually(t, "whoever wants to compare learns that there is nothing to", func() bool {
		return a.Rows("SELECT revoked FROM verifications")[0] == "1"
	})
	a.NothingIsLeft()
	a.Sim.Release()
	a.Idle()
	a.NothingIsLeft()
	if got := strings.Join(a.Rows("SELECT outcome FROM actions WHERE kind = 'team' ORDER BY id"), " "); got != "" {
		t.Errorf("nobody was verified, and nobody is in review: the team must hear nothing, got %q (now %v)", got, person.Status())
	}
}

// A verdict of the past waits at the gate, is taken back, and is given again: that is news.
func TestGivenAgainAfterARebuild(t *testing.T) {
	clock := &tests.Clock{}
	var able atomic.Bool
	able.Store(true)
	a := tests.StartTeamWith(t, expecting(func(o gateway.Outputs) (bool, error) {
		if !able.Load() {
			return false, errors.New("not now")
		}
		return o.FirstName == "Test", nil
	}), stripesim.Config{Now: clock.Now})
	person := a.Browser()
	session := person.Verify(a)
	a.Finish(session.ID, "verified")
	a.NothingIsLeft()
	if err := a.Stop(); err != nil {
		t.Fatal(err)
	}
	able.Store(false)
	a.Database = tests.Database(t)
	a.Set("DATABASE_URL=" + a.Database)
	if out, err := a.Command("reconcile", "-all"); err != nil {
		t.Fatalf("%v %s", err, out)
	}
	a.Run()
	person.Base = a.URL
	a.Says("action failed, repeated in 5 s")
	clock.Move(time.Minute)
	a.Override(session.ID, "selfie_manipulated")
	tests.Eventually(t, "taken back", func() bool { return a.Rows("SELECT revoked FROM verifications")[0] == "1" })
	clock.Move(time.Minute)
	a.Override(session.ID, "verified")
	tests.Eventually(t, "given again", func() bool { return a.Rows("SELECT status FROM verifications")[0] == "verified" })
	able.Store(true)
	a.NothingIsLeft()
	if got := person.Get("/members"); got.Status != 200 {
		t.Errorf("at the gate, got %d", got.Status)
	}
	if got := strings.Join(a.Rows("SELECT outcome FROM actions WHERE kind = 'team' ORDER BY id"), " "); got != "verified" {
		t.Errorf("a verdict that was given again must be told, got %q", got)
	}
}
