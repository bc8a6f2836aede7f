package compare_test

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"example.com/identity-starter/gateway"
	"example.com/identity-starter/outcomes"
	"example.com/identity-starter/stripesim"
	"example.com/identity-starter/tests"
)

// logOfWork does what is to be compared, until the log tells of it.
func (c *compared) logOfWork(t *testing.T) string {
	t.Helper()
	out := tests.NewOutput()
	c.parts.Log = slog.New(slog.NewTextHandler(out, nil))
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() { outcomes.Work(ctx, c.parts, []outcomes.Consumer{c.consumer}); close(ended) }()
	tests.Eventually(t, "what went wrong is logged", func() bool { return strings.Contains(out.String(), "kind=compare") })
	stop()
	<-ended
	return out.String()
}

// What a comparison panics with may hold a name: the log has the place only.
func TestPanicOfAComparisonIsLoggedWithoutItsValue(t *testing.T) {
	c := compareWith(t, func(_ context.Context, _ string, o gateway.Outputs) (bool, string, error) {
		panic("a marker of a name: " + o.FirstName)
	})
	c.learn(t, c.begin(t, "ann"), stripesim.OutcomeVerified)
	if log := c.logOfWork(t); strings.Contains(log, "marker") || !strings.Contains(log, "compare_panic_test.go") || !strings.Contains(log, "level=WARN") {
		t.Errorf("the log must have the place of the panic and not its value, got\n%s", log)
	}
	if u := c.user(t, "ann"); u.Verified || !u.AtGate {
		t.Errorf("a panic must neither verify anybody nor end the comparison, got %+v", u)
	}
}

// Nor is what a comparison was quoting when it failed: of a call that failed there is how, without the address.
func TestErrorOfAComparisonIsLoggedWithoutWhatItQuotes(t *testing.T) {
	c := compareWith(t, func(ctx context.Context, _ string, o gateway.Outputs) (bool, string, error) {
		r, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://localhost:1/people?marker="+url.QueryEscape(o.FirstName), nil)
		if err != nil {
			return false, "", err
		}
		answer, err := http.DefaultClient.Do(r)
		if err != nil {
			return false, "", fmt.Errorf("ask the people's list: %w", err)
		}
		return false, "", answer.Body.Close()
	})
	c.learn(t, c.begin(t, "ann"), stripesim.OutcomeVerified)
	if log := c.logOfWork(t); strings.Contains(log, "marker") || !strings.Contains(log, "ask the people's list: Get: dial tcp") {
		t.Errorf("the log must have which call failed, and how, and not what was asked for, got\n%s", log)
	}
}
