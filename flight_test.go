package main

import (
	"bufio"
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"

	"example.com/identity-starter/flight"
	"example.com/identity-starter/stripesim"
)

// watched is the flight recorder's page as a developer has it open.
type watched struct {
	mu    sync.Mutex
	lines []flight.Line
	raw   strings.Builder
	Ended chan struct{}
}

func (a *App) watch() *watched {
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
	var l flight.Line
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
			found = found && strings.Contains(l.Text, part)
		}
		if found {
			return true
		}
	}
	return false
}

func TestFlightRecorder(t *testing.T) {
	a := Start(t)
	w := a.watch()
	person := a.Browser()
	session := person.Verify(a)
	a.Finish(session.ID, "document_expired")
	person.Get(person.Authorize(a, stripesim.AccountA))
	for _, want := range [][]string{
		{"request", "POST /create-verification-session  200"},
		{"stripe", "POST /v1/identity/verification_sessions  200", "req_"},
		{"webhook", "200  evt_", "identity.verification_session.requires_input", session.ID, "applied", "secret 1", "API version 2026-09-30.endive"},
		{"row", session.ID, "→ requires_input (document_expired)", "by an event", "one more attempt", person.User()},
		{"action", "team", "failed", session.ID},
		{"request", "GET /connect/callback  303"},
		{"stripe", "POST /oauth/token  200"},
		{"action", "connected", stripesim.AccountA},
	} {
		Eventually(t, "the page shows "+strings.Join(want, ", "), func() bool { return w.has(want[0], want[1:]...) })
	}
	a.Deliver(`{}`, "whsec_other")
	Eventually(t, "the page shows a webhook with a wrong signature", func() bool { return w.has("webhook", "400  refused") })
	page := person.Get("/dev")
	if page.Status != 200 || !strings.Contains(page.Body, session.ID) || strings.Contains(page.Header.Get("Content-Security-Policy"), "unsafe") {
		t.Errorf("the page must have what has happened so far, under the same policy as every page, got %d", page.Status)
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
	for name, c := range map[string]config{
		"a public address": {baseURL: &url.URL{Scheme: "https", Host: "verify.example.test"}},
		"a live key":       {baseURL: &url.URL{Scheme: "https", Host: "localhost"}, live: true},
	} {
		if newFlight(t.Context(), c) != nil {
			t.Errorf("with %s there must be no flight recorder", name)
		}
	}
	p := NewPeers(t, "BASE_URL=https://verify.example.test") // it has none
	for _, path := range []string{"/dev", "/dev/events", "/dev/script.js"} {
		if got := p.Ask("GET", path, "127.0.0.1:1", nil); got.Status != 404 {
			t.Errorf("without a flight recorder %s must be 404, got %d", path, got.Status)
		}
	}
}
