package tests

import (
	"net/http"
	"strings"
	"testing"
)

// Proxies write a client's address in many ways. Whatever they write, one client is one, and two are two: not all of them one,
// and nobody is somebody else because he says so.
func TestClientAddresses(t *testing.T) {
	p := NewPeers(t, "RATE_LIMIT_PER_MINUTE=1", "TRUSTED_PROXIES=10.0.0.0/8,2001:db8:ffff::/48")
	const proxy = "10.0.0.1:4000"
	start := func(peer string, forwarded ...string) Answer {
		return p.Ask("POST", "/connect/authorize", peer, http.Header{"X-Forwarded-For": forwarded})
	}
	many := strings.Repeat("10.0.0.2, ", 3000)
	for _, c := range []struct {
		what, peer    string
		first, second []string
		same          bool
	}{
		{"ports", proxy, []string{"192.0.2.1:4431"}, []string{"192.0.2.1:4432"}, true},
		{"an address with and without a port", proxy, []string{"192.0.2.2"}, []string{" 192.0.2.2:80 "}, true},
		{"two addresses with a port", proxy, []string{"192.0.2.3:4431"}, []string{"192.0.2.4:4431"}, false},
		{"brackets", proxy, []string{"[2001:db8:1::1]"}, []string{"[2001:db8:1::2]:443"}, true},
		{"two networks in brackets", proxy, []string{"[2001:db8:2::1]:443"}, []string{"[2001:db8:3::1]:443"}, false},
		{"an IPv4 address inside of IPv6", proxy, []string{"192.0.2.5"}, []string{"[::ffff:192.0.2.5]:443"}, true},
		{"a zone", proxy, []string{"fe80::1%eth0"}, []string{"[fe80::1%25eth1]:443"}, true},
		{"quotes", proxy, []string{`"[2001:db8:4::1]:4711"`}, []string{"2001:db8:4::9"}, true},
		{"a client's own words before", proxy, []string{"192.0.2.7, 192.0.2.6:1"}, []string{"unknown, 192.0.2.6:2"}, true},
		{"lines", proxy, []string{"192.0.2.9", "192.0.2.8"}, []string{"192.0.2.8"}, true},
		{"nothing between commas", proxy, []string{"192.0.2.10"}, []string{"192.0.2.10, ,"}, true},
		{"proxies behind proxies", proxy, []string{"192.0.2.11:5, 10.1.1.1:6, [2001:db8:ffff::1]:7"}, []string{"192.0.2.11"}, true},
		{"a proxy behind a socket on this machine", proxy, []string{"192.0.2.12, unix:"}, []string{"192.0.2.13, unix:"}, false},
		{"names that a proxy gives to its clients", proxy, []string{"_one"}, []string{"_two"}, false},
		{"one such name", proxy, []string{"192.0.2.14, _three:1"}, []string{"192.0.2.15, _three:2"}, true},
		{"clients that a proxy does not know", proxy, []string{"192.0.2.16, unknown"}, []string{"192.0.2.17, UNKNOWN"}, true},
		{"one that it knows", proxy, []string{"192.0.2.18"}, []string{"unknown, 192.0.2.19"}, false},
		{"clients inside of the proxies' network", proxy, []string{"10.2.0.1:1"}, []string{"10.2.0.2:1"}, false},
		{"no address at all", "10.0.0.9:1", nil, []string{""}, true},
		{"far too many", proxy, []string{many + "192.0.2.20"}, []string{"192.0.2.20"}, true},
		{"far too long", proxy, []string{strings.Repeat("x", 30<<10) + ",192.0.2.21"}, []string{"192.0.2.21"}, true},
		{"a proxy that is not trusted", "192.0.2.22:1", []string{"192.0.2.23"}, []string{"192.0.2.24"}, true},
		{"a trusted one's address, claimed", "192.0.2.25:1", []string{"192.0.2.26, 10.0.0.1"}, []string{"192.0.2.27, 10.0.0.1"}, true},
	} {
		if got := start(c.peer, c.first...); got.Status != 303 {
			t.Errorf("%s: the first of an address must be allowed, %.80q got %d", c.what, c.first, got.Status)
		}
		if got := start(c.peer, c.second...); got.Status == 429 != c.same {
			t.Errorf("%s: after %.80q it is %v that %.80q is the same client, got %d", c.what, c.first, c.same, c.second, got.Status)
		}
	}
}

// Behind a proxy that is not named in TRUSTED_PROXIES all visitors are one client: where one is refused, the log says why that may be.
func TestForgottenProxy(t *testing.T) {
	p := NewPeers(t, "RATE_LIMIT_PER_MINUTE=1", "TRUSTED_PROXIES=10.0.0.0/8")
	for _, peer := range []string{"192.0.2.1:1", "10.0.0.1:1", "192.0.2.2:1"} {
		before, header := p.Out.String(), http.Header{"X-Forwarded-For": {"198.51.100.1"}}
		if peer == "192.0.2.2:1" {
			header = http.Header{}
		}
		for range 2 {
			p.Ask("POST", "/connect/authorize", peer, header)
		}
		said := strings.TrimPrefix(p.Out.String(), before)
		if !strings.Contains(said, "status=429") || strings.Contains(said, "TRUSTED_PROXIES") != (peer == "192.0.2.1:1") {
			t.Errorf("that nothing is believed of a proxy must be said where it has somebody refused, and nowhere else, got of %s\n%s", peer, said)
		}
	}
}
