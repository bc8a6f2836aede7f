package tests

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"

	"example.com/identity-starter/stripesim"
)

// account is one account at Stripe that two programs of this very kind share, each with a database of its own, whose
// users have the same ids: what somebody is to one says nothing about who has that id at the other.
type account struct {
	*testing.T
	apps []*App
	want [][]string // what each has to know, in its order
}

// known is what a program knows of people.
func (a *App) known() []string {
	a.T.Helper()
	return slices.Concat(a.Rows("SELECT 'user', user_id, verified, attempts FROM users"),
		a.Rows("SELECT 'verification', id, user_id, session_id, status, error_code FROM verifications"),
		a.Rows("SELECT 'attempt', report_id, user_id, code FROM attempts"))
}

// copied is a backup of the program's database, as it is now.
func (a *App) copied() *App {
	a.T.Helper()
	return &App{T: a.T, Team: a.Team, Sim: a.Sim, Settings: a.Settings, Database: Copied(a.T, a.Database)}
}

// opens lets somebody click at a program, and returns the session.
func (a *App) opens(user string) string {
	a.T.Helper()
	if got := a.API().As(user, "X-Auth-User", user).Post("/create-verification-session", nil); got.Status != 200 {
		a.T.Fatalf("Verify must answer 200, got %d %s", got.Status, got.Body)
	}
	return a.Rows("SELECT session_id FROM verifications WHERE user_id = ? AND status = 'requires_input'", user)[0]
}

// twoDatabases have the same two users, who fare differently; copies are from the time before somebody clicked.
func twoDatabases(t *testing.T) (c *account, copies []*App) {
	t.Helper()
	one := Start(t, "AUTH_USER_HEADER=X-Auth-User")
	c = &account{T: t, apps: []*App{one, StartBeside(one, "AUTH_USER_HEADER=X-Auth-User")}}
	for i, a := range c.apps {
		a.Finish(a.opens("cid"), []string{"verified", "document_expired"}[i])
		copies = append(copies, a.copied())
	}
	for i, a := range c.apps {
		users := []string{"ann", "bob"}
		if i > 0 {
			slices.Reverse(users)
		}
		a.Finish(a.opens(users[0]), "verified")
		failing := a.opens(users[1])
		a.Finish(failing, "document_expired")
		a.Finish(failing, "selfie_face_mismatch")
		c.want = append(c.want, a.known())
		own := []string{"user|cid|1|0", "user|cid|0|1"}[i]
		for _, line := range []string{own, "user|" + users[0] + "|1|0", "user|" + users[1] + "|0|2"} {
			if !slices.Contains(c.want[i], line) {
				t.Fatalf("webhooks: the %d. database must have %s, got %q", i+1, line, c.want[i])
			}
		}
	}
	return c, copies
}

func (c *account) must(way string) {
	c.Helper()
	for i, a := range c.apps {
		MustEqual(c.T, fmt.Sprintf("%s: a database must have what is its own, and nothing of the other, the %d.", way, i+1), c.want[i], a.known())
	}
}

// By no way of hearing news does a program take what the other's database has made.
func TestTwoDatabasesOfOneAccount(t *testing.T) {
	c, copies := twoDatabases(t)
	c.must("webhooks")
	for _, a := range c.apps {
		for _, user := range []string{"ann", "bob", "cid"} {
			a.Change("UPDATE verifications SET asked_at = 0")
			a.API().As(user, "X-Auth-User", user).Get("/verification/return")
		}
	}
	c.must("return pages")
	for _, a := range c.apps {
		if err := a.Stop(); err != nil {
			t.Fatal(err)
		}
		a.Change("DELETE FROM events")
		a.Change("DELETE FROM turns")
		a.Run()
		Eventually(t, "both lists are read", func() bool { return len(a.Rows("SELECT 1 FROM turns WHERE name IN ('events', 'sessions')")) == 2 })
	}
	c.must("lists at the start")
	for _, way := range [][]string{nil, {"-all"}} {
		for i, a := range c.apps {
			if out, err := a.Reconcile(a.Database, way...); err != nil || i == 0 && !regexp.MustCompile(`sessions listed: .* 3 not ours, 0 failed`).MatchString(out) {
				t.Errorf("reconcile %v must say what is not ours, got %v\n%s", way, err, out)
			}
		}
		c.must(fmt.Sprint("reconcile ", way))
	}
	for i, program := range c.apps { // each program gets the other's backup: whose it is then, the database says
		other := 1 - i
		for _, way := range [][]string{nil, {"-all"}} {
			restored := copies[other].copied()
			if out, err := program.Reconcile(restored.Database, way...); err != nil {
				t.Fatalf("reconcile %v: %v\n%s", way, err, out)
			}
			MustEqual(t, fmt.Sprint("a backup of the other program must find what its database has made since, by reconcile ", way), c.want[other], restored.known())
		}
	}
}

// An empty database cannot tell which of two it was, and is told.
func TestEmptyDatabaseTakesATag(t *testing.T) {
	c, _ := twoDatabases(t)
	var tags []string
	for i, a := range c.apps {
		tags = append(tags, a.Rows("SELECT tag FROM origin")[0])
		c.want[i] = slices.DeleteFunc(c.want[i], func(line string) bool { return strings.HasPrefix(line, "user") })
	}
	empty := &App{T: t, Team: c.apps[0].Team, Sim: c.apps[0].Sim, Settings: c.apps[0].Settings, Database: Database(t)}
	refuses := func(rule, words string, args ...string) {
		t.Helper()
		before := empty.Rows("SELECT tag FROM origin")
		if out, err := empty.Reconcile(empty.Database, args...); err == nil || !strings.Contains(err.Error(), words) || out != "" {
			t.Errorf("%s: want an error with %q, got %v\n%s", rule, words, err, out)
		}
		if got := empty.Rows("SELECT tag FROM origin"); len(before) > 0 && !slices.Equal(got, before) {
			t.Errorf("%s: the tag must stay, got %v", rule, got)
		}
	}
	if out, err := empty.Reconcile(empty.Database); err != nil || len(empty.known()) > 0 {
		t.Errorf("without -all an empty database takes nothing, got %v\n%s", err, out)
	}
	for _, tag := range tags {
		refuses("several tags, and none chosen", tag+" has 3 sessions", "-all")
	}
	refuses("a tag that nobody has", "no session", "-all", "-tag", "AAAAAAAA")
	refuses("a flag without its value", "usage", "-all", "-tag")
	refuses("a flag that there is not", "usage", "-every")
	if out, err := empty.Reconcile(empty.Database, "-all", "-tag", strings.ToLower(tags[1])); err != nil {
		t.Fatalf("reconcile -all -tag: %v\n%s", err, out)
	}
	known := slices.DeleteFunc(empty.known(), func(line string) bool { return strings.HasPrefix(line, "user") })
	MustEqual(t, "the chosen database must be rebuilt", c.want[1], known)
	refuses("a database that has a tag", "another tag", "-all", "-tag", tags[0])
	if out, err := empty.Reconcile(empty.Database, "-all", "-tag", tags[1]); err != nil {
		t.Errorf("its own tag is no other: %v\n%s", err, out)
	}
}

// A program that serves from an empty database goes on under the tag that a rebuild has taken meanwhile.
func TestServingGoesOnUnderTheTakenTag(t *testing.T) {
	old := Start(t)
	old.Finish(old.Browser().Verify(old).ID, "verified")
	tag := old.Rows("SELECT tag FROM origin")[0]
	now := StartBeside(old)
	if _, err := now.Command("reconcile", "-all"); err != nil {
		t.Fatal(err)
	}
	now.Browser().Verify(now)
	for _, id := range now.Rows("SELECT id FROM verifications") {
		if !strings.HasPrefix(id, tag) || len(id) != 34 {
			t.Errorf("each id must be the tag %s and 26 characters, got %s", tag, id)
		}
	}
}

// Sessions of others are taken with -adopt alone, for users whose id a sign-in may give, and under ids of our own.
func TestAdopt(t *testing.T) {
	a := Start(t)
	person := a.Browser()
	session := person.Verify(a)
	for user, reference := range map[string]string{"42": "order-42", "43": "", "anon_7": "", "44": strings.Repeat("A", 34), "": "nobody",
		person.User(): "another", "45": session.Reference} {
		a.Finish(a.foreignSession(user, reference), "verified")
	}
	verified := func() string {
		return strings.Join(a.Rows("SELECT user_id FROM users WHERE verified = 1 ORDER BY user_id"), " ")
	}
	for _, way := range [][]string{nil, {"-all"}} {
		if out, err := a.Command(append([]string{"reconcile"}, way...)...); err != nil || verified() != "" {
			t.Errorf("reconcile %v must not take another app's verdicts, got %q, %v\n%s", way, verified(), err, out)
		}
	}
	for range 2 {
		if out, err := a.Command("reconcile", "-all", "-adopt"); err != nil || verified() != "42 43 44" {
			t.Errorf("-adopt must take those whose user a sign-in may name, got %q, %v\n%s", verified(), err, out)
		}
	}
	tag := a.Rows("SELECT tag FROM origin")[0]
	if got := a.Rows("SELECT count(*) FROM verifications WHERE substr(id, 1, 8) = ? AND length(id) = 34", tag); got[0] != "4" {
		t.Errorf("each must have an id of our own, got %q", a.Rows("SELECT id FROM verifications"))
	}
}

// A session whose create was never answered is ours by reference and user together, whoever lists it.
func TestUnansweredCreateIsOursByUserToo(t *testing.T) {
	a := Start(t)
	a.Sim.AddFault(AtCreate(stripesim.Fault{Status: 503, Times: -1}))
	person := a.Browser()
	person.MustRefuse("Stripe gives no answer", 503, "stripe_unavailable")
	a.Sim.ClearFaults()
	other := a.foreignSession("somebody", a.Rows("SELECT id FROM verifications")[0])
	a.Finish(other, "verified")
	if out, err := a.Command("reconcile"); err != nil {
		t.Fatalf("reconcile: %v\n%s", err, out)
	}
	person.Verify(a)
	if got := a.Rows("SELECT session_id, status FROM verifications"); len(got) != 1 || strings.HasPrefix(got[0], other) {
		t.Errorf("another user's session with our reference must not be taken, got %q", got)
	}
}
