package main

import (
	"context"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"testing"
	"time"

	"example.com/identity-starter/stripesim"
)

// stripeEpoch is a time before anything that a test connects.
var stripeEpoch = time.Unix(1_600_000_000, 0)

// peers ask the program from any address, as if through its listener: a test's own
// requests all come from loopback, which is trusted.
type peers struct {
	*app
	handler http.Handler
}

func newPeers(t *testing.T, settings ...string) *peers {
	t.Helper()
	sim, err := stripesim.Start(stripesim.Config{})
	if err != nil {
		t.Fatalf("start simulator: %v", err)
	}
	t.Cleanup(sim.Close)
	a := &app{t: t, sim: sim, database: filepath.Join(t.TempDir(), "starter.db"), settings: map[string]string{"STRIPE_SECRET_KEY": "sk_test_simulator", "STRIPE_CLIENT_ID": "ca_simulator",
		"STRIPE_WEBHOOK_SECRET": platformSecret, "STRIPE_API_BASE": sim.URL(), "STRIPE_CONNECT_BASE": sim.ConnectURL(),
		"STRIPE_REQUESTS_PER_SECOND": "0"}}
	a.settings["DATABASE_URL"] = a.database
	a.set(settings...)
	c, err := loadConfig(func(name string) string { return a.settings[name] })
	if err != nil {
		t.Fatal(err)
	}
	a.out = &output{seen: make(chan struct{}, 1)}
	parts, err := openParts(t.Context(), c, a.out, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = parts.db.Close() })
	handler, err := newHandler(c, parts)
	if err != nil {
		t.Fatal(err)
	}
	return &peers{app: a, handler: handler}
}

// ask sends a request to localhost from a peer's address, like 192.0.2.1:1.
func (p *peers) ask(method, path, peer string, header http.Header) answer {
	p.t.Helper()
	return p.askWhile(p.t.Context(), method, path, peer, header)
}

// askWhile is ask by a client that leaves when the context ends.
func (p *peers) askWhile(ctx context.Context, method, path, peer string, header http.Header) answer {
	ctx = context.WithValue(ctx, http.ServerContextKey, &http.Server{}) // as net/http sets it
	request := httptest.NewRequestWithContext(ctx, method, "http://localhost:4242"+path, nil)
	request.RemoteAddr = peer
	request.Header.Set("Accept", "application/json")
	for name, values := range header {
		request.Header[name] = values
	}
	recorder := httptest.NewRecorder()
	p.handler.ServeHTTP(recorder, request)
	return answer{recorder.Code, recorder.Body.String(), recorder.Header(), recorder.Header().Get("Location")}
}
