package doctor_test

import (
	"context"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"example.com/identity-starter/doctor"
	"example.com/identity-starter/gateway"
	"example.com/identity-starter/store"
	"example.com/identity-starter/stripesim"
)

const public = "https://verify.example.com"

var sessionEvents = []string{"identity.verification_session.processing", "identity.verification_session.verified",
	"identity.verification_session.requires_input", "identity.verification_session.canceled", "identity.verification_session.redacted"}

// good is the endpoint as it should be.
func good() stripesim.Endpoint {
	return stripesim.Endpoint{ID: "we_own", URL: public + "/webhook", Events: sessionEvents, APIVersion: gateway.APIVersion}
}

// patient is what the doctor looks at: everything as it should be, until a test changes it.
type patient struct {
	t        *testing.T
	sim      *stripesim.Sim
	settings doctor.Settings
	front    http.HandlerFunc // what answers under the public address
}

func healthy(t *testing.T, config stripesim.Config, base string) *patient {
	t.Helper()
	sim, err := stripesim.Start(config)
	if err != nil {
		t.Fatalf("start simulator: %v", err)
	}
	t.Cleanup(sim.Close)
	u, err := url.Parse(base)
	if err != nil {
		t.Fatal(err)
	}
	p := &patient{t: t, sim: sim}
	p.front = func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusBadRequest)
		_, _ = w.Write([]byte(`{"error":{"code":"bad_request","message":"no signature"}}`))
	}
	key := config.SecretKey
	if key == "" {
		key = "sk_test_simulator"
	}
	p.settings = doctor.Settings{Dotenv: ".env was found and read", BaseURL: u, Live: strings.Contains(key, "_live_"), HTTP: p.toFront(),
		Database: filepath.Join(t.TempDir(), "starter.db"), Now: time.Now,
		Gateway: gateway.Options{SecretKey: key, WebhookSecrets: []string{"whsec_simulator"}, APIBase: sim.URL(), ConnectBase: sim.ConnectURL(),
			RedirectURL: base + "/connect/callback"}}
	return p
}

// toFront is a client for which every address is a server of the test's.
func (p *patient) toFront() http.Client {
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != "POST" || r.URL.Path != "/webhook" || r.Header.Get("Stripe-Signature") != "" {
			p.t.Errorf("the public address must be sent an unsigned event, got %s %s", r.Method, r.URL.Path)
		}
		p.front(w, r)
	}))
	server.Config.ErrorLog = log.New(io.Discard, "", 0) // of those who speak http to it
	server.StartTLS()
	p.t.Cleanup(server.Close)
	client := server.Client()
	transport := client.Transport.(*http.Transport).Clone()
	transport.DialContext = func(ctx context.Context, network, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, network, server.Listener.Addr().String())
	}
	transport.TLSClientConfig.ServerName = "example.com"
	p.t.Cleanup(transport.CloseIdleConnections)
	return http.Client{Transport: transport}
}

// examine runs the doctor and returns what it prints and how many checks failed.
func (p *patient) examine() (string, int) {
	p.t.Helper()
	return p.examineIn(p.t.Context())
}

func (p *patient) examineIn(ctx context.Context) (string, int) {
	p.t.Helper()
	var out strings.Builder
	failed := doctor.Run(ctx, &out, p.settings)
	for _, secret := range []string{"simulator_marker", "whsec_", "sk_", "rk_"} {
		if strings.Contains(out.String(), secret) {
			p.t.Errorf("no secret may be printed, got %q in\n%s", secret, out.String())
		}
	}
	if n := strings.Count("\n"+out.String(), "\nFAIL  "); n != failed {
		p.t.Errorf("%d lines say FAIL, but %d are counted:\n%s", n, failed, out.String())
	}
	return out.String(), failed
}

// says checks that one line has the grade and name, and all the parts.
func (p *patient) says(prefix string, parts ...string) {
	p.t.Helper()
	out, _ := p.examine()
	for line := range strings.Lines(out) {
		found := strings.HasPrefix(line, prefix+": ")
		for _, part := range parts {
			found = found && strings.Contains(line, part)
		}
		if found {
			return
		}
	}
	p.t.Errorf("a line must start with %q and have %q, got\n%s", prefix, parts, out)
}

// database fills the patient's file, with an event when there shall be one.
func (p *patient) database(events ...store.Event) {
	p.t.Helper()
	db, err := store.Open(p.t.Context(), p.settings.Database, store.Options{MaxAttempts: 3})
	if err != nil {
		p.t.Fatal(err)
	}
	for _, e := range events {
		if _, err := db.RecordEvent(p.t.Context(), e); err != nil {
			p.t.Fatal(err)
		}
	}
	if err := db.Close(); err != nil {
		p.t.Fatal(err)
	}
}

func TestAllIsWell(t *testing.T) {
	p := healthy(t, stripesim.Config{}, public)
	p.sim.AddEndpoint(good())
	p.database(store.Event{ID: "evt_1", Type: "a", CreatedAt: time.Now()})
	out, failed := p.examine()
	if failed != 0 || strings.Contains(out, "WARN") {
		t.Errorf("with everything as it should be, every line must be PASS, got\n%s", out)
	}
	p.says("PASS  key", "test mode", "acct_simulator_platform", "Simulated platform", "stripe listen")
	p.says("PASS  last event", "ago")
	p.says("PASS  identity", "activated")
	p.says("PASS  connect", "off")
	p.says("PASS  reachable", "400")
	p.says("PASS  clock", "second")
	p.says("PASS  BASE_URL", public)
}

func TestNothingIsChanged(t *testing.T) {
	p := healthy(t, stripesim.Config{}, public)
	p.examine()
	for _, r := range p.sim.Requests() {
		if r.Method != "GET" {
			t.Errorf("doctor must only read at Stripe, got %s %s", r.Method, r.Path)
		}
	}
	if files, err := os.ReadDir(filepath.Dir(p.settings.Database)); err != nil || len(files) != 0 {
		t.Errorf("doctor must leave no file behind, got %v %v", files, err)
	}
}

func TestClock(t *testing.T) {
	p := healthy(t, stripesim.Config{}, public)
	for off, grade := range map[time.Duration]string{-2 * time.Minute: "WARN", 2 * time.Minute: "WARN", 6 * time.Minute: "FAIL", -6 * time.Minute: "FAIL"} {
		p.settings.Now = func() time.Time { return time.Now().Add(off) }
		p.says(grade+"  clock", "NTP")
	}
}

func TestPublicAddress(t *testing.T) {
	for base, want := range map[string]string{"http://localhost:4242": "PASS", "http://verify.example.com": "WARN", public: "PASS"} {
		healthy(t, stripesim.Config{}, base).says(want+"  BASE_URL", base)
	}
	live := stripesim.Config{SecretKey: "rk_live_simulator"}
	for base, want := range map[string]string{"https://localhost:4242": "FAIL", "http://verify.example.com": "FAIL", public: "PASS"} {
		healthy(t, live, base).says(want+"  BASE_URL", base)
	}
}

func TestWhatAnswersUnderThePublicAddress(t *testing.T) {
	for name, front := range map[string]struct {
		answer http.HandlerFunc
		says   string
	}{
		"a sign-in page": {func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("<h1>Sign in</h1>")) }, "let /webhook pass"},
		"a redirect":     {func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/login", http.StatusFound) }, "follows no redirect"},
		"another 400":    {func(w http.ResponseWriter, _ *http.Request) { http.Error(w, "bad", http.StatusBadRequest) }, "let /webhook pass"},
		"a dead app":     {func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusBadGateway) }, "does not reach the app"},
	} {
		t.Run(name, func(t *testing.T) {
			p := healthy(t, stripesim.Config{}, public)
			p.front = front.answer
			p.says("FAIL  reachable", front.says)
		})
	}
	p := healthy(t, stripesim.Config{}, public)
	p.front = func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }
	p.says("FAIL  reachable", "no answer", "start the app")
}
