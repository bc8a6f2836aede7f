package tests

import (
	"encoding/json"
	"slices"
	"strings"

	"example.com/identity-starter/stripesim"
)

const (
	SessionsPath = "/v1/identity/verification_sessions"
	CreatePath   = "/create-verification-session"
)

// Creates are the calls by which the program has asked Stripe for a new session.
func (a *App) Creates() []stripesim.Request {
	return slices.DeleteFunc(a.Asked(), func(r stripesim.Request) bool { return r.Method != "POST" || r.Path != SessionsPath })
}

// Retrieves is how often the program has asked Stripe about the session.
func (a *App) Retrieves(session string) int {
	return len(slices.DeleteFunc(a.Asked(), func(r stripesim.Request) bool {
		return r.Method != "GET" || r.Path != SessionsPath+"/"+session
	}))
}

// AtStripe does something with a session as the merchant can in the Dashboard: "cancel" or "redact", and waits until it is done.
func (a *App) AtStripe(action, session string) {
	a.T.Helper()
	a.begins(action, session)
	a.Idle()
}

func (a *App) begins(action, session string) {
	a.T.Helper()
	merchant := a.API()
	request := merchant.Request("POST", a.Sim.URL()+SessionsPath+"/"+session+"/"+action, nil)
	request.SetBasicAuth("sk_test_simulator", "")
	if got := merchant.Send(request); got.Status != 200 {
		a.T.Fatalf("%s at Stripe: %d %s", action, got.Status, got.Body)
	}
}

// Override lets a reviewer override the verdict in the Dashboard, as Sim.Override says, and waits for its webhook.
func (a *App) Override(session, outcome string) {
	a.T.Helper()
	if err := a.Sim.Override(session, outcome); err != nil {
		a.T.Fatalf("override to %q: %v", outcome, err)
	}
	a.Idle()
}

// Click clicks Verify, as the page's script does.
func (b *Browser) Click() Answer { b.T.Helper(); return b.AsJSON().Post(CreatePath, nil) }

// MustRefuse clicks Verify and expects to be refused.
func (b *Browser) MustRefuse(why string, status int, code string) Answer {
	b.T.Helper()
	got := b.Click()
	if got.Status != status || got.Code() != code {
		b.T.Fatalf("%s: want %d %s, got %d %s", why, status, code, got.Status, got.Body)
	}
	return got
}

// MustOpen clicks Verify and expects an address of Stripe's.
func (b *Browser) MustOpen(a *App, why string) {
	b.T.Helper()
	got := b.Click()
	var body map[string]string
	if err := json.Unmarshal([]byte(got.Body), &body); got.Status != 200 || err != nil {
		b.T.Fatalf("%s: want 200, got %d %s", why, got.Status, got.Body)
	}
	if len(body) != 1 || !strings.HasPrefix(body["url"], a.Sim.URL()+"/start/") {
		b.T.Fatalf("%s: the answer must be Stripe's address and nothing else, got %s", why, got.Body)
	}
}

// Attempts are the person's failed checks, as teams query them.
func (b *Browser) Attempts(a *App) string {
	b.T.Helper()
	return strings.Join(a.Rows("SELECT code FROM attempts WHERE user_id = ? ORDER BY rowid", b.User()), " ")
}

// Status is what the page's script is told about the person.
func (b *Browser) Status() map[string]any {
	b.T.Helper()
	got := b.Get("/verification/status") // JSON always, also for who asks for HTML
	var fields map[string]any
	if err := json.Unmarshal([]byte(got.Body), &fields); got.Status != 200 || err != nil {
		b.T.Fatalf("the status must be JSON, got %d %s", got.Status, got.Body)
	}
	return fields
}

// AtCreate is a fault of the call that makes a session.
func AtCreate(f stripesim.Fault) stripesim.Fault {
	f.Path, f.Method = SessionsPath, "POST"
	return f
}

// NothingIsLeft waits until every action is done.
func (a *App) NothingIsLeft() {
	a.T.Helper()
	left := func() []string {
		return a.Rows("SELECT kind || ' ' || outcome || ', ' || tries || ' tries, ' || object_id FROM actions WHERE done_at IS NULL")
	}
	defer func() {
		if a.T.Failed() {
			a.T.Logf("left: %q\n%s", left(), a.Out.String())
		}
	}()
	Eventually(a.T, "every action is done", func() bool { return len(left()) == 0 })
}

// StatusAtStripe is a session's status there.
func (a *App) StatusAtStripe(session string) string {
	a.T.Helper()
	now, ok := a.Sim.Session(session)
	if !ok {
		a.T.Fatalf("Stripe must know %s", session)
	}
	return now.Status
}
