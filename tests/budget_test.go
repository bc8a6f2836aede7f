package tests

import (
	"net/http"
	"strconv"
	"testing"
)

// from is a request header of a client with that address, behind a proxy on this machine.
func from(address string) http.Header { return http.Header{"X-Forwarded-For": {address}} }

// The limit is what may be started in any minute: nothing comes back after a part of one, and when something does is said.
func TestAMinutesLimit(t *testing.T) {
	p := NewPeers(t, "RATE_LIMIT_PER_MINUTE=3000")
	started := 0
	for range 3600 {
		switch got := p.Ask("POST", "/connect/authorize", "[::1]:1", from("192.0.2.1")); got.Status {
		case 303:
			started++
		case 429:
			if wait, err := strconv.Atoi(got.Header.Get("Retry-After")); err != nil || wait < 30 || wait > 60 {
				t.Fatalf("who has used up a minute's limit at once must hear when he may go on, got Retry-After %q", got.Header.Get("Retry-After"))
			}
		}
	}
	if started != 3000 {
		t.Errorf("RATE_LIMIT_PER_MINUTE=3000 must allow 3000 in a minute, got %d", started)
	}
	if got := p.Ask("POST", "/connect/authorize", "[::1]:1", from("192.0.2.2")); got.Status != 303 {
		t.Errorf("one address's limit must be nobody else's, got %d", got.Status)
	}
}
