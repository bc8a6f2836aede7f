package team_test

import (
	"testing"

	"example.com/identity-starter/team"
	"example.com/identity-starter/tests"
)

// Your program as a story, against the simulated Stripe: change it as you change the
// rest of this folder. The tests of the other folders never run with your code.
func TestTeam(t *testing.T) {
	a := tests.StartTeam(t, team.New)
	person := a.Browser()
	session := person.Verify(a)
	if got := person.Get("/members"); got.Status != 303 {
		t.Errorf("who is not verified must not get in, got %d", got.Status)
	}
	a.Finish(session.ID, "verified")
	if got := person.Get("/members"); got.Status != 200 {
		t.Errorf("who is verified must get in, got %d", got.Status)
	}
	a.Says("what=verified user=" + person.User())
}
