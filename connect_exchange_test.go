package main

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"example.com/identity-starter/stripesim"
)

// unclear are the ways in which Stripe may give no clear answer to an exchange.
var unclear = map[string]stripesim.Fault{
	"dropped before it was read":      {Close: true},
	"dropped after it was done":       {Close: true, After: true},
	"half an answer":                  {HalfBody: true},
	"an empty 500":                    {Status: 500, Body: " ", ContentType: "text/plain"},
	"500 in the API's shape":          {Status: 500},
	"400 in the API's shape":          {Status: 400, Body: `{"error":{"type":"api_error","message":"An error"}}`},
	"502 with HTML":                   {Status: 502, Body: "<html><h1>Bad gateway</h1></html>", ContentType: "text/html"},
	"503 in the OAuth shape":          {Status: 503, Body: `{"error":"temporarily_unavailable","error_description":"later"}`},
	"200 with HTML":                   {Body: "<html>hello</html>", ContentType: "text/html"},
	"200 that names no account":       {Body: `{"token_type":"bearer","livemode":false,"scope":"read_write"}`},
	"200 with JSON that is no object": {Body: `[]`},
}

// A code that is sent twice revokes the connection: whatever happens, it is sent once.
func TestExchangeIsSentOnce(t *testing.T) {
	for name, fault := range unclear {
		t.Run(name, func(t *testing.T) {
			a := start(t)
			merchant := a.merchant()
			merchant.connect(a, stripesim.AccountB) // a connection that could be reused, and that net/http would repeat on
			before := a.exchanges()
			for _, person := range []*browser{merchant.asJSON(), merchant} {
				back := merchant.authorize(a, stripesim.AccountA)
				fault.Path, fault.Method = "/oauth/token", "POST"
				a.sim.AddFault(fault)
				outcomeUnknown(t, a, person, back)
			}
			if n := a.exchanges() - before; n != 2 {
				t.Errorf("two callbacks must make two exchanges, one each, got %d", n)
			}
			if rows := a.rows("SELECT id FROM accounts WHERE id = ?", stripesim.AccountA); len(rows) != 0 {
				t.Error("without a clear answer no account may be recorded")
			}
			merchant.connect(a, stripesim.AccountA) // as the page advises
		})
	}
}

func outcomeUnknown(t *testing.T, a *app, person *browser, back string) {
	t.Helper()
	got := person.get(back)
	if got.status != 502 {
		t.Errorf("an unclear answer must be 502, got %d %s", got.status, got.body)
	}
	if person.accept == "application/json" && got.code() != "outcome_unknown" {
		t.Errorf("an unclear answer must be outcome_unknown, got %s", got.body)
	}
	if person.accept != "application/json" {
		got.startsConnectAgain(t)
	}
	to, err := url.Parse(back)
	if err != nil {
		t.Fatal(err)
	}
	for _, secret := range []string{to.Query().Get("code"), to.Query().Get("state")} {
		if strings.Contains(a.out.String(), secret) || strings.Contains(got.body, secret) {
			t.Error("neither code nor state may be in the log or on the page")
		}
	}
}

// The one slow test here: it waits until the program gives up on Stripe.
func TestExchangeThatHangs(t *testing.T) {
	t.Parallel()
	a := start(t)
	merchant := a.merchant()
	back := merchant.authorize(a, stripesim.AccountA)
	a.sim.AddFault(stripesim.Fault{Path: "/oauth/token", Hang: true, Times: -1})
	outcomeUnknown(t, a, merchant.asJSON(), back)
	if n := a.exchanges(); n != 1 {
		t.Errorf("an exchange that hangs must not be repeated, got %d", n)
	}
}

// A person who closes the tab while Stripe works must not leave a connection that nobody recorded.
func TestExchangeOutlivesTheTab(t *testing.T) {
	p := newPeers(t)
	const peer = "127.0.0.1:1"
	cookie, _, _ := strings.Cut(p.ask("GET", "/connect", peer, nil).header.Get("Set-Cookie"), ";")
	merchant := http.Header{"Cookie": {cookie}}
	to, err := url.Parse(p.ask("POST", "/connect/authorize", peer, merchant).location)
	if err != nil {
		t.Fatal(err)
	}
	path := callback("state", to.Query().Get("state"), "code", p.sim.IssueCode(stripesim.Code{}))
	p.sim.AddFault(stripesim.Fault{Path: "/oauth/token", Hang: true})
	ctx, closeTab := context.WithCancel(t.Context())
	answered := make(chan answer)
	go func() { answered <- p.askWhile(ctx, "GET", path, peer, merchant) }()
	eventually(t, "the exchange reaches Stripe", func() bool { return p.exchanges() == 1 })
	closeTab()
	p.sim.ClearFaults()
	<-answered
	if got := p.rows("SELECT id, disconnected_at IS NULL FROM accounts"); len(got) != 1 || got[0] != stripesim.AccountA+"|1" {
		t.Errorf("what Stripe connected must be recorded, got %q\n%s", got, p.out)
	}
	if strings.Contains(p.out.String(), "level=ERROR") {
		t.Errorf("a client that left is no error:\n%s", p.out)
	}
}
