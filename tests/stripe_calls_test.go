package tests

import (
	"maps"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"example.com/identity-starter/stripesim"
)

// ailments are what can be wrong with an answer of Stripe's.
var ailments = map[string]stripesim.Fault{
	"cut":        {Close: true},
	"hanging":    {Hang: true},
	"rate limit": {Status: 429},
	"a lock":     {Status: 429, Code: "lock_timeout"},
	"500":        {Status: 500},
	"HTML":       {Body: "<html><h1>Bad gateway</h1></html>", ContentType: "text/html"},
	"half":       {HalfBody: true},
	"wrong JSON": {Body: "{}"},
	"no object":  {Body: "[]"},
}

// journeys are the calls that the program makes for somebody who waits. Each
// prepares the person, and returns the request that leads to the call.
var journeys = map[string]struct {
	method, path string
	prepare      func(a *App, b *Browser) func() Answer
	codes        string // which codes are right
}{
	"create a session": {"POST", SessionsPath, func(_ *App, b *Browser) func() Answer { return b.Click }, "stripe_unavailable"},
	"read a session": {"GET", SessionsPath + "/", func(a *App, b *Browser) func() Answer {
		b.Verify(a)
		return b.Click
	}, "stripe_unavailable"},
	"look for a session": {"GET", SessionsPath, func(a *App, b *Browser) func() Answer {
		a.Sim.AddFault(stripesim.Fault{Path: SessionsPath, Method: "POST", Status: 503, Times: -1})
		b.Click()
		a.Sim.ClearFaults()
		return b.Click
	}, "stripe_unavailable"},
	"read the platform's account": {"GET", "/v1/account", func(a *App, b *Browser) func() Answer {
		back := b.Authorize(a, stripesim.AccountA)
		return func() Answer { return b.AsJSON().Get(back) }
	}, "stripe_unavailable"},
	"exchange a code": {"POST", "/oauth/token", func(a *App, b *Browser) func() Answer {
		back := b.Authorize(a, stripesim.AccountA)
		return func() Answer { return b.AsJSON().Get(back) }
	}, "outcome_unknown stripe_unavailable"}, // a rate limit is before the code is looked at
	"end a connection": {"POST", "/oauth/deauthorize", func(a *App, b *Browser) func() Answer {
		b.Connect(a, stripesim.AccountA)
		return func() Answer { return b.AsJSON().Post("/connect/accounts/"+stripesim.AccountA+"/disconnect", nil) }
	}, "stripe_unavailable"},
}

// unwell are the ailments of a call. Waiting for the one that hangs takes ten
// seconds: the short form does it for the exchange, where most is at stake.
func unwell(call string) map[string]stripesim.Fault {
	some := maps.Clone(ailments)
	if call != "exchange a code" && Length(true, false) {
		delete(some, "hanging")
	}
	if call == "look for a session" {
		delete(some, "wrong JSON") // an empty object reads as an empty list: the session is made
	}
	return some
}

// Whatever is wrong with Stripe, the answer is the contract's within 15 seconds,
// nothing is half done, and when Stripe is well again the same request works.
func TestStripeIsUnwell(t *testing.T) {
	t.Parallel()
	for call, j := range journeys {
		for ailment, fault := range unwell(call) {
			t.Run(call+", "+ailment, func(t *testing.T) {
				t.Parallel() // some wait for ten seconds
				a := Start(t)
				person := a.Merchant()
				request := j.prepare(a, person)
				fault.Method, fault.Path, fault.Times = j.method, j.path, -1
				a.Sim.AddFault(fault)
				began := time.Now()
				got := request()
				if took := time.Since(began); got.Status < 500 || !strings.Contains(j.codes, got.Code()) || got.Code() == "" || took > 15*time.Second {
					t.Errorf("the answer must be %s within 15 s, got %d %s after %v", j.codes, got.Status, got.Body, took)
				}
				if got.Status == http.StatusServiceUnavailable && got.Header.Get("Retry-After") == "" {
					t.Error("an outage must say when to come back")
				}
				if left := person.Status(); left["attempts_left"] != 3.0 {
					t.Errorf("an outage must not cost an attempt, got %v", left)
				}
				a.Sim.ClearFaults()
				if strings.HasPrefix(j.path, "/oauth/token") || j.path == "/v1/account" {
					person.Connect(a, stripesim.AccountA) // the state is used up: the page says to start again
					return
				}
				Eventually(t, "when Stripe is well the request works", func() bool { // once Stripe sees that nobody waits for a call that hung
					status := request().Status
					return status < 400 || status == 404 // the half answer may have ended the connection
				})
			})
		}
	}
}

// Pages show what is known when Stripe does not answer.
func TestPagesWithoutStripe(t *testing.T) {
	for ailment, fault := range unwell("") {
		t.Run(ailment, func(t *testing.T) {
			t.Parallel() // some wait for ten seconds
			a := Start(t)
			person := a.Merchant()
			person.Verify(a)
			person.Connect(a, stripesim.AccountA)
			fault.Path, fault.Times = "/v1/", -1
			a.Sim.AddFault(fault)
			for _, path := range []string{"/", "/verification/return", "/verification/status", "/connect", "/members"} {
				began := time.Now()
				if got := person.Get(path); got.Status != 200 && got.Status != 303 || time.Since(began) > 15*time.Second {
					t.Errorf("%s must show what is known, got %d after %v", path, got.Status, time.Since(began))
				}
			}
			a.Sim.ClearFaults()
		})
	}
}

// A Stripe that is not there at all is an outage like any other.
func TestStripeRefusesConnections(t *testing.T) {
	a := Start(t)
	person := a.Browser()
	person.User()
	a.Sim.Close()
	person.MustRefuse("Stripe is not there", 503, "stripe_unavailable")
	if left := person.Status(); left["attempts_left"] != 3.0 {
		t.Errorf("an outage must not cost an attempt, got %v", left)
	}
}

// 200 people who wait for a Stripe that hangs are in nobody's way.
func TestHangingStripeHoldsNobodyUp(t *testing.T) {
	a := Start(t)
	session := a.Browser().Verify(a)
	a.Sim.AddFault(AtCreate(stripesim.Fault{Hang: true, Times: -1}))
	var waiting sync.WaitGroup
	for range 200 {
		person := a.Browser()
		waiting.Go(func() {
			if response, err := person.Client.Do(person.AsJSON().Request("POST", CreatePath, nil)); err == nil {
				response.Body.Close()
			}
		})
	}
	Eventually(t, "200 people wait for Stripe", func() bool { return len(a.Creates()) > 200 })
	person := a.Browser()
	for i := range 20 {
		began := time.Now()
		body := failedBody(t, i, session)
		if got := a.Deliver(body, PlatformSecret); got.Status != 200 || time.Since(began) > time.Second {
			t.Errorf("a webhook must be recorded at once, got %d after %v", got.Status, time.Since(began))
		}
		began = time.Now()
		if got := person.Get("/"); got.Status != 200 || time.Since(began) > time.Second {
			t.Errorf("a page must be shown at once, got %d after %v", got.Status, time.Since(began))
		}
	}
	a.Sim.ClearFaults()
	waiting.Wait()
}

func failedBody(t *testing.T, i int, s stripesim.Session) string {
	t.Helper()
	id := "evt_hanging_" + string(rune('a'+i))
	return Snapshot(id, RequiresInputEvent, Failed(s, "abandoned", "")).JSON(t)
}
