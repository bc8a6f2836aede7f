package tests

import (
	"strings"
	"testing"

	"example.com/identity-starter/store"
)

// listed is how often Stripe was asked for events.
func (a *App) listed() (n int) {
	for _, r := range a.Sim.Requests() {
		if r.Path == "/v1/events" {
			n++
		}
	}
	return n
}

// Two programs on one database list what was missed once between them, and do what is due in the background once. The command
// lists at once, whoever has the turn. Who stops leaves the rest to the other one.
func TestTwoTakeTurns(t *testing.T) {
	a := Start(t)
	b := a.twin()
	b.Run()
	session := a.Browser().Verify(a)
	a.Change("UPDATE verifications SET check_at = 1, asked_at = 0")
	asked := func() int { return len(a.Calls("GET", SessionsPath+"/"+session.ID)) }
	before := asked()
	Eventually(t, "who has the turn asks about a session that is due", func() bool { return asked() > before })
	if n := a.listed(); n != 1 {
		t.Errorf("who starts beside another program must leave the listing to that one, got %d lists", n)
	}
	if out, err := b.Command("reconcile"); err != nil || a.listed() != 2 {
		t.Errorf("the command must list at once, whoever has the turn, got %d lists, %v\n%s", a.listed(), err, out)
	}
	if err := a.Stop(); err != nil {
		t.Fatal(err)
	}
	a.Change("UPDATE verifications SET check_at = 1, asked_at = 0")
	before = asked()
	Eventually(t, "the other one goes on", func() bool { return asked() > before })
	if n := a.listed(); n != 2 || strings.Contains(b.Out.String(), "level=ERROR") {
		t.Errorf("it was there all the time, and must not list, got %d lists\n%s", n, b.Out)
	}
}

// Where several machines can share the database, the doctor says which limits hold for each.
func TestDoctorSaysWhatHoldsForEach(t *testing.T) {
	a := Start(t)
	out, err := a.Command("doctor")
	if says := strings.Contains(out, "PASS  limits: "); err != nil || says == store.IsFile(a.Database) || says && !strings.Contains(out, "STRIPE_REQUESTS_PER_SECOND") {
		t.Errorf("of a server, and of no file, it must say that limits hold for each program, got %v\n%s", err, out)
	}
}
