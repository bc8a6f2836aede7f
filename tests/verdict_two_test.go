package tests

import (
	"fmt"
	"net/http"
	"testing"
	"time"

	"example.com/identity-starter/stripesim"
)

// Two programs on one file, of which Stripe fails in between and one is stopped: a verdict is taken back and given again once each.
func TestTwoProgramsAndAStripeThatFails(t *testing.T) {
	t.Parallel() // beside others that wait
	for seed := range 10 {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			t.Parallel()
			r := newRand(seed)
			v := aVerdict(t, stripesim.Config{})
			twin := v.twin()
			twin.Run()
			v.Sim.AddEndpoint(stripesim.Endpoint{URL: twin.URL + "/webhook", Secret: PlatformSecret, Events: []string{"*"}})
			v.Sim.SetDelivery(stripesim.Switches{Duplicate: 2})
			want := "verified"
			for i := range 4 {
				for range r.IntN(2) {
					v.Sim.AddFault(stripesim.Fault{Path: SessionsPath + "/" + v.session.ID, Method: "GET", Status: 503, After: r.IntN(2) == 0})
				}
				code := "verified"
				if i%2 == 0 {
					code = []string{"", "selfie_manipulated"}[r.IntN(2)]
				}
				v.Override(v.session.ID, code)
				if r.IntN(2) == 0 {
					if err := v.Stop(); err != nil {
						t.Fatal(err)
					}
					v.Run()
					v.person.Base = v.URL
				}
				for range 3 {
					v.person.Get("/verification/return")
				}
				Eventually(t, "the row says what Stripe says", func() bool {
					return v.Rows("SELECT status FROM verifications")[0] == v.StatusAtStripe(v.session.ID)
				})
				v.Sim.ClearFaults()
				v.NothingIsLeft()
				want += []string{" revoked", " verified"}[i%2]
				v.stripe.Move(time.Minute)
			}
			v.Idle()
			v.gate(http.StatusOK)
			v.outcomes("by two programs", want)
		})
	}
}
