//go:build unix

package erase_test

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"example.com/identity-starter/extras/erase"
	"example.com/identity-starter/stripesim"
	"example.com/identity-starter/tests"
)

func TestMain(m *testing.M) { tests.Main(m, tests.With(erase.New)) }

// known is somebody of whom two machines hear.
type known struct {
	user, account string
	news          []tests.Object
}

// heardOf are some people, of whom every other one is verified, and two have accounts, and what Stripe tells of each.
func heardOf(t *testing.T, c *tests.Child) (all []known) {
	t.Helper()
	for i := range 6 {
		merchant := c.Merchant()
		s, k := merchant.Verify(c.App), known{user: merchant.User()}
		if i%2 == 0 {
			c.Finish(s.ID, "verified")
		}
		if i < 2 {
			k.account = []string{stripesim.AccountA, stripesim.AccountB}[i]
			merchant.Connect(c.App, k.account)
		}
		for n := range 20 { // failed checks, of which the word comes late
			k.news = append(k.news, tests.Snapshot(fmt.Sprint("evt_", n, s.ID), tests.RequiresInputEvent, tests.Failed(s, "document_expired", fmt.Sprint("vr_", n, s.ID))).
				With(tests.Object{"created": time.Now().Add(-time.Hour).Unix()}))
			if k.account != "" {
				k.news = append(k.news, tests.Snapshot(fmt.Sprint("evt_left_", n, k.account), "account.application.deauthorized", tests.Object{"id": "ca_simulator", "object": "application"}).
					With(tests.Object{"account": k.account, "created": time.Now().Unix() + int64(n)}))
			}
		}
		all = append(all, k)
	}
	return all
}

// Who is forgotten while two machines hear of him is named nowhere afterwards, each check that failed is counted once all the same,
// and nobody is in anybody's way for good.
func TestForgottenWhileTwoMachinesHear(t *testing.T) {
	tests.OnlyServer(t, "a file is for one machine")
	t.Parallel() // it waits for a server
	server := tests.OwnServer(t)
	one := tests.ChildOn(t, server.Address())
	one.Team = tests.With(erase.New)
	one.Spawn()
	two := one.Beside()
	two.Spawn()
	for _, c := range []*tests.Child{one, two} {
		c.Sim.AddEndpoint(stripesim.Endpoint{URL: c.URL + "/webhook", Secret: tests.PlatformSecret, Events: []string{"*", "identity.verification_session.redacted"}})
		c.Sim.AddEndpoint(stripesim.Endpoint{URL: c.URL + "/webhook", Secret: tests.PlatformSecret, Connect: true})
	}
	all, s := heardOf(t, one), one.NewStream()
	one.NothingIsLeft()
	var busy sync.WaitGroup
	tell := func(rule string, must bool) {
		for _, k := range all {
			for part := range 4 {
				busy.Go(func() {
					for n := part; n < len(k.news); n += 4 {
						if got := s.ToBoth(one.URL, two.URL, k.news[n]); must && got != [2]int{200, 200} {
							t.Errorf("%s: each event must be acknowledged, got %d", rule, got)
						}
					}
				})
			}
		}
	}
	tell("while they are forgotten", false)
	for _, k := range all {
		busy.Go(func() {
			if out, err := two.Command("redact", "-forget", "-yes", k.user); err != nil {
				t.Errorf("whoever hears of him must not keep a user from being forgotten, got %v\n%s", err, out)
			}
		})
	}
	busy.Wait()
	tests.Eventually(t, "all are forgotten", func() bool { return one.Rows("SELECT count(*) FROM forgetting")[0] == "0" })
	tell("what Stripe sends again", true)
	busy.Wait()
	one.NothingIsLeft()
	mustBeForgotten(t, one, all)
	if n := server.Deadlocks(); n > 0 {
		t.Errorf("no two transactions may wait for each other, %d did", n)
	}
	s.MustBeRecorded()
	for _, c := range []*tests.Child{one, two} {
		c.LogsNoError()
	}
}

func mustBeForgotten(t *testing.T, c *tests.Child, all []known) {
	t.Helper()
	for _, k := range all {
		if got := tests.Places(t, c.Database, k.user); len(got) > 0 {
			t.Errorf("who was forgotten must be named nowhere, but is in %q", got)
		}
	}
	for rule, q := range map[string]struct{ query, want string }{
		"nobody has another name":           {"SELECT count(*) FROM people WHERE user_id NOT LIKE 'forgotten_%'", "0"},
		"each check that failed is counted": {"SELECT count(*) FROM users WHERE attempts = 20", "6"},
		"and counted once":                  {"SELECT count(*) FROM attempts", "120"},
		"a verdict stays":                   {"SELECT count(*) FROM users WHERE verified = 1", "3"},
		"the accounts are disconnected":     {"SELECT count(*) FROM accounts WHERE disconnected_at IS NOT NULL", "2"},
	} {
		if got := c.Rows(q.query); got[0] != q.want {
			t.Errorf("%s: want %s, got %s", rule, q.want, got[0])
		}
	}
}
