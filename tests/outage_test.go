package tests

import (
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"example.com/identity-starter/stripesim"
)

// A refusal of Stripe's gives the row up: nothing was made, and what is wrong is
// for the operator to mend.
func TestStripeRefuses(t *testing.T) {
	const message = `"message":"You sent person@mail.example with sk_test_***"`
	for name, fault := range map[string]stripesim.Fault{
		"400": {Status: 400}, "401": {Status: 401}, "403": {Status: 403}, "404": {Status: 404},
		"Identity is off":    {Status: 400, Body: `{"error":{"type":"invalid_request_error","message":"Your account is not set up to use Identity."}}`},
		"a revoked key":      {Status: 403, Body: `{"error":{"type":"invalid_request_error","code":"account_invalid",` + message + `}}`},
		"a private sentence": {Status: 400, Body: `{"error":{"type":"invalid_request_error","param":"return_url",` + message + `}}`},
	} {
		t.Run(name, func(t *testing.T) {
			a := Start(t)
			person := a.Browser()
			a.Sim.AddFault(AtCreate(fault))
			got := person.MustRefuse("Stripe refuses to make a session", 502, "stripe_rejected")
			for _, words := range []string{"simulator", "not set up", "mail.example", "sk_test"} {
				if strings.Contains(got.Body, words) {
					t.Errorf("Stripe's own words are not for visitors, got %s", got.Body)
				}
			}
			if !strings.Contains(got.Body, "doctor") {
				t.Errorf("on a developer's machine the answer must say where to look, got %s", got.Body)
			}
			if log := a.Out.String(); !strings.Contains(log, "req_") || strings.Contains(log, "mail.example") {
				t.Errorf("the log must name Stripe's request id and repeat none of its words, got\n%s", log)
			}
			if rows := a.Rows("SELECT id FROM verifications"); len(rows) != 0 {
				t.Errorf("a refusal must leave no row, got %q", rows)
			}
			person.MustOpen(a, "a click once it is mended")
		})
	}
}

// Whatever became of a create that was not answered, the next click makes no
// second session: it adopts the one there is, or makes the first.
func TestStripeFails(t *testing.T) {
	const idempotency = `{"error":{"type":"idempotency_error","message":"Keys for idempotent requests can only be used with the same parameters."}}`
	for name, c := range map[string]struct {
		fault  stripesim.Fault
		acted  bool // Stripe has made the session
		newKey bool // Stripe would replay the answer to the old key
	}{
		"500":                        {fault: stripesim.Fault{Status: 500}, newKey: true},
		"500 after acting":           {fault: stripesim.Fault{Status: 500, After: true}, acted: true},
		"503":                        {fault: stripesim.Fault{Status: 503, Times: -1}, newKey: true},
		"429":                        {fault: stripesim.Fault{Status: 429, Times: -1}},
		"idempotency_error":          {fault: stripesim.Fault{Status: 400, Body: idempotency}, newKey: true},
		"no answer":                  {fault: stripesim.Fault{Close: true, Times: -1}},
		"no answer after acting":     {fault: stripesim.Fault{Close: true, Times: -1, After: true}, acted: true},
		"half an answer":             {fault: stripesim.Fault{HalfBody: true, Times: -1}, acted: true},
		"a proxy's page":             {fault: stripesim.Fault{Body: "<html>", ContentType: "text/html"}},
		"a proxy's page after it":    {fault: stripesim.Fault{Body: "<html>", ContentType: "text/html", After: true}, acted: true},
		"JSON that is not a session": {fault: stripesim.Fault{Body: "{}"}},
	} {
		t.Run(name, func(t *testing.T) {
			a := Start(t)
			person := a.Browser()
			a.Sim.AddFault(AtCreate(c.fault))
			got := person.MustRefuse("Stripe fails", 503, "stripe_unavailable")
			if seconds, err := strconv.Atoi(got.Header.Get("Retry-After")); err != nil || seconds <= 0 {
				t.Errorf("the answer must say when to come back, got Retry-After %q", got.Header.Get("Retry-After"))
			}
			if rows := a.Rows("SELECT session_id FROM verifications"); len(rows) != 1 || rows[0] != "<nil>" {
				t.Errorf("the row must stay, for Stripe may have the session, got %q", rows)
			}
			if left := person.Status(); left["attempts_left"] != 3.0 || left["status"] != "requires_input" {
				t.Errorf("Stripe's failure must not cost an attempt, got %v", left)
			}
			a.Sim.ClearFaults()
			before := a.Creates()
			person.MustOpen(a, "the next click")
			if n := len(a.Sim.Sessions()); n != 1 {
				t.Errorf("there must be one session, got %d", n)
			}
			again := a.Creates()[len(before):]
			if c.acted != (len(again) == 0) {
				t.Fatalf("the next click must adopt a session that exists, and only that, got %d creates", len(again))
			}
			if len(again) > 0 && (again[0].IdempotencyKey != before[0].IdempotencyKey) != c.newKey {
				t.Errorf("a new idempotency key: want %v, got %q after %q", c.newKey, again[0].IdempotencyKey, before[0].IdempotencyKey)
			}
			if rows := a.Rows("SELECT session_id FROM verifications"); len(rows) != 1 || rows[0] != a.Sim.Sessions()[0].ID {
				t.Errorf("the row must have its session now, got %q", rows)
			}
		})
	}
}

// A retrieve that fails leaves everything as it was.
func TestStripeFailsAtRetrieve(t *testing.T) {
	a := Start(t)
	person := a.Browser()
	session := person.Verify(a)
	a.Sim.AddFault(stripesim.Fault{Path: SessionsPath, Method: "GET", Status: 500, Times: -1})
	person.MustRefuse("Stripe fails at a retrieve", 503, "stripe_unavailable")
	a.Sim.ClearFaults()
	if again := person.Verify(a); again.ID != session.ID || len(a.Sim.Sessions()) != 1 {
		t.Errorf("the session must be the same afterwards, got %q", again.ID)
	}
}

// A person reads the same on a page.
func TestStripeFailsOnAPage(t *testing.T) {
	a := Start(t)
	a.Sim.AddFault(AtCreate(stripesim.Fault{Status: 500}))
	got := a.Browser().Post(CreatePath, nil)
	if got.Status != http.StatusServiceUnavailable || got.Header.Get("Retry-After") == "" ||
		!strings.HasPrefix(got.Header.Get("Content-Type"), "text/html") {
		t.Errorf("without a script an outage is a page with the same status, got %d %q\n%s", got.Status, got.Header, got.Body)
	}
}

// Nobody waits longer than a quarter of a minute for a Stripe that hangs.
func TestStripeHangs(t *testing.T) {
	t.Parallel() // beside other tests that wait
	a := Start(t)
	person := a.Browser()
	a.Sim.AddFault(AtCreate(stripesim.Fault{Hang: true, Times: -1}))
	began := time.Now()
	got := person.MustRefuse("Stripe hangs", 503, "stripe_unavailable")
	if took := time.Since(began); took > 15*time.Second || got.Header.Get("Retry-After") == "" {
		t.Errorf("the answer must come within 15 s and say when to come back, got %v, %q", took, got.Header)
	}
	a.Sim.ClearFaults()
	// To Stripe the call goes on until it sees that nobody waits for it any more: until then it refuses its repeat.
	Eventually(t, "the next click works", func() bool { return person.Click().Status == 200 })
	if n := len(a.Sim.Sessions()); n != 1 {
		t.Errorf("there must be one session, got %d", n)
	}
}
