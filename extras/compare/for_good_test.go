package compare_test

import (
	"context"
	"fmt"
	"testing"

	"example.com/identity-starter/gateway"
	"example.com/identity-starter/outcomes"
	"example.com/identity-starter/stripesim"
	"example.com/identity-starter/tests"
)

// Whom the team can never compare is for a person to look at, and at once.
func TestWhatCannotEverBeCompared(t *testing.T) {
	c := compareWith(t, func(context.Context, string, gateway.Outputs) (bool, string, error) {
		return false, "", fmt.Errorf("there is no such customer: %w", outcomes.ErrForGood)
	})
	c.learn(t, c.begin(t, "ann"), stripesim.OutcomeVerified)
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() { outcomes.Work(ctx, c.parts, []outcomes.Consumer{c.consumer}); close(ended) }()
	tests.Eventually(t, "a reviewer is asked", func() bool { return c.user(t, "ann").InReview })
	stop()
	<-ended
	if u := c.user(t, "ann"); u.Verified || u.AtGate {
		t.Errorf("nobody may wait at the gate for ever, got %+v", u)
	}
}
