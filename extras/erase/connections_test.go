package erase_test

import (
	"strings"
	"testing"
	"time"

	"example.com/identity-starter/extras/erase"
	"example.com/identity-starter/stripesim"
	"example.com/identity-starter/tests"
)

// Whoever is forgotten is disconnected at Stripe first, also who was never verified, and can connect the same account again.
func TestForgetDisconnects(t *testing.T) {
	t.Parallel() // beside others that wait
	for name, verifies := range map[string]bool{"who verified, too": true, "who only connected": false} {
		t.Run(name, func(t *testing.T) {
			a := start(t, "TOKEN_KEY="+strings.Repeat("A", 43)+"=")
			merchant := a.Merchant()
			merchant.Connect(a, stripesim.AccountA)
			if verifies {
				a.Finish(merchant.Verify(a).ID, "verified")
			}
			user := merchant.User()
			out, err := redact(a, "-forget", user)
			if err != nil || !strings.Contains(out, stripesim.AccountA+"  disconnected\n") {
				t.Fatalf("the command must say what it has disconnected, got %v\n%s", err, out)
			}
			if got := a.Rows("SELECT count(*) FROM actions WHERE kind = 'team' AND outcome = 'disconnected'"); got[0] != "1" {
				t.Error("the team must be told, as of any disconnect")
			}
			if a.Deauthorizations() != 1 {
				t.Errorf("the platform must give its access up, got %d", a.Deauthorizations())
			}
			tests.Eventually(t, "the user is forgotten, once Stripe has redacted what it has", func() bool { return !a.Remembers(user) })
			if got := a.Rows("SELECT count(*) FROM accounts WHERE disconnected_at IS NOT NULL AND sealed_token IS NULL AND user_id LIKE 'forgotten_%'"); got[0] != "1" {
				t.Error("the connection must have ended here, without its token")
			}
			merchant.Connect(a, stripesim.AccountA)
			if got := a.Rows("SELECT user_id FROM accounts WHERE disconnected_at IS NULL"); len(got) != 1 || got[0] != merchant.User() {
				t.Errorf("the same person must be able to connect the same account again, got %q", got)
			}
		})
	}
}

// A disconnect that fails is repeated by the running program, and nobody is forgotten before it; what is connected
// meanwhile is disconnected, too.
func TestForgetWaitsForTheDisconnect(t *testing.T) {
	t.Parallel() // beside others that wait
	a := start(t)
	merchant := a.Merchant()
	merchant.Connect(a, stripesim.AccountA)
	user := merchant.User()
	a.Sim.AddFault(stripesim.Fault{Path: "/oauth/deauthorize", Status: 503, Times: 1})
	out, err := redact(a, "-forget", user)
	if err == nil || !strings.Contains(out, stripesim.AccountA+"  failed") || !strings.Contains(out, "is replaced once") {
		t.Errorf("what could not be disconnected must be said, got %v\n%s", err, out)
	}
	if a.Accounts() == "" || !a.Remembers(user) {
		t.Error("nobody may be forgotten while the platform has access to his account")
	}
	merchant.Connect(a, stripesim.AccountB)
	due(a)
	tests.Eventually(t, "the running program disconnects both", func() bool { return a.Deauthorizations() == 3 })
	tests.Eventually(t, "and forgets", func() bool { return !a.Remembers(user) })
}

// An account that is connected to somebody whom nobody waits for any more, but for that, is noticed.
func TestForgetNoticesWhatIsConnectedSince(t *testing.T) {
	a := tests.StartTeamWith(t, tests.With(erase.New), stripesim.Config{RedactAfter: time.Hour})
	merchant := a.Merchant()
	a.Finish(merchant.Verify(a).ID, "verified")
	if out, err := a.Command("redact", "-forget", merchant.User()); err != nil {
		t.Fatalf("redact: %v\n%s", err, out)
	}
	if got := a.Rows("SELECT due_at FROM forgetting"); got[0] != "<nil>" {
		t.Errorf("there is nothing to disconnect, got %q", got)
	}
	merchant.Connect(a, stripesim.AccountA)
	tests.Eventually(t, "the account is disconnected", func() bool {
		return a.Rows("SELECT count(*) FROM accounts WHERE disconnected_at IS NULL")[0] == "0"
	})
}

// Without the platform's id at Stripe nothing can be disconnected: it is said what to do.
func TestForgetWithoutClientID(t *testing.T) {
	t.Parallel() // beside others that wait
	a := start(t)
	merchant := a.Merchant()
	merchant.Connect(a, stripesim.AccountA)
	user := merchant.User()
	if err := a.Stop(); err != nil {
		t.Fatal(err)
	}
	delete(a.Settings, "STRIPE_CLIENT_ID")
	a.Run()
	if out, err := redact(a, "-forget", user); err == nil || !strings.Contains(out, "STRIPE_CLIENT_ID is not set: set it") {
		t.Errorf("it must be said what to do, got %v\n%s", err, out)
	}
	due(a)
	a.Says("STRIPE_CLIENT_ID is not set: set it")
	a.Says("so that its user is not forgotten: repeated in 1 h")
	a.Sim.Revoke(stripesim.AccountA) // which the merchant can do, too
	due(a)
	tests.Eventually(t, "who was disconnected otherwise is forgotten", func() bool { return !a.Remembers(user) })
}
