package tests

import (
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"example.com/identity-starter/stripesim"
)

// The status has the contract's fields, in every state.
func TestStatus(t *testing.T) {
	stripe := &Clock{}
	a := StartWith(t, stripesim.Config{Now: stripe.Now})
	for _, c := range []struct {
		outcomes []string
		status   string
		left     float64
		code     string
		retry    bool
	}{
		{nil, "none", 3, "", true},
		{[]string{stripesim.OutcomeClose}, "requires_input", 3, "", true},
		{[]string{"document_expired"}, "requires_input", 2, "document_expired", true},
		{[]string{"some_new_code"}, "requires_input", 2, "some_new_code", true},
		{[]string{"abandoned"}, "requires_input", 3, "abandoned", true},
		{[]string{"consent_declined"}, "requires_input", 3, "consent_declined", true},
		{[]string{"country_not_supported"}, "requires_input", 2, "country_not_supported", false},
		{[]string{stripesim.OutcomeProcessing}, "processing", 3, "", false},
		{[]string{"document_expired", stripesim.OutcomeProcessing}, "processing", 2, "", false},
		{[]string{"document_expired", "document_expired", "document_expired"}, "requires_input", 0, "document_expired", false},
		{[]string{"verified"}, "verified", 3, "", false},
		{[]string{"document_expired", "verified"}, "verified", 2, "", false},
		{[]string{"cancel"}, "canceled", 3, "", true},
	} {
		person := a.Browser()
		for _, outcome := range c.outcomes {
			stripe.Move(time.Second) // nobody fails and submits again within the second that Stripe's times tell apart
			session := person.Verify(a)
			if outcome == "cancel" {
				a.AtStripe("cancel", session.ID)
				continue
			}
			a.Finish(session.ID, outcome)
		}
		got := person.Status()
		if keys := slices.Sorted(maps.Keys(got)); !slices.Equal(keys, []string{"attempts_left", "code", "message", "retry", "status", "title"}) {
			t.Errorf("after %q: the status must have the contract's fields, got %q", c.outcomes, keys)
		}
		if got["status"] != c.status || got["attempts_left"] != c.left || got["code"] != c.code || got["retry"] != c.retry {
			t.Errorf("after %q: want %s, %v left, code %q, retry %v, got %v", c.outcomes, c.status, c.left, c.code, c.retry, got)
		}
		if title, ok := got["title"].(string); !ok || title == "" {
			t.Errorf("after %q: the status must say what to show, got %v", c.outcomes, got)
		}
	}
}

// The way back from Stripe asks Stripe once, whatever webhooks do, and believes
// nothing that the address says.
func TestReturnAsksOnce(t *testing.T) {
	a := Start(t)
	person := a.Browser()
	session := person.Verify(a)
	a.Sim.SetDelivery(stripesim.Switches{Drop: true})
	if got := person.Get("/verification/return?status=verified&verification_session=" + session.ID); strings.Contains(got.Body, "You are verified") {
		t.Fatal("nothing in the address may be believed")
	}
	for range 4 {
		person.Get("/verification/return")
	}
	if n := a.Retrieves(session.ID); n != 1 {
		t.Errorf("the return page may ask Stripe once in 5 s, got %d calls for 5 visits", n)
	}
	a.Change("UPDATE verifications SET asked_at = asked_at - 6")
	a.Finish(session.ID, "verified")
	if got := person.Get("/verification/return"); got.Status != 200 || !strings.Contains(got.Body, "You are verified") {
		t.Errorf("a verdict without a webhook must be seen on return, got %d\n%s", got.Status, got.Body)
	}
	if n := a.Retrieves(session.ID); n != 2 {
		t.Errorf("after 5 s the return page asks again, got %d calls", n)
	}
	a.Change("UPDATE verifications SET asked_at = 0")
	person.Get("/verification/return")
	if n := a.Retrieves(session.ID); n != 2 {
		t.Errorf("a verdict is final and needs no question, got %d calls", n)
	}
}

// The return page shows where the person stands.
func TestReturnShowsState(t *testing.T) {
	a := Start(t, "APP_NAME=Shop")
	for outcome, want := range map[string]string{
		stripesim.OutcomeProcessing: `data-status="processing" data-poll`,
		"document_expired":          `id="verify-button"`,
		"verified":                  "You are verified",
	} {
		person := a.Browser()
		a.Finish(person.Verify(a).ID, outcome)
		page := strings.Join(strings.Fields(person.Get("/verification/return").Body), " ")
		if !strings.Contains(strings.ReplaceAll(page, `data-app="Shop" `, ""), want) {
			t.Errorf("after %s the return page must have %q, got\n%s", outcome, want, page)
		}
	}
}

// While the page waits, the status finds out by itself what no webhook told.
func TestStatusAsksWhileWaiting(t *testing.T) {
	a := Start(t)
	person := a.Browser()
	session := person.Verify(a)
	a.Sim.SetDelivery(stripesim.Switches{Drop: true})
	a.Finish(session.ID, stripesim.OutcomeProcessing)
	person.Get("/verification/return")
	a.Finish(session.ID, "document_expired")
	for range 3 {
		if got := person.Status(); got["status"] != "processing" {
			t.Fatalf("Stripe was asked a moment ago, so the status is the known one, got %v", got)
		}
	}
	a.Change("UPDATE verifications SET asked_at = asked_at - 11")
	if got := person.Status(); got["status"] != "requires_input" || got["code"] != "document_expired" || got["attempts_left"] != 2.0 {
		t.Errorf("after 10 s the waiting page must learn the outcome, got %v", got)
	}
}

// A browser that nobody knows is told to go back to the other one, and stays unknown.
func TestReturnInAnotherBrowser(t *testing.T) {
	a := Start(t)
	a.Browser().Verify(a)
	calls := len(a.Asked())
	got := a.Browser().Get("/verification/return")
	if got.Status != 200 || !strings.Contains(got.Body, "go back to the browser you started in") {
		t.Errorf("another browser must be told what to do, got %d\n%s", got.Status, got.Body)
	}
	if cookie := got.Header.Get("Set-Cookie"); cookie != "" {
		t.Errorf("another browser must get no cookie, got %q", cookie)
	}
	if strings.Contains(got.Body, "verify-button") || strings.Contains(got.Body, CreatePath) {
		t.Errorf("another browser must get no button, got\n%s", got.Body)
	}
	if n := len(a.Asked()); n != calls {
		t.Errorf("nothing is to be asked about nobody, got %d calls", n-calls)
	}
}

// When Stripe does not answer, the return page shows what is known.
func TestReturnWithoutStripe(t *testing.T) {
	a := Start(t)
	person := a.Browser()
	person.Verify(a)
	a.Sim.AddFault(stripesim.Fault{Path: SessionsPath, Status: 500, Times: -1})
	if got := person.Get("/verification/return"); got.Status != 200 || !strings.Contains(got.Body, "verify-button") {
		t.Errorf("Stripe being down must not take the return page down, got %d\n%s", got.Status, got.Body)
	}
	if got := person.Status(); got["status"] != "requires_input" {
		t.Errorf("Stripe being down must not change what is known, got %v", got)
	}
}
