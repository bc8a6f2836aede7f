package tests

import (
	"context"
	"maps"
	"net/http"
	"slices"
	"testing"

	"example.com/identity-starter/stripesim"
)

// However often and fast a person clicks, there is one session to pay for, and
// every click leads to it.
func TestClicksAtOnce(t *testing.T) {
	a := Start(t)
	person := a.Browser()
	person.User()
	for i, got := range person.Together(person.Clicks(32)...) {
		if got.Status != 200 {
			t.Errorf("click %d must be answered 200, got %d %s", i, got.Status, got.Body)
		}
	}
	if n := len(a.Sim.Sessions()); n != 1 {
		t.Errorf("32 clicks at once must make one session, got %d", n)
	}
	if n := len(a.Rows("SELECT id FROM verifications")); n != 1 {
		t.Errorf("32 clicks at once must make one row, got %d", n)
	}
}

// twin is another program with the same file and settings, on a port of its own, not started yet.
func (a *App) twin() *App {
	twin := &App{T: a.T, Team: a.Team, Sim: a.Sim, Database: a.Database, Settings: maps.Clone(a.Settings)}
	twin.Set("ADDR=localhost:0")
	return twin
}

// clickAtBoth spreads a person's clicks over a program and its twin, known by what it prints.
func clickAtBoth(t *testing.T, a *App, twin *Output) {
	t.Helper()
	person := a.Browser()
	person.User()
	requests := person.Clicks(32)
	for _, request := range requests[:16] {
		request.Host = request.URL.Host // the public address is the same
		request.URL.Host = Listening.FindStringSubmatch(twin.String())[1]
		request.Header.Set("Cookie", person.Cookies(a))
	}
	for i, got := range person.Together(requests...) {
		if got.Status != 200 {
			t.Errorf("click %d must be answered 200, got %d %s", i, got.Status, got.Body)
		}
	}
}

// Two processes behind one address share the file, and make one session all the same.
func TestClicksOnTwoProcesses(t *testing.T) {
	a := Start(t)
	twin := a.twin()
	twin.Run()
	clickAtBoth(t, a, twin.Out)
	if n := len(a.Sim.Sessions()); n != 1 {
		t.Errorf("clicks on two processes must make one session, got %d", n)
	}
}

// The second click, while the first is under way at Stripe, waits for it: Stripe
// answers it that the idempotency key is in use.
func TestClickWhileAnotherIsUnderWay(t *testing.T) {
	a := Start(t)
	person := a.Browser()
	person.User()
	a.Sim.AddFault(stripesim.Fault{Path: SessionsPath, Method: "POST", Hang: true})
	first := Later(person.Click)
	Eventually(t, "the first click is at Stripe", func() bool { return len(a.Creates()) == 1 })
	second := Later(person.Click)
	Eventually(t, "Stripe refuses the second with idempotency_key_in_use", func() bool {
		return slices.ContainsFunc(a.Creates(), func(r stripesim.Request) bool { return r.Status == http.StatusConflict })
	})
	a.Sim.ClearFaults()
	for _, click := range []<-chan Answer{first, second} {
		if got := <-click; got.Status != 200 {
			t.Errorf("both clicks must be answered 200, got %d %s", got.Status, got.Body)
		}
	}
	if n := len(a.Sim.Sessions()); n != 1 {
		t.Errorf("both clicks must have one session, got %d", n)
	}
}

// A webhook that beats Stripe's answer to our own request finds its person.
func TestWebhookBeforeAnswer(t *testing.T) {
	a := Start(t)
	person := a.Browser()
	user := person.User()
	a.Sim.AddFault(stripesim.Fault{Path: SessionsPath, Method: "POST", Hang: true, After: true})
	click := Later(person.Click)
	Eventually(t, "Stripe has the session", func() bool { return len(a.Sim.Sessions()) == 1 })
	session := a.Sim.Sessions()[0]
	if got := a.Rows("SELECT session_id IS NULL FROM verifications"); len(got) != 1 || got[0] != "1" {
		t.Fatalf("the row must be there before the answer, got %q", got)
	}
	a.Finish(session.ID, "document_expired")
	if got := a.Rows("SELECT user_id, session_id, error_code FROM verifications"); got[0] != user+"|"+session.ID+"|document_expired" {
		t.Errorf("the webhook must find the row by our reference, got %q", got)
	}
	a.Sim.ClearFaults()
	if got := <-click; got.Status != 200 {
		t.Errorf("the click must get its address still, got %d %s", got.Status, got.Body)
	}
	if got := a.Rows("SELECT session_id, error_code FROM verifications"); len(got) != 1 || got[0] != session.ID+"|document_expired" {
		t.Errorf("the late answer must not undo what the webhook told, got %q", got)
	}
	if got := person.Status(); got["attempts_left"] != 2.0 {
		t.Errorf("the attempt must be counted once, got %v", got)
	}
}

// A person who leaves during the click does not lose the session: the next click finds it.
func TestClickAndLeave(t *testing.T) {
	a := Start(t)
	person := a.Browser()
	person.User()
	a.Sim.AddFault(stripesim.Fault{Path: SessionsPath, Method: "POST", Hang: true, After: true})
	ctx, leave := context.WithCancel(t.Context())
	request := person.Request("POST", CreatePath, nil).WithContext(ctx)
	gone := make(chan error, 1)
	go func() {
		response, err := person.Client.Do(request)
		if err == nil {
			response.Body.Close()
		}
		gone <- err
	}()
	Eventually(t, "Stripe has the session", func() bool { return len(a.Sim.Sessions()) == 1 })
	leave()
	if err := <-gone; err == nil {
		t.Fatal("the person must have left before the answer")
	}
	a.Sim.ClearFaults()
	person.MustOpen(a, "the click of a person who comes back")
	if n := len(a.Sim.Sessions()); n != 1 {
		t.Errorf("there must be one session still, got %d", n)
	}
}
