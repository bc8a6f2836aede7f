package tests

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"example.com/identity-starter/stripesim"
)

// A verdict that was taken back while no webhook came is learned by reconcile, from the event, and by -all, from the session
// alone: so also where the event is no more. By either, nothing is taken back by a redaction.
func TestReconcileLearnsThatAVerdictWasTakenBack(t *testing.T) {
	t.Parallel() // beside others that wait
	for name, c := range map[string]struct {
		happens func(v *verdict)
		args    []string
		slow    time.Duration // of redactions
		forgets bool          // Stripe lists its events no more
		gate    int
		told    string
	}{
		"by the event":          {func(v *verdict) { v.Override(v.session.ID, "selfie_manipulated") }, []string{"reconcile"}, 0, false, http.StatusSeeOther, " revoked"},
		"by the session":        {func(v *verdict) { v.Override(v.session.ID, "") }, []string{"reconcile", "-all"}, 0, true, http.StatusSeeOther, " revoked"},
		"not without the event": {func(v *verdict) { v.Override(v.session.ID, "") }, []string{"reconcile"}, 0, true, http.StatusOK, ""},
		"not by a redaction":    {func(v *verdict) { v.AtStripe("redact", v.session.ID) }, []string{"reconcile", "-all"}, 0, false, http.StatusOK, ""},
		"not by one under way":  {func(v *verdict) { v.begins("redact", v.session.ID) }, []string{"reconcile", "-all"}, time.Hour, false, http.StatusOK, ""},
		"not by a loss":         {func(v *verdict) { v.Sim.Lose(v.session.ID) }, []string{"reconcile", "-all"}, 0, false, http.StatusOK, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			v := aVerdict(t, stripesim.Config{RedactAfter: c.slow})
			if err := v.Stop(); err != nil {
				t.Fatal(err)
			}
			v.Sim.SetDelivery(stripesim.Switches{Drop: true})
			c.happens(v)
			v.stripe.Move(time.Minute)
			if c.forgets {
				v.stripe.Move(31 * 24 * time.Hour)
			}
			out, err := v.Command(c.args...)
			if err != nil {
				t.Fatalf("%v %s", err, out)
			}
			v.Sim.SetDelivery(stripesim.Switches{})
			v.Run()
			v.person.Base = v.URL
			v.NothingIsLeft()
			v.gate(c.gate)
			v.outcomes(name, "verified"+c.told)
			if again, err := v.Command(c.args...); err != nil || strings.Contains(again, v.session.ID) {
				t.Errorf("a second time nothing must be news, got %v\n%s", err, again)
			}
		})
	}
}

// In an empty database, too, nobody is sent again to a session whose verdict was taken back.
func TestRebuildOfAVerdictTakenBack(t *testing.T) {
	v := aVerdict(t, stripesim.Config{})
	v.Override(v.session.ID, "")
	v.settles()
	if err := v.Stop(); err != nil {
		t.Fatal(err)
	}
	v.Database = Database(t)
	v.Set("DATABASE_URL=" + v.Database)
	if out, err := v.Command("reconcile", "-all"); err != nil {
		t.Fatalf("%v %s", err, out)
	}
	v.Run()
	v.person.Base = v.URL
	v.stands("rebuilt", "requires_input|", "requires_input revoked true")
	if next := v.person.Verify(v.App); next.ID == v.session.ID {
		t.Error("a session whose verdict was taken back must not be handed out again")
	}
	v.stripe.Move(time.Minute)
	v.Override(v.session.ID, "verified")
	v.settles()
	v.gate(http.StatusOK)
}
