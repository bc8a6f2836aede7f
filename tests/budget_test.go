package tests

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"example.com/identity-starter/stripesim"
)

// At is a browser's script at a client address, behind a proxy on this machine.
func (a *App) At(address string) *Browser {
	b := a.API()
	b.header = http.Header{"X-Forwarded-For": {address}}
	return b
}

// Started are people with an open session each, from an address each.
func (a *App) Started(n int) (people []*Browser) {
	a.T.Helper()
	for i := range n {
		person := a.At(fmt.Sprintf("198.51.100.%d", i))
		if got := person.Post(CreatePath, nil); got.Status != 200 {
			a.T.Fatalf("a click must be served, got %d %s", got.Status, got.Body)
		}
		people = append(people, person)
	}
	return people
}

// The limit is what may be started in any minute: nothing comes back after a part of one, and when something does is said.
func TestAMinutesLimit(t *testing.T) {
	a := Start(t, "RATE_LIMIT_PER_MINUTE=3000")
	one, started := a.At("192.0.2.1"), 0
	for range 3600 {
		switch got := one.Post("/connect/authorize", nil); got.Status {
		case 303:
			started++
		case 429:
			if wait, err := strconv.Atoi(got.Header.Get("Retry-After")); err != nil || wait < 1 || wait > 60 {
				t.Fatalf("who has used up a minute's limit must hear when he may go on, got Retry-After %q", got.Header.Get("Retry-After"))
			}
		}
	}
	if started != 3000 {
		t.Errorf("RATE_LIMIT_PER_MINUTE=3000 must allow 3000 in a minute, got %d", started)
	}
	if got := a.At("192.0.2.2").Post("/connect/authorize", nil); got.Status != 303 {
		t.Errorf("one address's limit must be nobody else's, got %d", got.Status)
	}
}

// What one client's pages make us ask of Stripe has a limit of its own; beyond it they show what is known, as ever.
func TestQuestionsOfOneClient(t *testing.T) {
	a := Start(t, "RATE_LIMIT_PER_MINUTE=5")
	people := a.Started(12)
	read := func() int { return len(a.Asked()) - len(a.Creates()) }
	for i, person := range people {
		person.header.Set("X-Forwarded-For", "192.0.2.1")
		path := []string{"/verification/return", "/verification/status"}[i%2]
		if got := person.Get(path); got.Status != 200 {
			t.Errorf("%s must show what is known, got %d", path, got.Status)
		}
	}
	if n := read(); n != 5 {
		t.Errorf("the pages of one address may ask Stripe 5 times in a minute, and asked %d times", n)
	}
	if got := a.At("192.0.2.1").Post(CreatePath, nil); got.Status != 200 {
		t.Errorf("what an address may start is counted apart, got %d", got.Status)
	}
	last := people[len(people)-1]
	last.header.Set("X-Forwarded-For", "192.0.2.2")
	if last.Get("/verification/return"); read() != 6 {
		t.Errorf("another address's page must ask, also for somebody whose own was not allowed to, got %d questions", read())
	}
}

// However many look at an account at once, Stripe is asked once; and while it fails, once in some seconds.
func TestOneQuestionAboutAnAccount(t *testing.T) {
	for name, faults := range map[string][]stripesim.Fault{
		"it answers": {{Path: "/v1/account", Delay: time.Second / 10, Times: -1}},
		"it refuses": {{Path: "/v1/account", Status: 403, Delay: time.Second / 10, Times: -1}},
	} {
		t.Run(name, func(t *testing.T) {
			a := Start(t)
			merchant := a.Merchant()
			merchant.Connect(a, stripesim.AccountA)
			before := a.reads(stripesim.AccountA)
			for _, fault := range faults {
				a.Sim.AddFault(fault)
			}
			var looks []*http.Request
			for range 100 {
				look := a.Browser().Request("GET", "/connect", nil)
				look.Header.Set("Cookie", merchant.Cookies(a))
				looks = append(looks, look)
			}
			for _, got := range append(a.API().Together(looks...), merchant.Get("/connect")) {
				if text := card(t, got, stripesim.AccountA); strings.Contains(text, "Kiosk Nord") == (name == "it refuses") {
					t.Errorf("everybody must read what Stripe said to the first, got %q", text)
				}
			}
			if n := a.reads(stripesim.AccountA) - before; n != 1 {
				t.Errorf("101 looks at an account within seconds must be one question, got %d", n)
			}
		})
	}
}

// A share of the pace is kept for those who click: however many pages ask, from wherever, a session can be made at once.
func TestPaceIsKeptForClicks(t *testing.T) {
	t.Parallel() // beside others that wait
	a := Start(t)
	people := a.Started(100)
	if err := a.Stop(); err != nil {
		t.Fatal(err)
	}
	a.Set("STRIPE_REQUESTS_PER_SECOND=4")
	a.Run()
	const clicks = 6
	var all []*http.Request
	for _, person := range people {
		look := person.Request("GET", "/verification/return", nil)
		look.Header.Set("Cookie", person.Cookies(a))
		all = append(all, look)
	}
	for range clicks {
		all = append(all, a.API().Clicks(1)...)
	}
	for i, got := range a.API().Together(all...) {
		if got.Status != 200 && i < len(people) {
			t.Errorf("a page that gets no turn must show what is known, got %d", got.Status)
		} else if got.Status != 200 {
			t.Errorf("a click must be served while pages use up the pace, got %d %s", got.Status, got.Body)
		}
	}
}
