package tests

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"example.com/identity-starter/stripesim"
)

// locked is Stripe's answer when another call has the object just now.
func locked(method, path string, times int) stripesim.Fault {
	return stripesim.Fault{Method: method, Path: path, Status: http.StatusTooManyRequests, Code: "lock_timeout", Times: times}
}

// Whoever meets a lock at Stripe is served all the same: the call is repeated, a create with the key that it had. A lock that
// stays is an outage, which costs no attempt.
func TestLockAtStripe(t *testing.T) {
	t.Parallel() // repeating takes a moment
	a := Start(t)
	person := a.Browser()
	a.Sim.AddFault(locked("POST", SessionsPath, 1))
	session := person.Verify(a)
	if made := a.Creates(); len(made) != 2 || made[0].IdempotencyKey != made[1].IdempotencyKey || len(a.Sim.Sessions()) != 1 {
		t.Errorf("the create must be repeated with its key, and make one session, got %+v", made)
	}
	a.Sim.AddFault(locked("GET", SessionsPath, -1))
	got := person.MustRefuse("the lock stays", 503, "stripe_unavailable")
	if got.Header.Get("Retry-After") == "" || person.Status()["attempts_left"] != 3.0 {
		t.Errorf("a lock that stays must say when to come back, and cost no attempt, got %q", got.Header)
	}
	a.Sim.ClearFaults()
	person.MustOpen(a, "the lock is gone")
	a.Sim.AddFault(locked("POST", SessionsPath+"/"+session.ID+"/cancel", 1))
	for range 3 {
		a.Finish(session.ID, "document_expired")
	}
	Eventually(t, "the used up session is closed", func() bool { return a.StatusAtStripe(session.ID) == "canceled" })
	if got := person.Status(); got["attempts_left"] != 0.0 {
		t.Errorf("each failed check must count once, got %v", got)
	}
}

// Stripe's lists have a link and a client secret for each open session, as its answer to a create has: they are kept nowhere.
func TestListsAreAsSecretAsCreates(t *testing.T) {
	a := Start(t, "LOG_LEVEL=debug")
	a.Sim.AddFault(AtCreate(stripesim.Fault{Close: true, Times: -1, After: true}))
	person := a.Browser()
	person.MustRefuse("no answer", 503, "stripe_unavailable")
	a.Sim.ClearFaults()
	person.MustOpen(a, "the session is found in a list")
	a.Browser().Verify(a)
	out, err := a.Reconcile(a.Database, "-all")
	if err != nil || !slices.ContainsFunc(a.Calls("GET", SessionsPath), func(r stripesim.Request) bool { return !r.Form.Has("client_reference_id") }) {
		t.Fatalf("reconcile must list the sessions: %v\n%s", err, out)
	}
	for _, secret := range []string{a.Sim.URL() + "/start/", "/start/test_", "_secret_"} {
		if a.Remembers(secret) || strings.Contains(a.Out.String()+out, secret) {
			t.Errorf("%s… must be neither in the database nor in the log, got\n%s%s", secret, a.Out.String(), out)
		}
	}
}
