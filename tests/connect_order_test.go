package tests

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"example.com/identity-starter/stripesim"
)

// Connections that begin and end in any way, with late and repeated events: in the end, once everybody has looked at his page, the
// table says what Stripe says, and the team has heard connected and disconnected in turn.
func TestConnectionsInAnyOrder(t *testing.T) {
	t.Parallel() // beside others that wait
	for seed := range 30 {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			t.Parallel()
			r, clock := newRand(seed), &Clock{}
			a := StartWith(t, stripesim.Config{Now: clock.Now})
			people := []*Browser{a.Merchant(), a.Merchant()}
			a.Sim.SetDelivery(stripesim.Switches{Drop: true})
			backs := map[int][]string{}
			var story []string
			atStripe := func() (on bool) {
				for _, c := range a.Sim.Accounts() {
					on = on || c.ID == stripesim.AccountA && c.Connected
				}
				return on
			}
			hear := func() {
				for _, e := range a.Sim.Events() {
					if strings.HasPrefix(e.Type, "account.application.deauth") {
						if err := a.Sim.Redeliver(e.ID); err != nil {
							t.Fatal(err)
						}
					}
				}
				a.Idle()
			}
			for range 12 {
				clock.Move(time.Duration(1+r.IntN(3)) * time.Second)
				who := r.IntN(2)
				what := ""
				switch r.IntN(7) {
				case 0, 1, 2:
					if a.Rows("SELECT count(*) FROM accounts WHERE disconnected_at IS NULL AND user_id <> ?", people[who].User())[0] == "1" {
						hear() // else an account that its owner has left without our hearing of it is still taken
					}
					back := people[who].Authorize(a, stripesim.AccountA)
					backs[who] = append(backs[who], back)
					got := people[who].Get(back)
					what = fmt.Sprint("connect ", who, " ", got.Status)
				case 3:
					got := people[who].Post("/connect/accounts/"+stripesim.AccountA+"/disconnect", nil)
					what = fmt.Sprint("disconnect ", who, " ", got.Status)
				case 4:
					if atStripe() {
						a.Sim.Revoke(stripesim.AccountA)
						what = "revoke"
					}
				case 5:
					if len(backs[who]) > 0 {
						got := people[who].Get(backs[who][r.IntN(len(backs[who]))])
						what = fmt.Sprint("same ", who, " ", got.Status)
					}
				case 6:
					what = fmt.Sprint("page ", who)
					people[who].Get("/connect")
				}
				for _, e := range a.Sim.Events() {
					if r.IntN(6) == 0 && strings.HasPrefix(e.Type, "account.application.deauth") {
						what += " heard"
						if err := a.Sim.Redeliver(e.ID); err != nil {
							t.Fatal(err)
						}
						a.Idle()
					}
				}
				story = append(story, what)
			}
			hear() // a page remembers for a minute what it has read
			for _, p := range people {
				p.Get("/connect")
			}
			connected := a.Rows("SELECT id FROM accounts WHERE disconnected_at IS NULL")
			if (len(connected) > 0) != atStripe() {
				t.Errorf("connected at Stripe: %v, here: %v: %v", atStripe(), connected, story)
			}
			a.NothingIsLeft()
			on := false
			for _, o := range a.Rows("SELECT outcome FROM actions WHERE kind = 'team' ORDER BY id") {
				if (o == "connected") == on {
					t.Errorf("connected and disconnected must be told in turn: %v: %v", a.Rows("SELECT outcome FROM actions WHERE kind = 'team' ORDER BY id"), story)
				}
				on = o == "connected"
			}
			if on != (len(connected) > 0) {
				t.Errorf("the last told must be so: %v", story)
			}
		})
	}
}
