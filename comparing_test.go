package main

import (
	"strings"
	"testing"
)

// Whoever differs waits for a reviewer, so that without one it must be said at once.
func TestComparingWithoutReviewersIsAnnounced(t *testing.T) {
	for name, c := range map[string]struct {
		on        bool
		reviewers int
		state     string
		warns     bool
	}{"off": {false, 0, "comparing off", false}, "with a reviewer": {true, 1, "comparing on", false}, "without": {true, 0, "comparing on", true}} {
		var out strings.Builder
		announceExtras(&out, []extra{comparingIf(c.on, c.reviewers)})
		if !strings.Contains(out.String(), c.state+"\n") || strings.Contains(out.String(), "WARN") != c.warns ||
			c.warns && !strings.Contains(out.String(), "nobody can release those who differ") {
			t.Errorf("%s: it must read %q, with a warning: %v, got\n%s", name, c.state, c.warns, out.String())
		}
	}
}
