package tests

import (
	"context"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"example.com/identity-starter/app"
	"example.com/identity-starter/stripesim"
)

// StripeEpoch is a time before anything that a test connects.
var StripeEpoch = time.Unix(1_600_000_000, 0)

// Peers ask the program from any address, as if through its listener: a test's own
// requests all come from loopback, which is trusted.
type Peers struct {
	*App
	handler http.Handler
}

func NewPeers(t *testing.T, settings ...string) *Peers {
	t.Helper()
	sim, err := stripesim.Start(stripesim.Config{})
	if err != nil {
		t.Fatalf("start simulator: %v", err)
	}
	t.Cleanup(sim.Close)
	a := &App{T: t, Sim: sim, Database: Database(t), Settings: map[string]string{"STRIPE_SECRET_KEY": "sk_test_simulator", "STRIPE_CLIENT_ID": "ca_simulator",
		"STRIPE_WEBHOOK_SECRET": PlatformSecret, "STRIPE_API_BASE": sim.URL(), "STRIPE_CONNECT_BASE": sim.ConnectURL(),
		"STRIPE_REQUESTS_PER_SECOND": "0", "BASE_URL": "http://localhost:4242"}}
	a.Settings["DATABASE_URL"] = a.Database
	a.Set(settings...)
	a.Out, a.Team = NewOutput(), a.watched(Team)
	handler, err := app.New(t.Context(), a.Getenv, a.Team, a.Out)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = handler.Close() })
	return &Peers{App: a, handler: handler}
}

// Ask sends a request to localhost from a peer's address, like 192.0.2.1:1.
func (p *Peers) Ask(method, path, peer string, header http.Header) Answer {
	p.T.Helper()
	return p.AskWhile(p.T.Context(), method, path, peer, header)
}

// AskWhile is Ask by a client that leaves when the context ends.
func (p *Peers) AskWhile(ctx context.Context, method, path, peer string, header http.Header) Answer {
	ctx = context.WithValue(ctx, http.ServerContextKey, &http.Server{}) // as net/http sets it
	request := httptest.NewRequestWithContext(ctx, method, "http://localhost:4242"+path, nil)
	request.RemoteAddr = peer
	request.Header.Set("Accept", "application/json")
	for name, values := range header {
		request.Header[name] = slices.Clone(values)
	}
	recorder := httptest.NewRecorder()
	p.handler.ServeHTTP(recorder, request)
	return Answer{recorder.Code, recorder.Body.String(), recorder.Header(), recorder.Header().Get("Location")}
}

// Authorize is somebody new who has allowed a connection at Stripe: their cookie, and where Stripe sends them back to.
func (p *Peers) Authorize(peer string) (merchant http.Header, back string) {
	p.T.Helper()
	cookie, _, _ := strings.Cut(p.Ask("GET", "/connect", peer, nil).Header.Get("Set-Cookie"), ";")
	merchant = http.Header{"Cookie": {cookie}}
	to, err := url.Parse(p.Ask("POST", "/connect/authorize", peer, merchant).Location)
	if err != nil {
		p.T.Fatal(err)
	}
	return merchant, Callback("state", to.Query().Get("state"), "code", p.Sim.IssueCode(stripesim.Code{}))
}
