//go:build unix

package tests

import (
	"fmt"
	"maps"
	"strings"
	"sync"
)

// Beside is the program on another machine: with the same database and the same Stripe, and an address of its own. It is not
// started yet.
func (c *Child) Beside() *Child {
	other := &Child{App: &App{T: c.T, Team: c.Team, Sim: c.Sim, Database: c.Database, Settings: maps.Clone(c.Settings)}}
	other.Set("ADDR=localhost:0")
	delete(other.Settings, "BASE_URL")
	return other
}

// ToBoth delivers an event to two machines at once, and returns what each has answered.
func (s *Stream) ToBoth(one, other string, event Object) (status [2]int) {
	s.C.T.Helper()
	id, body := fmt.Sprint(event["id"]), event.JSON(s.C.T)
	var both sync.WaitGroup
	for i, origin := range []string{one, other} {
		both.Go(func() { status[i] = s.DeliverTo(origin, id, body) })
	}
	both.Wait()
	return status
}

// LogsNoError checks that nothing went wrong for the program, as far as its log says.
func (c *Child) LogsNoError() {
	c.T.Helper()
	for line := range strings.Lines(c.Out.String()) {
		if strings.Contains(line, "level=ERROR") || strings.Contains(line, " status=5") {
			c.T.Errorf("a machine must not notice what becomes of another one, but its log says\n%s", line)
			return
		}
	}
}
