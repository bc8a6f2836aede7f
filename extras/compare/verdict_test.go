package compare_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"example.com/identity-starter/app"
	"example.com/identity-starter/extras/compare"
	"example.com/identity-starter/gateway"
	"example.com/identity-starter/settings"
	"example.com/identity-starter/store"
	"example.com/identity-starter/stripesim"
	"example.com/identity-starter/tests"
)

// Whatever happens at Stripe, at the gate and by reviewers: whenever somebody becomes verified, or is no more, the team hears of it, once.
func TestTheTeamHearsOfEachChange(t *testing.T) {
	t.Parallel() // beside others that wait
	for seed := range 40 {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			t.Parallel()
			clock, r := &tests.Clock{}, rand.New(rand.NewPCG(uint64(seed), 3))
			team := func(reg *settings.Reader) app.Team {
				made := tests.With(compare.New)(reg)
				if seed%2 == 0 {
					made.Expect = func(_ context.Context, _ string, o gateway.Outputs) (bool, string, error) {
						return o.FirstName == "Test", "another name", nil
					}
				}
				return made
			}
			a := tests.StartTeamWith(t, team, stripesim.Config{Now: clock.Now}, "MAX_VERIFICATION_ATTEMPTS=4")
			person := a.Browser()
			person.Verify(a)
			user := person.User()
			story := []string{}
			verified, told := "0", 0
			for range 14 {
				clock.Move(time.Minute)
				sessions := a.Sim.Sessions()
				s := sessions[r.IntN(len(sessions))]
				what := ""
				switch n := r.IntN(12); n {
				case 0, 1:
					what = fmt.Sprint("click ", person.Click().Status)
				case 2, 3, 4:
					outcome := []string{"verified", stripesim.OutcomeVerifiedOtherName, "document_expired", "processing", "abandoned"}[r.IntN(5)]
					what = fmt.Sprint(outcome, " ", a.Sim.Finish(s.ID, outcome) == nil)
				case 5, 6:
					what = fmt.Sprint("back ", a.Sim.Override(s.ID, []string{"", "selfie_manipulated", "canceled"}[r.IntN(3)]) == nil)
				case 7:
					what = fmt.Sprint("again ", a.Sim.Override(s.ID, "verified") == nil)
				case 8, 9, 10:
					db := a.Parts().DB
					u, err := db.User(t.Context(), user)
					if err != nil {
						t.Fatal(err)
					}
					possible := db.Possible(u)
					d := possible[r.IntN(len(possible))]
					err = db.Decide(t.Context(), store.Decision{UserID: user, Decision: d, Reviewer: "rita", Reason: "reason", Seen: u.Seen()})
					if err != nil && !errors.Is(err, store.ErrAlreadyDecided) { // what follows from the start may come in between
						t.Fatalf("decide %s: %v", d, err)
					}
					what = fmt.Sprint(d, " ", err == nil)
				case 11:
					if err := a.Stop(); err != nil {
						t.Fatal(err)
					}
					a.Run()
					person.Base = a.URL
					what = "restart"
					tests.Eventually(t, "the parts are those of this run", func() bool { return a.Parts().DB.Ping(t.Context()) == nil })
				}
				a.Idle()
				a.NothingIsLeft()
				story = append(story, what)
				outcomes := a.Rows("SELECT outcome FROM actions WHERE kind = 'team' ORDER BY id")
				news := outcomes[told:]
				told = len(outcomes)
				now := a.Rows("SELECT verified FROM users")[0]
				changes := 0
				for _, o := range news {
					if slices.Contains([]string{"verified", "approved", "revoked", "withdrawn"}, o) {
						changes++
					}
				}
				stripes := strings.HasPrefix(what, "back") || strings.HasPrefix(what, "again")
				switch {
				case now != verified && changes != 1:
					t.Errorf("verified %s -> %s must be told once, got %q: %v", verified, now, news, story)
				case now == verified && stripes && slices.Contains(news, "revoked"):
					t.Errorf("who is %s as before must not be told of as revoked, got %q: %v", now, news, story)
				case now == "0" && slices.Contains(news, "verified"):
					t.Errorf("who is not verified must not be told of as verified: %v", story)
				case now == "1" && slices.Contains(news, "revoked"):
					t.Errorf("who is verified must not be told of as revoked: %v", story)
				}
				if slices.Contains(news, "revoked") && slices.Contains(news, "failed") {
					t.Errorf("revoked, and not failed besides, got %q: %v", news, story)
				}
				verified = now
				if bad, err := a.Parts().DB.Underived(t.Context()); err != nil || len(bad) > 0 {
					t.Fatalf("the row must be what it is derived from, got %v %v: %v", bad, err, story)
				}
			}
		})
	}
}
