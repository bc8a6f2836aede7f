package tests

import (
	"encoding/json"
	"net/url"
	"slices"
	"strings"
	"testing"

	"example.com/identity-starter/stripesim"
)

// What a rebuild learns about somebody whom the file knows is followed like any
// other news: the team hears of it, and an old link does not outlive the limit.
func TestRebuildOfKnownSessionsIsFollowed(t *testing.T) {
	t.Parallel() // beside others that wait
	a := Start(t)
	lucky, clumsy := a.Browser(), a.Browser()
	good, bad := lucky.Verify(a), clumsy.Verify(a)
	a.Idle()
	a.Sim.SetDelivery(stripesim.Switches{Drop: true})
	a.Finish(good.ID, "verified")
	for range 3 {
		a.Finish(bad.ID, "document_expired")
	}
	if _, err := a.Command("reconcile", "-all"); err != nil {
		t.Fatal(err)
	}
	told := a.Rows("SELECT kind || ' ' || CASE kind WHEN 'cancel' THEN code ELSE outcome END FROM actions ORDER BY 1")
	for _, want := range []string{"team verified", "team exhausted", "cancel exhausted"} {
		if !slices.Contains(told, want) {
			t.Errorf("a rebuild must be followed by %q, got %q", want, told)
		}
	}
	Eventually(t, "the used-up session is closed at Stripe", func() bool {
		s, _ := a.Sim.Session(bad.ID)
		return s.Status == "canceled"
	})
}

// Where users stand is written anew where a row does not say what it is derived from.
func TestRebuildDerivesWhereUsersStand(t *testing.T) {
	a := Start(t)
	person := a.Browser()
	a.Finish(person.Verify(a).ID, "verified")
	a.Change("UPDATE people SET verified = 0, verdicts = 0")
	if got := person.Get("/members"); got.Status != 303 {
		t.Fatalf("the row is the answer, got %d", got.Status)
	}
	out, err := a.Command("reconcile", "-all")
	if err != nil || !strings.Contains(out, person.User()+"  derived anew") {
		t.Errorf("what was wrong must be said, got %v\n%s", err, out)
	}
	if got := person.Get("/members"); got.Status != 200 {
		t.Errorf("the gate must be open again, got %d", got.Status)
	}
}

// A user with two open sessions: the failed checks of both count, one is left out, and that is no failure.
func TestRebuildWithTwoOpenSessions(t *testing.T) {
	a := Start(t)
	tag := a.Rows("SELECT tag FROM origin")[0]
	for _, random := range []string{"A", "B"} {
		id := a.foreignSession("customer-7", tag+strings.Repeat(random, 26))
		a.Finish(id, "document_expired")
	}
	out, err := a.Command("reconcile", "-all")
	if err != nil {
		t.Fatalf("a session that is left out must not be a failure: %v", err)
	}
	if got := a.Rows("SELECT attempts FROM users WHERE user_id = 'customer-7'"); !slices.Equal(got, []string{"2"}) {
		t.Errorf("the failed checks of both sessions must count, got %q", got)
	}
	if !strings.Contains(out, "left out") {
		t.Errorf("what is left out must be said, got\n%s", out)
	}
}

// What another app has open is its own: its failed checks count once they are adopted, and a click makes a session of ours
// besides, without a word to Stripe about the others.
func TestAdoptedOpenSessionsAreLeftAlone(t *testing.T) {
	a := Start(t, "AUTH_USER_HEADER=X-Auth-User")
	var others []string
	for range 2 {
		others = append(others, a.foreignSession("customer-7", ""))
		a.Finish(others[len(others)-1], "document_expired")
	}
	if out, err := a.Command("reconcile", "-adopt"); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	customer := a.Browser().As("customer-7", "X-Auth-User", "customer-7")
	if got := customer.Attempts(a); got != "document_expired document_expired" {
		t.Errorf("the failed checks of both must count, got %q", got)
	}
	ours := customer.Verify(a)
	a.Finish(ours.ID, "document_expired") // the last attempt
	a.NothingIsLeft()
	for _, id := range others {
		if got := a.StatusAtStripe(id); id == ours.ID || got != "requires_input" {
			t.Errorf("another app's session must be left alone, got %s as %q", id, got)
		}
	}
}

// foreignSession is a session that another program has made for one of its users, under a reference of its own.
func (a *App) foreignSession(user, reference string) string {
	a.T.Helper()
	form := url.Values{"type": {"document"}, "metadata[user_id]": {user}}
	if reference != "" {
		form.Set("client_reference_id", reference)
	}
	other := a.API()
	request := other.Request("POST", a.Sim.URL()+SessionsPath, strings.NewReader(form.Encode()))
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	request.SetBasicAuth("sk_test_simulator", "")
	var made struct{ ID string }
	if got := other.Send(request); got.Status != 200 || json.Unmarshal([]byte(got.Body), &made) != nil {
		a.T.Fatalf("the simulator must make a session, got %d %s", got.Status, got.Body)
	}
	return made.ID
}
