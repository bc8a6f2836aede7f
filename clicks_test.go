package main

import (
	"context"
	"maps"
	"net/http"
	"regexp"
	"slices"
	"testing"

	"example.com/identity-starter/stripesim"
)

// clicks are n clicks on Verify of one person.
func (b *browser) clicks(n int) []*http.Request {
	b.t.Helper()
	var all []*http.Request
	for range n {
		all = append(all, b.asJSON().request("POST", createPath, nil))
	}
	return all
}

// later does something meanwhile, and hands over the answer that came of it.
func later(do func() answer) <-chan answer {
	done := make(chan answer, 1)
	go func() { done <- do() }()
	return done
}

// However often and fast a person clicks, there is one session to pay for, and
// every click leads to it.
func TestClicksAtOnce(t *testing.T) {
	a := start(t)
	person := a.browser()
	person.user()
	for i, got := range person.together(person.clicks(32)...) {
		if got.status != 200 {
			t.Errorf("click %d must be answered 200, got %d %s", i, got.status, got.body)
		}
	}
	if n := len(a.sim.Sessions()); n != 1 {
		t.Errorf("32 clicks at once must make one session, got %d", n)
	}
	if n := len(a.rows("SELECT id FROM verifications")); n != 1 {
		t.Errorf("32 clicks at once must make one row, got %d", n)
	}
}

var listening = regexp.MustCompile(`(?m)^  listening +(\S+)$`)

// Two processes behind one address share the file, and make one session all the same.
func TestClicksOnTwoProcesses(t *testing.T) {
	a := start(t)
	twin := &app{t: t, sim: a.sim, database: a.database, settings: maps.Clone(a.settings)}
	twin.set("ADDR=localhost:0")
	twin.run()
	person := a.browser()
	person.user()
	requests := person.clicks(32)
	for _, request := range requests[:16] {
		request.Host = request.URL.Host // the public address is the same
		request.URL.Host = listening.FindStringSubmatch(twin.out.String())[1]
		request.Header.Set("Cookie", person.cookies(a))
	}
	for i, got := range person.together(requests...) {
		if got.status != 200 {
			t.Errorf("click %d must be answered 200, got %d %s", i, got.status, got.body)
		}
	}
	if n := len(a.sim.Sessions()); n != 1 {
		t.Errorf("clicks on two processes must make one session, got %d", n)
	}
}

// cookies are what the browser sends to the app.
func (b *browser) cookies(a *app) string {
	b.t.Helper()
	request := b.request("GET", a.url, nil)
	for _, c := range b.client.Jar.Cookies(request.URL) {
		request.AddCookie(c)
	}
	return request.Header.Get("Cookie")
}

// The second click, while the first is under way at Stripe, waits for it: Stripe
// answers it that the idempotency key is in use.
func TestClickWhileAnotherIsUnderWay(t *testing.T) {
	a := start(t)
	person := a.browser()
	person.user()
	a.sim.AddFault(stripesim.Fault{Path: sessionsPath, Method: "POST", Hang: true})
	first := later(person.click)
	eventually(t, "the first click is at Stripe", func() bool { return len(a.creates()) == 1 })
	second := later(person.click)
	eventually(t, "Stripe refuses the second with idempotency_key_in_use", func() bool {
		return slices.ContainsFunc(a.creates(), func(r stripesim.Request) bool { return r.Status == http.StatusConflict })
	})
	a.sim.ClearFaults()
	for _, click := range []<-chan answer{first, second} {
		if got := <-click; got.status != 200 {
			t.Errorf("both clicks must be answered 200, got %d %s", got.status, got.body)
		}
	}
	if n := len(a.sim.Sessions()); n != 1 {
		t.Errorf("both clicks must have one session, got %d", n)
	}
}

// A webhook that beats Stripe's answer to our own request finds its person.
func TestWebhookBeforeAnswer(t *testing.T) {
	a := start(t)
	person := a.browser()
	user := person.user()
	a.sim.AddFault(stripesim.Fault{Path: sessionsPath, Method: "POST", Hang: true, After: true})
	click := later(person.click)
	eventually(t, "Stripe has the session", func() bool { return len(a.sim.Sessions()) == 1 })
	session := a.sim.Sessions()[0]
	if got := a.rows("SELECT session_id IS NULL FROM verifications"); len(got) != 1 || got[0] != "1" {
		t.Fatalf("the row must be there before the answer, got %q", got)
	}
	a.finish(session.ID, "document_expired")
	if got := a.rows("SELECT user_id, session_id, error_code FROM verifications"); got[0] != user+"|"+session.ID+"|document_expired" {
		t.Errorf("the webhook must find the row by our reference, got %q", got)
	}
	a.sim.ClearFaults()
	if got := <-click; got.status != 200 {
		t.Errorf("the click must get its address still, got %d %s", got.status, got.body)
	}
	if got := a.rows("SELECT session_id, error_code FROM verifications"); len(got) != 1 || got[0] != session.ID+"|document_expired" {
		t.Errorf("the late answer must not undo what the webhook told, got %q", got)
	}
	if got := person.status(); got["attempts_left"] != 2.0 {
		t.Errorf("the attempt must be counted once, got %v", got)
	}
}

// A person who leaves during the click does not lose the session: the next click finds it.
func TestClickAndLeave(t *testing.T) {
	a := start(t)
	person := a.browser()
	person.user()
	a.sim.AddFault(stripesim.Fault{Path: sessionsPath, Method: "POST", Hang: true, After: true})
	ctx, leave := context.WithCancel(t.Context())
	request := person.request("POST", createPath, nil).WithContext(ctx)
	gone := make(chan error, 1)
	go func() {
		response, err := person.client.Do(request)
		if err == nil {
			response.Body.Close()
		}
		gone <- err
	}()
	eventually(t, "Stripe has the session", func() bool { return len(a.sim.Sessions()) == 1 })
	leave()
	if err := <-gone; err == nil {
		t.Fatal("the person must have left before the answer")
	}
	a.sim.ClearFaults()
	person.mustOpen(a, "the click of a person who comes back")
	if n := len(a.sim.Sessions()); n != 1 {
		t.Errorf("there must be one session still, got %d", n)
	}
}
