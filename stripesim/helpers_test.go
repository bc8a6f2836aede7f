package stripesim_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"example.com/identity-starter/stripesim"
	"github.com/stripe/stripe-go/v82"
)

// patience is how long a test waits for what has to happen; reaching it is a failure.
const patience = 10 * time.Second

const (
	testKey  = "sk_test_simulator"
	returnTo = "http://localhost:4242/verification/return"
	callback = "http://localhost:4242/connect/callback"
)

// noRetries keeps failed deliveries from coming back while a test looks.
var noRetries = []time.Duration{}

func start(t *testing.T, cfg stripesim.Config) *stripesim.Sim {
	t.Helper()
	s, err := stripesim.Start(cfg)
	if err != nil {
		t.Fatalf("start the simulator: %v", err)
	}
	t.Cleanup(s.Close)
	return s
}

// client is the real stripe-go client, set up as an app that talks to the simulator has to.
func client(t *testing.T, s *stripesim.Sim, key string) *stripe.Client {
	t.Helper()
	backend := func(kind stripe.SupportedBackend, address string) stripe.Backend {
		transport := &http.Transport{DisableKeepAlives: true}
		t.Cleanup(transport.CloseIdleConnections)
		return stripe.GetBackendWithConfig(kind, &stripe.BackendConfig{
			URL: stripe.String(address), HTTPClient: &http.Client{Timeout: patience, Transport: transport},
			MaxNetworkRetries: stripe.Int64(0), EnableTelemetry: stripe.Bool(false),
			LeveledLogger: &stripe.LeveledLogger{Level: stripe.LevelNull},
		})
	}
	api := backend(stripe.APIBackend, s.URL())
	return stripe.NewClient(key, stripe.WithBackends(&stripe.Backends{
		API: api, Uploads: api, MeterEvents: api, Connect: backend(stripe.ConnectBackend, s.ConnectURL()),
	}))
}

func documentParams() *stripe.IdentityVerificationSessionCreateParams {
	p := &stripe.IdentityVerificationSessionCreateParams{
		Type: stripe.String(stripe.IdentityVerificationSessionTypeDocument), ReturnURL: stripe.String(returnTo),
		ClientReferenceID: stripe.String("reference"),
	}
	p.AddMetadata("user_id", "user")
	return p
}

func create(t *testing.T, s *stripesim.Sim) *stripe.IdentityVerificationSession {
	t.Helper()
	v, err := client(t, s, testKey).V1IdentityVerificationSessions.Create(t.Context(), documentParams())
	if err != nil {
		t.Fatalf("create a session: %v", err)
	}
	return v
}

func finish(t *testing.T, s *stripesim.Sim, id, outcome string) stripesim.Session {
	t.Helper()
	if err := s.Finish(id, outcome); err != nil {
		t.Fatalf("finish with %s: %v", outcome, err)
	}
	v, ok := s.Session(id)
	if !ok {
		t.Fatalf("session %s is gone", id)
	}
	return v
}

func idle(t *testing.T, s *stripesim.Sim) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	if err := s.Idle(ctx); err != nil {
		t.Fatalf("deliveries did not come to an end: %v", err)
	}
}

// eventually polls until ok holds.
func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	tick := time.NewTicker(2 * time.Millisecond)
	defer tick.Stop()
	deadline := time.After(patience)
	for !ok() {
		select {
		case <-tick.C:
		case <-deadline:
			t.Fatalf("it never happened that %s", what)
		}
	}
}

func stripeError(t *testing.T, err error) *stripe.Error {
	t.Helper()
	var e *stripe.Error
	if !errors.As(err, &e) {
		t.Fatalf("got %v, want an error object of Stripe's shape", err)
	}
	return e
}

// reply is a raw answer, for what the client library hides.
type reply struct {
	status int
	header http.Header
	body   string
}

// request sends a raw form to an address, with the test key unless header says otherwise; redirects are not followed.
func request(t *testing.T, method, address string, form url.Values, header ...string) reply {
	t.Helper()
	r, err := tryRequest(t.Context(), method, address, form, header...)
	if err != nil {
		t.Fatalf("%s %s: %v", method, address, err)
	}
	return r
}

func tryRequest(ctx context.Context, method, address string, form url.Values, header ...string) (reply, error) {
	var body io.Reader
	if method == http.MethodPost {
		body = strings.NewReader(form.Encode())
	} else if len(form) > 0 {
		address += "?" + form.Encode()
	}
	req, err := http.NewRequestWithContext(ctx, method, address, body)
	if err != nil {
		return reply{}, err
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.Header.Set("Authorization", "Bearer "+testKey)
	for i := 0; i < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	c := &http.Client{
		Transport:     &http.Transport{DisableKeepAlives: true},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	res, err := c.Do(req)
	if err != nil {
		return reply{}, err
	}
	defer func() { _ = res.Body.Close() }()
	text, err := io.ReadAll(res.Body)
	return reply{res.StatusCode, res.Header, string(text)}, err
}

// clock is a time that tests move.
type clock struct {
	mu sync.Mutex
	t  time.Time
}

func newClock() *clock { return &clock{t: time.Date(2026, 3, 4, 5, 6, 7, 0, time.UTC)} }

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.t
}

func (c *clock) forward(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.t = c.t.Add(d)
}
