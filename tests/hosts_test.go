package tests

import (
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"example.com/identity-starter/stripesim"
)

// at is a browser that uses another host name for the same program.
func (a *App) at(host string) (b *Browser, port string) {
	a.T.Helper()
	base, err := url.Parse(a.URL)
	if err != nil {
		a.T.Fatal(err)
	}
	b = a.Browser()
	b.Base = "http://" + host + ":" + base.Port()
	return b, base.Port()
}

// asHost sends a request with another Host header than the address it goes to.
func (b *Browser) asHost(host, method, path string) Answer {
	b.T.Helper()
	request := b.Request(method, path, nil)
	request.Host = host
	return b.Send(request)
}

// 127.0.0.1 and localhost have cookies of their own: a person must not be two users.
func TestLoopbackAddressIsRedirected(t *testing.T) {
	a := Start(t)
	_, port := a.at("127.0.0.1")
	b := a.Browser()
	for _, host := range []string{"127.0.0.1:" + port, "[::1]:" + port, "127.0.0.2:" + port} {
		for _, path := range []string{"/", "/connect", "/connect/callback?code=ac_marker&state=a+b%2Bc", "/verification/return", "/no/such/page"} {
			got := b.asHost(host, "GET", path)
			if got.Status < 301 || got.Status > 308 || got.Location != a.URL+path {
				t.Errorf("%s%s must be redirected to %s, got %d %q", host, path, a.URL+path, got.Status, got.Location)
			}
			if got.Header.Get("Set-Cookie") != "" {
				t.Errorf("%s%s must not set a cookie under the other name", host, path)
			}
		}
	}
	if strings.Contains(a.Out.String(), "ac_marker") {
		t.Error("a redirected callback must not be logged with its query")
	}
}

func TestWrongHost(t *testing.T) {
	a := Start(t)
	_, port := a.at("localhost")
	b := a.Browser()
	for _, host := range []string{"verify.example.test", "verify.example.test:" + port, "localhost.example.test:" + port,
		"127.0.0.1.example.test", "192.0.2.1:" + port, "0.0.0.0:" + port, "a@localhost:" + port} {
		for _, route := range []string{"GET /", "POST /create-verification-session", "GET /connect/callback?code=x", "POST /connect/authorize"} {
			method, path, _ := strings.Cut(route, " ")
			if got := b.AsJSON().asHost(host, method, path); host == "a@localhost:"+port && got.Status == 400 {
				continue // net/http does not take it for a host at all
			} else if got.Status != 421 || got.Code() != "wrong_host" || !strings.Contains(got.Body, a.URL) {
				t.Errorf("%s under %s must be wrong_host and name the right address, got %d %s", route, host, got.Status, got.Body)
			}
			if got := b.asHost(host, method, path); got.Status != 421 && got.Status != 400 || got.Status == 421 && !strings.Contains(got.Body, a.URL) {
				t.Errorf("%s under %s must be a page that says which address to open, got %d", route, host, got.Status)
			}
		}
		if host != "a@localhost:"+port {
			if got := b.asHost(host, "GET", "/healthz"); got.Status != 200 {
				t.Errorf("health checks come under any name, got %d for %s", got.Status, host)
			}
			if got := b.asHost(host, "POST", "/webhook"); got.Status != 400 || got.Code() != "bad_request" {
				t.Errorf("webhooks come under any name (an unsigned one is 400), got %d for %s", got.Status, host)
			}
		}
	}
	if len(a.Asked()) != 0 {
		t.Error("a request under a wrong host must send nothing to Stripe")
	}
}

// A program that is not on loopback is behind a proxy that decides about names.
func TestPublicBaseURLTakesAnyHost(t *testing.T) {
	p := NewPeers(t, "BASE_URL=https://verify.example.test")
	if got := p.Ask("GET", "/", "127.0.0.1:1", nil); got.Status != 200 {
		t.Errorf("with a public BASE_URL the proxy's host name must do, got %d", got.Status)
	}
}

func TestCrossSite(t *testing.T) {
	a := Start(t)
	merchant := a.Merchant()
	merchant.Connect(a, stripesim.AccountA)
	posts := []string{"/create-verification-session", "/connect/authorize", "/connect/accounts/" + stripesim.AccountA + "/disconnect"}
	send := func(b *Browser, path string, header http.Header) Answer {
		request := b.Request("POST", path, nil)
		for name, values := range header {
			request.Header[name] = values
		}
		return b.Send(request)
	}
	for name, header := range map[string]http.Header{
		"Sec-Fetch-Site: cross-site": {"Sec-Fetch-Site": {"cross-site"}},
		"another origin":             {"Origin": {"https://evil.example.test"}},
		"another port":               {"Origin": {"http://localhost:1"}},
		"the null origin":            {"Origin": {"null"}},
		"both":                       {"Sec-Fetch-Site": {"cross-site"}, "Origin": {a.URL + ".evil.example.test"}},
	} {
		for _, path := range posts {
			a.NothingHappens(func() Answer { return send(merchant.AsJSON(), path, header) }).Refused(t, "cross_site", 403)
			if got := send(merchant, path, header); got.Status != 403 || !strings.Contains(got.Body, "another website") {
				t.Errorf("%s to %s must be a page with 403, got %d", name, path, got.Status)
			}
		}
	}
	for name, header := range map[string]http.Header{
		"our own page": {"Sec-Fetch-Site": {"same-origin"}, "Origin": {a.URL}}, "an old browser": {"Origin": {a.URL}}, "curl": {},
		"the address bar": {"Sec-Fetch-Site": {"none"}},
	} {
		if got := send(merchant.AsJSON(), posts[0], header); got.Status != 200 {
			t.Errorf("%s must be let through, got %d %s", name, got.Status, got.Body)
		}
	}
	request := merchant.Request("GET", "/verification/return", nil)
	request.Header.Set("Sec-Fetch-Site", "cross-site")
	if got := merchant.Send(request); got.Status != 200 {
		t.Errorf("the way back from Stripe is cross-site and must work, got %d", got.Status)
	}
}

var (
	inline = regexp.MustCompile(`(?i)<style|\sstyle=|\son[a-z]+=|<script(\s[^>]*)?>[^<]`)
	origin = regexp.MustCompile(`(?:src|href|action)="(https?:[^"]*)"`)
)

func TestSecurityHeaders(t *testing.T) {
	a := Start(t)
	merchant := a.Merchant()
	merchant.Connect(a, stripesim.AccountA)
	for _, route := range []string{"GET /", "GET /verification.html", "POST /create-verification-session", "GET /verification/return",
		"GET /verification/status", "GET /members", "GET /connect", "POST /connect/authorize", "GET /connect/callback",
		"GET /connect/accounts/" + stripesim.AccountA + "/disconnect", "GET /healthz", "POST /webhook", "GET /no/such/page",
		"DELETE /", "GET /static/style.css", "GET /static/none"} {
		method, path, _ := strings.Cut(route, " ")
		got := merchant.Do(method, path, nil)
		for name, want := range map[string]string{"X-Content-Type-Options": "nosniff", "Referrer-Policy": "same-origin",
			"Strict-Transport-Security": ""} {
			if got.Header.Get(name) != want {
				t.Errorf("%s: %s must be %q, got %q", route, name, want, got.Header.Get(name))
			}
		}
		policy := got.Header.Get("Content-Security-Policy")
		checkPolicy(t, route, policy, a.Sim)
		static := path == "/static/style.css"
		if caching := got.Header.Get("Cache-Control"); static == strings.Contains(caching, "no-store") {
			t.Errorf("%s: everything but /static must be no-store, got %q", route, caching)
		}
		if m := inline.FindString(got.Body); m != "" && strings.Contains(got.Header.Get("Content-Type"), "html") {
			t.Errorf("%s: the policy allows no inline script or style, got %q", route, m)
		}
		if m := origin.FindStringSubmatch(got.Body); m != nil {
			t.Errorf("%s: a page must load nothing from elsewhere, got %q", route, m[1])
		}
	}
}

// checkPolicy compares a Content-Security-Policy with what is needed and nothing more.
func checkPolicy(t *testing.T, route, policy string, sim *stripesim.Sim) {
	t.Helper()
	want := map[string]string{"default-src": "'none'", "frame-ancestors": "'none'", "base-uri": "'none'", "style-src": "'self'",
		"img-src": "'self'", "script-src": "'self'", "connect-src": "'self'"}
	for part := range strings.SplitSeq(policy, ";") {
		name, value, _ := strings.Cut(strings.TrimSpace(part), " ")
		if name == "form-action" {
			for source := range strings.FieldsSeq(value) {
				if source != "'self'" && source != "https://*.stripe.com" && source != sim.URL() && source != sim.ConnectURL() {
					t.Errorf("%s: forms must lead to us and to Stripe only, got %q", route, source)
				}
			}
			for _, source := range []string{"'self'", "https://*.stripe.com", sim.URL(), sim.ConnectURL()} {
				if !strings.Contains(value+" ", source+" ") {
					t.Errorf("%s: form-action must allow %s, got %q", route, source, value)
				}
			}
			delete(want, name)
			continue
		}
		if want[name] != value {
			t.Errorf("%s: the policy must have %s %q, got %q", route, name, want[name], value)
		}
		delete(want, name)
	}
	if len(want) != 0 || !strings.Contains(policy, "form-action") {
		t.Errorf("%s: the policy lacks %v: %q", route, want, policy)
	}
}
