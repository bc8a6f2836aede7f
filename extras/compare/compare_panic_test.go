package compare_test

import (
	"context"
	"log/slog"
	"strings"
	"testing"

	"example.com/identity-starter/gateway"
	"example.com/identity-starter/outcomes"
	"example.com/identity-starter/stripesim"
	"example.com/identity-starter/tests"
)

// What a comparison panics with may hold a name: the log has the place only.
func TestPanicOfAComparisonIsLoggedWithoutItsValue(t *testing.T) {
	c := compareWith(t, func(_ context.Context, _ string, o gateway.Outputs) (bool, string, error) {
		panic("a marker of a name: " + o.FirstName)
	})
	c.learn(t, c.begin(t, "ann"), stripesim.OutcomeVerified)
	out := tests.NewOutput()
	c.parts.Log = slog.New(slog.NewTextHandler(out, nil))
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() { outcomes.Work(ctx, c.parts, []outcomes.Consumer{c.consumer}); close(ended) }()
	tests.Eventually(t, "the panic is logged", func() bool { return strings.Contains(out.String(), "kind=compare") })
	stop()
	<-ended
	if log := out.String(); strings.Contains(log, "marker") || !strings.Contains(log, "compare_panic_test.go") || !strings.Contains(log, "level=WARN") {
		t.Errorf("the log must have the place of the panic and not its value, got\n%s", log)
	}
	if u := c.user(t, "ann"); u.Verified || !u.AtGate {
		t.Errorf("a panic must neither verify anybody nor end the comparison, got %+v", u)
	}
}
