package main

import (
	"encoding/json"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"example.com/identity-starter/stripesim"
)

// HEAD is what monitors and `curl -I` send.
func TestHead(t *testing.T) {
	a := start(t)
	merchant := a.merchant()
	for path, status := range map[string]int{"/": 200, "/verification.html": 200, "/verification/return": 200, "/verification/status": 200,
		"/members": 303, "/connect": 200, "/healthz": 200, "/static/style.css": 200, "/no/such/page": 404} {
		got := merchant.do("HEAD", path, nil)
		if got.status != status || got.body != "" {
			t.Errorf("HEAD %s must be %d without a body, got %d %q", path, status, got.status, got.body)
		}
	}
	back := merchant.authorize(a, stripesim.AccountA)
	a.nothingHappens(func() answer { return merchant.do("HEAD", back, nil) })
	if got := merchant.get(back); got.status != 303 {
		t.Errorf("HEAD must not use a state up, got %d", got.status)
	}
}

func TestNoSuchPage(t *testing.T) {
	a := start(t)
	for _, path := range []string{"/no/such/page", "/webhook/", "/static/", "/static/none.css", "/static/../go.mod", "/static/%2e%2e/go.mod",
		"/verification", "/review", "/review/x", "/.env", "/starter.db"} {
		a.api().get(path).refused(t, "not_found", 404)
		if got := a.browser().get(path); got.status != 404 || !strings.Contains(got.body, "</html>") {
			t.Errorf("%s must be a page with 404, got %d\n%s", path, got.status, got.body)
		}
	}
	for _, route := range []string{"DELETE /", "POST /", "GET /create-verification-session", "GET /webhook", "POST /verification/return",
		"PUT /connect", "GET /connect/authorize", "POST /connect/callback", "POST /healthz", "POST /static/style.css"} {
		method, path, _ := strings.Cut(route, " ")
		a.api().do(method, path, nil).refused(t, "method_not_allowed", 405)
		got := a.browser().do(method, path, nil)
		if page := strings.Contains(got.body, "</html>"); got.status != 405 || page == (path == "/webhook") {
			t.Errorf("%s must be 405, as a page unless it is the webhook, got %d\n%s", route, got.status, got.body)
		}
		if got.header.Get("Allow") == "" {
			t.Errorf("%s: a 405 must say in Allow which methods there are", route)
		}
	}
	if n := len(a.asked()); n != 0 {
		t.Errorf("a GET must never make a session that costs money, got %d calls", n)
	}
}

// A person who complains can name the request, and the log has it.
func TestRequestID(t *testing.T) {
	a := start(t)
	b := a.browser()
	request := b.request("GET", "/no/such/page", nil)
	request.Header.Set("X-Request-Id", "chosen\tby-the-client")
	page := b.send(request)
	id := page.header.Get("X-Request-Id")
	if len(id) < 8 || strings.Contains(id, "chosen") || !strings.Contains(page.body, id) {
		t.Errorf("an error page must show the id of the header, got %q\n%s", id, page.body)
	}
	if again := b.get("/no/such/page").header.Get("X-Request-Id"); again == id {
		t.Error("every request must have an id of its own")
	}
	if err := a.stop(); err != nil {
		t.Fatal(err)
	}
	if n := strings.Count(a.out.String(), id); n != 1 {
		t.Errorf("the log must have one line for the request %s, got %d:\n%s", id, n, a.out.String())
	}
	if strings.Contains(a.out.String(), "by-the-client") || strings.Contains(a.out.String(), "/no/such") {
		t.Error("the log must hold nothing that the client chose")
	}
}

// What passes through addresses, headers, forms and Stripe's answers stays out of the log.
func TestLogHoldsNoSecrets(t *testing.T) {
	a := start(t, "LOG_LEVEL=debug")
	person := a.browser()
	got := person.post("/create-verification-session", url.Values{"email": {"somebody@example.test"}})
	if got.status != 303 {
		t.Fatalf("the button must lead to Stripe, got %d %s", got.status, got.body)
	}
	session := a.sim.Sessions()[0]
	person.get("/verification/return?marker_query=1&session_id=" + session.ID)
	person.asJSON().get("/verification/status?marker_query=2")
	a.finish(session.ID, "document_expired")
	back := person.authorize(a, stripesim.AccountA)
	person.get(back)
	person.get(back)
	person.get(callback("code", "marker_code", "state", "marker_state"))
	person.get(callback("error", "access_denied", "error_description", "marker_description"))
	person.post("/connect/accounts/marker_account/disconnect", nil)
	person.do("GET", "/marker/path%0Alevel=ERROR", nil)
	odd := person.request("MARKER_METHOD", "/?marker_query=3", nil)
	odd.Header.Set("User-Agent", "marker agent")
	odd.Header.Set("Referer", "http://localhost/?marker_referer")
	person.send(odd)
	a.deliver(`{"id":"evt_marker","object":"event","marker_payload":1}`, "whsec_marker_secret")
	to, err := url.Parse(back)
	if err != nil {
		t.Fatal(err)
	}
	base, err := url.Parse(a.url)
	if err != nil {
		t.Fatal(err)
	}
	secrets := []string{"marker", "somebody", "example.test", to.Query().Get("code"), to.Query().Get("state"), got.location,
		got.location[strings.LastIndex(got.location, "/")+1:], "_secret_", "sk_test", "whsec_", "?", "Simulated platform"}
	for _, c := range person.client.Jar.Cookies(base) {
		secrets = append(secrets, c.Value)
	}
	if err := a.stop(); err != nil {
		t.Fatal(err)
	}
	_, log, _ := strings.Cut(a.out.String(), "  open ")
	for _, secret := range secrets {
		if i := strings.Index(strings.ToLower(log), strings.ToLower(secret)); i >= 0 {
			t.Errorf("the log must not hold %q, but says …%s…", secret, log[max(0, i-150):min(len(log), i+100)])
		}
	}
	for _, line := range strings.Split(strings.TrimSpace(log), "\n")[1:] {
		if !strings.HasPrefix(line, "time=") {
			t.Errorf("the log must have one line for each thing, got %q", line)
		}
	}
	for _, part := range []string{"route=/connect/callback ", "method=other ", "route=/connect/accounts/:id/disconnect ", "status=403 "} {
		if !strings.Contains(log, part) {
			t.Errorf("the log must have the route's pattern, the status and known methods: %q is missing", part)
		}
	}
}

var requestLine = regexp.MustCompile(`method=(\S+) route=(\S+) status=(\d+) ms=\d+ request=(\S+)`)

// One line a request, and an error once.
func TestEachRequestIsLoggedOnce(t *testing.T) {
	a := start(t)
	person := a.browser()
	a.sim.AddFault(stripesim.Fault{Path: "/v1/identity/verification_sessions", Status: 400})
	failed := person.asJSON().post("/create-verification-session", nil)
	failed.refused(t, "stripe_rejected", 502)
	if err := a.stop(); err != nil {
		t.Fatal(err)
	}
	id := failed.header.Get("X-Request-Id")
	lines := 0
	for line := range strings.Lines(a.out.String()) {
		if m := requestLine.FindStringSubmatch(line); m != nil && m[4] == id {
			lines++
			if m[1] != "POST" || m[2] != "/create-verification-session" || m[3] != "502" || !strings.Contains(line, "level=ERROR") || !strings.Contains(line, "req_") {
				t.Errorf("the line must tell method, route, status, level and Stripe's request id, got %q", line)
			}
		}
	}
	if n := strings.Count(a.out.String(), "level=ERROR"); lines != 1 || n != 1 {
		t.Errorf("an error must be logged once, got %d request lines and %d errors:\n%s", lines, n, a.out.String())
	}
}

// The status is for scripts and the webhook for Stripe: neither is ever a page.
func TestAlwaysJSON(t *testing.T) {
	a := start(t)
	for _, route := range []string{"GET /verification/status", "POST /webhook"} {
		method, path, _ := strings.Cut(route, " ")
		got := a.browser().do(method, path, nil)
		if !strings.HasPrefix(got.header.Get("Content-Type"), "application/json") || !json.Valid([]byte(got.body)) {
			t.Errorf("%s must be JSON also for a browser, got %s", route, got.header.Get("Content-Type"))
		}
	}
	if got := a.browser().get("/healthz"); got.status != http.StatusOK || strings.TrimSpace(got.body) != "ok" {
		t.Errorf("/healthz must say ok, got %d %q", got.status, got.body)
	}
}
