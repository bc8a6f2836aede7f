package tests

import (
	"strings"
	"testing"
	"time"

	"example.com/identity-starter/stripesim"
)

// Who comes back to a link that Stripe has let expire clicks again, and goes on with the same session.
func TestExpiredLink(t *testing.T) {
	stripe := &Clock{}
	a := StartWith(t, stripesim.Config{Now: stripe.Now})
	person := a.Browser()
	old := person.Post(CreatePath, nil).Location
	stripe.Move(49 * time.Hour)
	if got := person.Get(old); strings.Contains(got.Body, `name="outcome"`) {
		t.Fatalf("Stripe's link must have expired, got %d\n%s", got.Status, got.Body)
	}
	fresh := person.Post(CreatePath, nil).Location
	if got := person.Get(fresh); fresh == old || got.Status != 200 || !strings.Contains(got.Body, `name="outcome"`) {
		t.Errorf("another click must lead to a link that works, got %d %q", got.Status, fresh)
	}
	if n := len(a.Sim.Sessions()); n != 1 {
		t.Errorf("it must be the same session, got %d", n)
	}
}
