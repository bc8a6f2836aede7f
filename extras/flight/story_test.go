package flight_test

import (
	"bufio"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"example.com/identity-starter/app"
	"example.com/identity-starter/extras"
	"example.com/identity-starter/extras/flight"
	"example.com/identity-starter/stripesim"
	"example.com/identity-starter/tests"
)

// watched is the flight recorder's page as a developer has it open.
type watched struct {
	mu    sync.Mutex
	lines []line
	raw   strings.Builder
	Ended chan struct{}
}

func watchApp(a *tests.App) *watched {
	a.T.Helper()
	request, err := http.NewRequestWithContext(context.WithoutCancel(a.T.Context()), http.MethodGet, a.URL+"/dev/events", nil)
	if err != nil {
		a.T.Fatal(err)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil || response.StatusCode != 200 {
		a.T.Fatalf("the flight recorder must be there with a test key on this machine, got %v %v", response, err)
	}
	w := &watched{Ended: make(chan struct{})}
	go func() {
		defer close(w.Ended)
		defer response.Body.Close()
		for in := bufio.NewScanner(response.Body); in.Scan(); {
			w.take(in.Text())
		}
	}()
	return w
}

func (w *watched) take(text string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.raw.WriteString(text + "\n")
	var l line
	if data, ok := strings.CutPrefix(text, "data: "); ok && json.Unmarshal([]byte(data), &l) == nil {
		w.lines = append(w.lines, l)
	}
}

func (w *watched) has(kind string, parts ...string) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, l := range w.lines {
		found := l.Kind == kind
		for _, part := range parts {
			found = found && (strings.Contains(l.Text, part) || strings.Contains(l.HTML, part))
		}
		if found {
			return true
		}
	}
	return false
}

func TestFlightRecorder(t *testing.T) {
	a := tests.StartTeam(t, tests.With(flight.New))
	a.Announces(t, "flight on")
	a.Announces(t, a.URL+"/dev: each request")
	w := watchApp(a)
	person := a.Browser()
	session := person.Verify(a)
	a.Finish(session.ID, "document_expired")
	person.Get(person.Authorize(a, stripesim.AccountA))
	for _, want := range [][]string{
		{"request", "POST /create-verification-session  200"},
		{"stripe", "POST /v1/identity/verification_sessions  200", "req_"},
		{"webhook", "identity.verification_session.requires_input  200  applied", "evt_", session.ID, "<i>secret</i> 1", "<i>version</i> 2026-09-30.endive"},
		{"row", session.ID, "→ requires_input (document_expired)", "by an event", "one more attempt", person.User()},
		{"action", "kind team", "failed", session.ID},
		{"request", "GET /connect/callback  303"},
		{"stripe", "POST /oauth/token  200"},
		{"action", "connected", stripesim.AccountA},
	} {
		tests.Eventually(t, "the page shows "+strings.Join(want, ", "), func() bool { return w.has(want[0], want[1:]...) })
	}
	a.Deliver(`{}`, "whsec_other")
	tests.Eventually(t, "the page shows a webhook with a wrong signature", func() bool { return w.has("webhook", "refused  400") })
	page := person.Get("/dev")
	if page.Status != 200 || !strings.Contains(page.Body, session.ID) || strings.Contains(page.Header.Get("Content-Security-Policy"), "unsafe") {
		t.Errorf("the page must have what has happened so far, under the same policy as every page, got %d", page.Status)
	}
	if strings.Contains(w.raw.String(), "no such page") || strings.Contains(w.raw.String(), "GET /dev") {
		t.Error("the page must not tell of itself")
	}
	if err := a.Stop(); err != nil {
		t.Errorf("a page that is watched must not hold up the end of the program: %v", err)
	}
	<-w.Ended
	for _, secret := range []string{"whsec_", "sk_test", "http://", "https://", "_secret_", "ac_", "state="} {
		if strings.Contains(w.raw.String(), secret) {
			t.Errorf("the page must hold no secret, code or address, but it has %q", secret)
		}
	}
}

func TestNoFlightRecorderInPublic(t *testing.T) {
	settings := map[string]string{"STRIPE_SECRET_KEY": "sk_test_simulator", "STRIPE_WEBHOOK_SECRET": tests.PlatformSecret}
	for name, c := range map[string]struct {
		pairs [2]string
		local bool
	}{
		"a test key and this machine":    {[2]string{"http://localhost:4242", "sk_test_simulator"}, true},
		"a test key and a port to come":  {[2]string{"", "sk_test_simulator"}, true},
		"a public address":               {[2]string{"https://verify.example.test", "sk_test_simulator"}, false},
		"a name that begins as loopback": {[2]string{"http://localhost.example.test", "sk_test_simulator"}, false},
		"a live key":                     {[2]string{"https://localhost", "sk_live_simulator"}, false},
	} {
		settings["ADDR"], settings["BASE_URL"], settings["STRIPE_SECRET_KEY"] = "localhost:0", c.pairs[0], c.pairs[1]
		var seen extras.Program
		// It looks at what extras are told, and keeps the program from being started.
		look := func(p extras.Program) extras.Extra {
			seen = p
			p.Settings.Wrong("STOP", "here")
			return extras.Extra{Name: "look"}
		}
		if _, err := app.New(t.Context(), func(n string) string { return settings[n] }, tests.With(look), io.Discard); err == nil {
			t.Fatal("the program must not be started")
		}
		e := flight.New(seen)
		if on := e.State == "on" && e.Routes != nil && e.Watch.Call != nil && e.Tell != ""; on != c.local {
			t.Errorf("with %s the flight recorder must be on: %v", name, c.local)
		}
		if off := e.State == "off" && e.Routes == nil && e.Watch.Call == nil && e.Tell == ""; off == c.local {
			t.Errorf("with %s there must be no trace of a flight recorder: %v", name, !c.local)
		}
	}
}

// A program with a public address has no such page, not for a peer on its own machine either.
func TestNoFlightRecorderPageInPublic(t *testing.T) {
	sim, err := stripesim.Start(stripesim.Config{})
	if err != nil {
		t.Fatalf("start simulator: %v", err)
	}
	t.Cleanup(sim.Close)
	settings := map[string]string{"STRIPE_SECRET_KEY": "sk_test_simulator", "STRIPE_WEBHOOK_SECRET": tests.PlatformSecret,
		"STRIPE_API_BASE": sim.URL(), "STRIPE_CONNECT_BASE": sim.ConnectURL(), "DATABASE_URL": tests.Database(t)}
	for base, status := range map[string]int{"http://localhost:4242": 200, "https://verify.example.test": 404} {
		settings["BASE_URL"] = base
		program, err := app.New(t.Context(), func(n string) string { return settings[n] }, tests.With(flight.New), io.Discard)
		if err != nil {
			t.Fatal(err)
		}
		paths := []string{"/dev", "/dev/script.js"}
		if status == 404 {
			paths = append(paths, "/dev/events") // which needs a connection that stays open
		}
		for _, path := range paths {
			request, answer := httptest.NewRequestWithContext(t.Context(), "GET", base+path, nil), httptest.NewRecorder()
			request.RemoteAddr = "127.0.0.1:1"
			if program.ServeHTTP(answer, request); answer.Code != status {
				t.Errorf("at %s %s must be %d, got %d", base, path, status, answer.Code)
			}
		}
		if err := program.Close(); err != nil {
			t.Error(err)
		}
	}
}
