package main

import (
	"strings"
	"testing"
	"time"

	"example.com/identity-starter/stripesim"
)

// Who comes back to a link that Stripe has let expire clicks again, and goes on with the same session.
func TestExpiredLink(t *testing.T) {
	stripe := &clock{}
	a := startWith(t, stripesim.Config{Now: stripe.now})
	person := a.browser()
	old := person.post(createPath, nil).location
	stripe.move(49 * time.Hour)
	if got := person.get(old); strings.Contains(got.body, `name="outcome"`) {
		t.Fatalf("Stripe's link must have expired, got %d\n%s", got.status, got.body)
	}
	fresh := person.post(createPath, nil).location
	if got := person.get(fresh); fresh == old || got.status != 200 || !strings.Contains(got.body, `name="outcome"`) {
		t.Errorf("another click must lead to a link that works, got %d %q", got.status, fresh)
	}
	if n := len(a.sim.Sessions()); n != 1 {
		t.Errorf("it must be the same session, got %d", n)
	}
}
