package tests

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"example.com/identity-starter/stripesim"
)

// Events of overrides in any order and repeated: the end is what Stripe says, and the team hears verified and revoked in turn.
func TestAnyOrder(t *testing.T) {
	t.Parallel() // beside others that wait
	for seed := range 12 {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			t.Parallel()
			v := begun(t, stripesim.Config{})
			r := newRand(seed)
			v.Sim.SetDelivery(stripesim.Switches{Drop: true})
			known := len(v.Sim.Events())
			steps := []string{}
			do := func(what string, err error) {
				if err != nil {
					t.Fatalf("%s: %v", what, err)
				}
				steps = append(steps, what)
				v.stripe.Move([]time.Duration{0, time.Second, time.Minute}[r.IntN(3)])
			}
			if r.IntN(2) == 0 {
				do("processing", v.Sim.Finish(v.session.ID, "processing"))
			}
			if r.IntN(3) == 0 {
				do("fail", v.Sim.Finish(v.session.ID, "document_expired"))
			}
			do("verified", v.Sim.Finish(v.session.ID, "verified"))
			for range r.IntN(4) {
				if now, _ := v.Sim.Session(v.session.ID); now.Status == "verified" {
					code := []string{"", "selfie_manipulated"}[r.IntN(2)]
					do("back:"+code, v.Sim.Override(v.session.ID, code))
				} else {
					do("again", v.Sim.Override(v.session.ID, "verified"))
				}
			}
			v.Sim.SetDelivery(stripesim.Switches{})
			v.stripe.Move(time.Minute)
			events := v.Sim.Events()[known:]
			order := []string{}
			for _, i := range append(r.Perm(len(events)), r.Perm(len(events))...) {
				order = append(order, strings.TrimPrefix(events[i].Type, "identity.verification_session."))
				if err := v.Sim.Redeliver(events[i].ID); err != nil {
					t.Fatal(err)
				}
				v.Idle()
				if r.IntN(2) == 0 {
					v.NothingIsLeft()
				}
				if r.IntN(4) == 0 {
					v.person.Get("/verification/return")
				}
			}
			v.settles()
			now, _ := v.Sim.Session(v.session.ID)
			if got := v.Rows("SELECT status FROM verifications")[0]; got != now.Status {
				t.Errorf("the row must say %q in the end, got %q: %v, heard as %v", now.Status, got, steps, order)
			}
			want := 0
			for _, what := range v.Rows("SELECT outcome FROM actions WHERE kind = 'team' AND outcome IN ('verified', 'revoked') ORDER BY id") {
				if what != []string{"verified", "revoked"}[want%2] {
					t.Errorf("verified and revoked must come in turn: %v, heard as %v", steps, order)
				}
				want++
			}
			if verified := now.Status == "verified"; verified != (want%2 == 1) {
				t.Errorf("the last that is told must be so: %v, heard as %v, told %d", steps, order, want)
			}
			if list := v.Rows("SELECT user_id FROM people WHERE verified <> ?", bit(now.Status == "verified")); len(list) > 0 {
				t.Errorf("people must say the same")
			}
			if bad, err := v.Parts().DB.Underived(t.Context()); err != nil || len(bad) > 0 {
				t.Errorf("the row must be what it is derived from, got %v %v", bad, err)
			}
		})
	}
}

func newRand(seed int) *rand.Rand { return rand.New(rand.NewPCG(uint64(seed), 7)) }
