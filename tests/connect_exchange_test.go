package tests

import (
	"context"
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
			a := Start(t)
			merchant := a.Merchant()
			merchant.Connect(a, stripesim.AccountB) // a connection that could be reused, and that net/http would repeat on
			before := a.Exchanges()
			for _, person := range []*Browser{merchant.AsJSON(), merchant} {
				back := merchant.Authorize(a, stripesim.AccountA)
				fault.Path, fault.Method = "/oauth/token", "POST"
				a.Sim.AddFault(fault)
				outcomeUnknown(t, a, person, back)
			}
			if n := a.Exchanges() - before; n != 2 {
				t.Errorf("two callbacks must make two exchanges, one each, got %d", n)
			}
			if rows := a.Rows("SELECT id FROM accounts WHERE id = ?", stripesim.AccountA); len(rows) != 0 {
				t.Error("without a clear answer no account may be recorded")
			}
			merchant.Connect(a, stripesim.AccountA) // as the page advises
		})
	}
}

func outcomeUnknown(t *testing.T, a *App, person *Browser, back string) {
	t.Helper()
	got := person.Get(back)
	if got.Status != 502 {
		t.Errorf("an unclear answer must be 502, got %d %s", got.Status, got.Body)
	}
	if person.Accept == "application/json" && got.Code() != "outcome_unknown" {
		t.Errorf("an unclear answer must be outcome_unknown, got %s", got.Body)
	}
	if person.Accept != "application/json" {
		got.StartsConnectAgain(t)
	}
	to, err := url.Parse(back)
	if err != nil {
		t.Fatal(err)
	}
	for _, secret := range []string{to.Query().Get("code"), to.Query().Get("state")} {
		if strings.Contains(a.Out.String(), secret) || strings.Contains(got.Body, secret) {
			t.Error("neither code nor state may be in the log or on the page")
		}
	}
}

// The one slow test here: it waits until the program gives up on Stripe.
func TestExchangeThatHangs(t *testing.T) {
	t.Parallel()
	a := Start(t)
	merchant := a.Merchant()
	back := merchant.Authorize(a, stripesim.AccountA)
	a.Sim.AddFault(stripesim.Fault{Path: "/oauth/token", Hang: true, Times: -1})
	outcomeUnknown(t, a, merchant.AsJSON(), back)
	if n := a.Exchanges(); n != 1 {
		t.Errorf("an exchange that hangs must not be repeated, got %d", n)
	}
}

// A person who closes the tab while Stripe works must not leave a connection that nobody recorded.
func TestExchangeOutlivesTheTab(t *testing.T) {
	p := NewPeers(t)
	const peer = "127.0.0.1:1"
	merchant, path := p.Authorize(peer)
	p.Sim.AddFault(stripesim.Fault{Path: "/oauth/token", Hang: true})
	ctx, closeTab := context.WithCancel(t.Context())
	answered := make(chan Answer)
	go func() { answered <- p.AskWhile(ctx, "GET", path, peer, merchant) }()
	Eventually(t, "the exchange reaches Stripe", func() bool { return p.Exchanges() == 1 })
	closeTab()
	p.Sim.ClearFaults()
	<-answered
	if got := p.Rows("SELECT id, disconnected_at IS NULL FROM accounts"); len(got) != 1 || got[0] != stripesim.AccountA+"|1" {
		t.Errorf("what Stripe connected must be recorded, got %q\n%s", got, p.Out)
	}
	if strings.Contains(p.Out.String(), "level=ERROR") {
		t.Errorf("a client that left is no error:\n%s", p.Out)
	}
}
