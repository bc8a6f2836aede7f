package tests

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
	a := Start(t)
	merchant := a.Merchant()
	for path, status := range map[string]int{"/": 200, "/verification.html": 200, "/verification/return": 200, "/verification/status": 200,
		"/members": 303, "/connect": 200, "/healthz": 200, "/static/style.css": 200, "/no/such/page": 404} {
		got := merchant.Do("HEAD", path, nil)
		if got.Status != status || got.Body != "" {
			t.Errorf("HEAD %s must be %d without a body, got %d %q", path, status, got.Status, got.Body)
		}
	}
	back := merchant.Authorize(a, stripesim.AccountA)
	a.NothingHappens(func() Answer { return merchant.Do("HEAD", back, nil) })
	if got := merchant.Get(back); got.Status != 303 {
		t.Errorf("HEAD must not use a state up, got %d", got.Status)
	}
}

func TestNoSuchPage(t *testing.T) {
	a := Start(t)
	for _, path := range []string{"/no/such/page", "/webhook/", "/static/", "/static/none.css", "/static/../go.mod", "/static/%2e%2e/go.mod",
		"/verification", "/review", "/review/x", "/.env", "/starter.db"} {
		a.API().Get(path).Refused(t, "not_found", 404)
		if got := a.Browser().Get(path); got.Status != 404 || !strings.Contains(got.Body, "</html>") {
			t.Errorf("%s must be a page with 404, got %d\n%s", path, got.Status, got.Body)
		}
	}
	for _, route := range []string{"DELETE /", "POST /", "GET /create-verification-session", "GET /webhook", "POST /verification/return",
		"PUT /connect", "GET /connect/authorize", "POST /connect/callback", "POST /healthz", "POST /static/style.css"} {
		method, path, _ := strings.Cut(route, " ")
		a.API().Do(method, path, nil).Refused(t, "method_not_allowed", 405)
		got := a.Browser().Do(method, path, nil)
		if page := strings.Contains(got.Body, "</html>"); got.Status != 405 || page == (path == "/webhook") {
			t.Errorf("%s must be 405, as a page unless it is the webhook, got %d\n%s", route, got.Status, got.Body)
		}
		if got.Header.Get("Allow") == "" {
			t.Errorf("%s: a 405 must say in Allow which methods there are", route)
		}
	}
	if n := len(a.Asked()); n != 0 {
		t.Errorf("a GET must never make a session that costs money, got %d calls", n)
	}
}

// A person who complains can name the request, and the log has it.
func TestRequestID(t *testing.T) {
	a := Start(t)
	b := a.Browser()
	request := b.Request("GET", "/no/such/page", nil)
	request.Header.Set("X-Request-Id", "chosen\tby-the-client")
	page := b.Send(request)
	id := page.Header.Get("X-Request-Id")
	if len(id) < 8 || strings.Contains(id, "chosen") || !strings.Contains(page.Body, id) {
		t.Errorf("an error page must show the id of the header, got %q\n%s", id, page.Body)
	}
	if again := b.Get("/no/such/page").Header.Get("X-Request-Id"); again == id {
		t.Error("every request must have an id of its own")
	}
	if err := a.Stop(); err != nil {
		t.Fatal(err)
	}
	if n := strings.Count(a.Out.String(), id); n != 1 {
		t.Errorf("the log must have one line for the request %s, got %d:\n%s", id, n, a.Out.String())
	}
	if strings.Contains(a.Out.String(), "by-the-client") || strings.Contains(a.Out.String(), "/no/such") {
		t.Error("the log must hold nothing that the client chose")
	}
}

// What passes through addresses, headers, forms and Stripe's answers stays out of the log.
func TestLogHoldsNoSecrets(t *testing.T) {
	a := Start(t, "LOG_LEVEL=debug")
	person := a.Browser()
	got := person.Post("/create-verification-session", url.Values{"email": {"somebody@example.test"}})
	if got.Status != 303 {
		t.Fatalf("the button must lead to Stripe, got %d %s", got.Status, got.Body)
	}
	session := a.Sim.Sessions()[0]
	person.Get("/verification/return?marker_query=1&session_id=" + session.ID)
	person.AsJSON().Get("/verification/status?marker_query=2")
	a.Finish(session.ID, "document_expired")
	back := person.Authorize(a, stripesim.AccountA)
	person.Get(back)
	person.Get(back)
	person.Get(Callback("code", "marker_code", "state", "marker_state"))
	person.Get(Callback("error", "access_denied", "error_description", "marker_description"))
	person.Post("/connect/accounts/marker_account/disconnect", nil)
	person.Do("GET", "/marker/path%0Alevel=ERROR", nil)
	odd := person.Request("MARKER_METHOD", "/?marker_query=3", nil)
	odd.Header.Set("User-Agent", "marker agent")
	odd.Header.Set("Referer", "http://localhost/?marker_referer")
	person.Send(odd)
	a.Deliver(`{"id":"evt_marker","object":"event","marker_payload":1}`, "whsec_marker_secret")
	to, err := url.Parse(back)
	if err != nil {
		t.Fatal(err)
	}
	base, err := url.Parse(a.URL)
	if err != nil {
		t.Fatal(err)
	}
	secrets := []string{"marker", "somebody", "example.test", to.Query().Get("code"), to.Query().Get("state"), got.Location,
		got.Location[strings.LastIndex(got.Location, "/")+1:], "_secret_", "sk_test", "whsec_", "?", "Simulated platform"}
	for _, c := range person.Client.Jar.Cookies(base) {
		secrets = append(secrets, c.Value)
	}
	if err := a.Stop(); err != nil {
		t.Fatal(err)
	}
	_, log, _ := strings.Cut(a.Out.String(), "  open ")
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

// Who asks for what is not there is logged by what of ours it is near to; what was asked for is theirs. A page that is there
// says which methods it takes.
func TestWhatIsNotThereIsLogged(t *testing.T) {
	a := Start(t)
	for path, near := range map[string]string{"/stripe/webhooks": "near=/webhook", "/webhook/": "near=/webhook", "/connect/marker": "near=/connect",
		"/verification/marker": "near=/verification ", "/healt": "near=/healthz", "/" + strings.Repeat("marker", 50) + "/connect": "", "/mem": "",
		"/marker.php": "", "/%ff/marker%0A": ""} {
		got := a.Browser().Get(path)
		line := strings.TrimSpace(a.LineOf(got)) + " "
		if !strings.Contains(line, `method=GET route="(no such page)" status=404 `) || strings.Contains(line, "error=") || strings.Contains(line, "marker") ||
			(near == "") == strings.Contains(line, "near=") || !strings.Contains(line, near) {
			t.Errorf("%s: want that there is no such page, and %q, got %s", path, near, line)
		}
	}
	for request, takes := range map[string]string{"DELETE /webhook": `route=/webhook status=405 `, "GET /connect/authorize": `route=/connect/authorize status=405 `} {
		method, path, _ := strings.Cut(request, " ")
		if line := a.LineOf(a.Browser().Do(method, path, nil)); !strings.Contains(line, takes) || !strings.Contains(line, `error="this page takes POST"`) {
			t.Errorf("%s: the log must say what the page takes, got %s", request, line)
		}
	}
}

// LineOf is the log line of a request that was answered.
func (a *App) LineOf(answer Answer) string {
	a.T.Helper()
	id := "request=" + answer.Header.Get("X-Request-Id")
	a.Says(id)
	for line := range strings.Lines(a.Out.String()) {
		if strings.Contains(line, id) {
			return line
		}
	}
	return ""
}

// One line a request, and an error once.
func TestEachRequestIsLoggedOnce(t *testing.T) {
	a := Start(t)
	person := a.Browser()
	a.Sim.AddFault(stripesim.Fault{Path: "/v1/identity/verification_sessions", Status: 400})
	failed := person.AsJSON().Post("/create-verification-session", nil)
	failed.Refused(t, "stripe_rejected", 502)
	if err := a.Stop(); err != nil {
		t.Fatal(err)
	}
	id := failed.Header.Get("X-Request-Id")
	lines := 0
	for line := range strings.Lines(a.Out.String()) {
		if m := requestLine.FindStringSubmatch(line); m != nil && m[4] == id {
			lines++
			if m[1] != "POST" || m[2] != "/create-verification-session" || m[3] != "502" || !strings.Contains(line, "level=ERROR") || !strings.Contains(line, "req_") {
				t.Errorf("the line must tell method, route, status, level and Stripe's request id, got %q", line)
			}
		}
	}
	if n := strings.Count(a.Out.String(), "level=ERROR"); lines != 1 || n != 1 {
		t.Errorf("an error must be logged once, got %d request lines and %d errors:\n%s", lines, n, a.Out.String())
	}
}

// The status is for scripts and the webhook for Stripe: neither is ever a page.
func TestAlwaysJSON(t *testing.T) {
	a := Start(t)
	for _, route := range []string{"GET /verification/status", "POST /webhook"} {
		method, path, _ := strings.Cut(route, " ")
		got := a.Browser().Do(method, path, nil)
		if !strings.HasPrefix(got.Header.Get("Content-Type"), "application/json") || !json.Valid([]byte(got.Body)) {
			t.Errorf("%s must be JSON also for a browser, got %s", route, got.Header.Get("Content-Type"))
		}
	}
	if got := a.Browser().Get("/healthz"); got.Status != http.StatusOK || strings.TrimSpace(got.Body) != "ok" {
		t.Errorf("/healthz must say ok, got %d %q", got.Status, got.Body)
	}
}
