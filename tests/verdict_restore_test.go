package tests

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"testing"
	"time"

	"example.com/identity-starter/app"
	"example.com/identity-starter/outcomes"
	"example.com/identity-starter/settings"
	"example.com/identity-starter/stripesim"
)

// A restored backup has a session as open whose verdict was given and taken back since; its events are no more.
func TestRestoredOpenSessionWasTakenBack(t *testing.T) {
	v := begun(t, stripesim.Config{})
	if err := v.Stop(); err != nil {
		t.Fatal(err)
	}
	v.Sim.SetDelivery(stripesim.Switches{Drop: true})
	v.Finish(v.session.ID, "verified")
	v.stripe.Move(time.Minute)
	v.Override(v.session.ID, "")
	v.stripe.Move(31 * 24 * time.Hour)
	if out, err := v.Command("reconcile", "-all"); err != nil {
		t.Fatalf("%v %s", err, out)
	}
	v.Run()
	v.person.Base = v.URL
	if next := v.person.Verify(v.App); next.ID == v.session.ID {
		t.Error("a session whose verdict was taken back must never be handed out again")
	}
}

// What a team is told after a backup was restored has another key than what it was told before, unless it is the same.
func TestKeysAfterARestore(t *testing.T) {
	var mu sync.Mutex
	told := map[string]string{}
	a := StartTeam(t, func(*settings.Reader) app.Team {
		return app.Team{Outcome: func(_ context.Context, _ *slog.Logger, o outcomes.Outcome) error {
			mu.Lock()
			defer mu.Unlock()
			what := fmt.Sprint(o.What, " ", o.UserID, " ", o.ObjectID)
			if before, known := told[o.Key]; known && before != what {
				t.Errorf("two things must not have one key, which receivers remember: %q is %q and was %q", o.Key, what, before)
			}
			told[o.Key] = what
			return nil
		}}
	})
	one, other := a.Browser(), a.Browser()
	one.Verify(a)
	other.Verify(a)
	backup := a.copied()
	a.Decide(one.User(), "approve")
	a.NothingIsLeft()
	a.restore(backup)
	a.Run()
	a.Decide(other.User(), "reject")
	a.NothingIsLeft()
}
