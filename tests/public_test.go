package tests

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
)

// Behind a proxy on https the cookie gets the prefix that only https can have.
func TestHTTPS(t *testing.T) {
	p := NewPeers(t, "BASE_URL=https://verify.example.test")
	got := p.Ask("GET", "/", "127.0.0.1:1", http.Header{"Accept": {"text/html"}})
	cookie, err := http.ParseSetCookie(got.Header.Get("Set-Cookie"))
	if err != nil {
		t.Fatal(err)
	}
	if cookie.Name != "__Host-user" || !cookie.Secure || !cookie.HttpOnly || cookie.Path != "/" || cookie.Domain != "" ||
		cookie.SameSite != http.SameSiteLaxMode {
		t.Errorf("on https the cookie must be __Host-user, Secure, for / and without a domain, got %q", got.Header.Get("Set-Cookie"))
	}
	hsts := got.Header.Get("Strict-Transport-Security")
	if !strings.Contains(hsts, "max-age=") || strings.Contains(hsts, "max-age=0") || strings.Contains(hsts, "includeSubDomains") {
		t.Errorf("on https HSTS must be sent, without includeSubDomains, got %q", hsts)
	}
	again := p.Ask("GET", "/", "127.0.0.1:1", http.Header{"Cookie": {"__Host-user=" + cookie.Value}})
	if again.Header.Get("Set-Cookie") != "" {
		t.Error("a browser with the cookie must be known")
	}
	plain := p.Ask("GET", "/", "127.0.0.1:1", http.Header{"Cookie": {"user=" + cookie.Value}})
	if plain.Header.Get("Set-Cookie") == "" {
		t.Error("on https the cookie without the prefix, which any neighbour could set, must be no cookie")
	}
}

// The address in X-Forwarded-For counts only when a trusted proxy says so.
func TestRateLimit(t *testing.T) {
	forwarded := func(ip string) http.Header { return http.Header{"X-Forwarded-For": {ip}} }
	p := NewPeers(t, "RATE_LIMIT_PER_MINUTE=2", "TRUSTED_PROXIES=192.0.2.0/24")
	limited := func(name, path string, peer func(i int) (string, http.Header), want ...int) {
		t.Helper()
		for i, status := range want {
			from, header := peer(i)
			got := p.Ask("POST", path, from, header)
			if got.Status != status {
				t.Errorf("%s: request %d must get %d, got %d %s", name, i+1, status, got.Status, got.Body)
			}
			if got.Status == 429 && (got.Code() != "rate_limited" || got.Header.Get("Retry-After") == "") {
				t.Errorf("%s: must be rate_limited and say when to come back, got %s", name, got.Body)
			}
		}
	}
	limited("forged addresses from one peer", "/connect/authorize",
		func(i int) (string, http.Header) {
			return fmt.Sprintf("198.51.100.1:%d", i), forwarded(fmt.Sprintf("203.0.113.%d", i))
		}, 303, 303, 429, 429)
	limited("the same peer's creates", "/create-verification-session",
		func(int) (string, http.Header) { return "198.51.100.1:1", forwarded("203.0.113.77") }, 429)
	limited("another peer", "/create-verification-session",
		func(int) (string, http.Header) { return "198.51.100.2:1", nil }, 200, 200, 429)
	limited("many addresses of one IPv6 /64", "/connect/authorize",
		func(i int) (string, http.Header) { return fmt.Sprintf("[2001:db8::%d]:1", i), nil }, 303, 303, 429)
	limited("another /64", "/connect/authorize", func(int) (string, http.Header) { return "[2001:db8:0:1::1]:1", nil }, 303)
	limited("clients of a trusted proxy", "/connect/authorize",
		func(i int) (string, http.Header) { return "192.0.2.1:1", forwarded(fmt.Sprintf("203.0.113.%d", 100+i)) }, 303, 303, 303, 303)
	limited("one client of a trusted proxy that forges", "/connect/authorize",
		func(i int) (string, http.Header) {
			return "192.0.2.1:1", forwarded(fmt.Sprintf("203.0.113.%d, 203.0.113.50", 200+i))
		}, 303, 303, 429)
	for range 5 {
		if got := p.Ask("GET", "/connect", "198.51.100.1:1", nil); got.Status != 200 {
			t.Errorf("pages have no rate limit, got %d", got.Status)
		}
	}
}

func TestNoRateLimit(t *testing.T) {
	p := NewPeers(t, "RATE_LIMIT_PER_MINUTE=0")
	for i := range 100 {
		if got := p.Ask("POST", "/connect/authorize", "198.51.100.1:1", nil); got.Status != 303 {
			t.Fatalf("0 must turn the limit off, but request %d got %d", i+1, got.Status)
		}
	}
}
