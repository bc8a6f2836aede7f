package tests

import (
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"testing"

	"example.com/identity-starter/stripesim"
)

// OutsideBubble is a simulated Stripe for a test in a bubble of time (testing/synctest), and where it is: no connection to it stays
// open, with which time would stand still.
func OutsideBubble(t *testing.T) (sim *stripesim.Sim, address string) {
	t.Helper()
	sim, err := stripesim.Start(stripesim.Config{})
	if err != nil {
		t.Fatalf("start simulator: %v", err)
	}
	t.Cleanup(sim.Close)
	at, err := url.Parse(sim.URL())
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(httputil.NewSingleHostReverseProxy(at))
	server.Config.SetKeepAlivesEnabled(false)
	t.Cleanup(server.Close)
	return sim, server.URL
}
