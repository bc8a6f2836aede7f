package gateway_test

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"example.com/identity-starter/gateway"
	"example.com/identity-starter/stripesim"
)

// inspected is a simulator, and a client that talks to it and writes down its calls.
type inspected struct {
	sim    *stripesim.Sim
	client *gateway.Client
	mu     sync.Mutex
	calls  []gateway.Call
}

func inspect(t *testing.T, config stripesim.Config) *inspected {
	t.Helper()
	sim, err := stripesim.Start(config)
	if err != nil {
		t.Fatalf("start simulator: %v", err)
	}
	t.Cleanup(sim.Close)
	i := &inspected{sim: sim}
	i.client = gateway.New(gateway.Options{SecretKey: "sk_test_simulator", APIBase: sim.URL(), ConnectBase: sim.ConnectURL(),
		Observers: []func(gateway.Call){func(c gateway.Call) {
			i.mu.Lock()
			defer i.mu.Unlock()
			i.calls = append(i.calls, c)
		}}})
	return i
}

func TestEveryCallIsTold(t *testing.T) {
	i := inspect(t, stripesim.Config{})
	if _, err := i.client.OwnAccount(t.Context()); err != nil {
		t.Fatal(err)
	}
	if len(i.calls) != 1 {
		t.Fatalf("one call must be told once, got %v", i.calls)
	}
	c := i.calls[0]
	if c.Method != "GET" || c.Path != "/v1/account" || c.Status != 200 || !strings.HasPrefix(c.RequestID, "req_") || c.Date.IsZero() {
		t.Errorf("a call must be told with method, path, status, request id and Stripe's time, got %+v", c)
	}
	if _, err := i.client.OwnAccount(t.Context()); err != nil || len(i.calls) != 1 {
		t.Errorf("whose key it is must be asked once, got %v, %v", i.calls, err)
	}
	i.sim.Close()
	if _, err := i.client.ConnectedAccount(t.Context(), stripesim.AccountA); err == nil {
		t.Fatal("a stopped Stripe must be an error")
	}
	if c := i.calls[len(i.calls)-1]; c.Path != "/v1/account" || c.Status != 0 {
		t.Errorf("a call without an answer must be told with status 0, got %+v", c)
	}
}

func TestEndpoints(t *testing.T) {
	i := inspect(t, stripesim.Config{})
	i.sim.AddEndpoint(stripesim.Endpoint{ID: "we_one", URL: "http://localhost/webhook", APIVersion: "2025-08-27.basil", Events: []string{"a", "b"}})
	i.sim.AddEndpoint(stripesim.Endpoint{ID: "we_two", URL: "http://localhost/webhook", Connect: true, Status: "disabled"})
	i.sim.AddEndpoint(stripesim.Endpoint{ID: "we_thin", URL: "http://localhost/thin", Thin: true})
	found, err := i.client.Endpoints(t.Context())
	if err != nil || len(found) != 2 {
		t.Fatalf("the snapshot endpoints must be found, got %+v, %v", found, err)
	}
	two, one := found[0], found[1]
	if one.ID != "we_one" || !one.Enabled || !one.Own || one.Connect || one.APIVersion != "2025-08-27.basil" || !slices.Equal(one.Events, []string{"a", "b"}) {
		t.Errorf("an endpoint must be read as it is, got %+v", one)
	}
	if two.ID != "we_two" || two.Enabled || two.Own || !two.Connect || two.APIVersion != "" {
		t.Errorf("an endpoint must be read as it is, got %+v", two)
	}
	i.sim.AddEndpoint(stripesim.Endpoint{ID: "we_org", URL: "http://localhost/webhook", Organization: true})
	i.sim.AddEndpoint(stripesim.Endpoint{ID: "we_both", URL: "http://localhost/webhook", From: []string{"self", "other_accounts"}})
	i.sim.AddEndpoint(stripesim.Endpoint{ID: "we_new", URL: "http://localhost/webhook", From: []string{"@accounts", "@self"}}) // since stripe-go v85
	all, err := i.client.Destinations(t.Context())
	var got []string
	for _, e := range all {
		got = append(got, fmt.Sprint(e.ID, " ", e.URL, " ", e.Enabled, e.Thin, e.Own, e.Connect, e.Organization))
	}
	want := []string{"we_one http://localhost/webhook true false true false false", "we_two http://localhost/webhook false false false true false",
		"we_thin http://localhost/thin true true true false false", "we_org http://localhost/webhook true false true false true",
		"we_both http://localhost/webhook true false true true false", "we_new http://localhost/webhook true false true true false"}
	if err != nil || !slices.Equal(got, want) {
		t.Errorf("the destinations must be read as they are: enabled, thin, of the own account, of connected ones, of an organization\n got %q\nwant %q\n%v", got, want, err)
	}
}

// Stripe refuses a list of more than twenty types: what a team has too many must not
// cost it those that there is room for.
func TestManyOwnTypesAreListed(t *testing.T) {
	sim, err := stripesim.Start(stripesim.Config{})
	if err != nil {
		t.Fatalf("start simulator: %v", err)
	}
	t.Cleanup(sim.Close)
	var own []string
	for i := range 30 {
		own = append(own, fmt.Sprintf("own.type_%02d", i))
	}
	client := gateway.New(gateway.Options{SecretKey: "sk_test_simulator", APIBase: sim.URL(), ConnectBase: sim.ConnectURL(), OwnEvents: own})
	if err := gateway.Try(client.Events(t.Context(), time.Now().Add(-time.Hour))); err != nil {
		t.Fatalf("events must be listed with many types of the team's own, too, got %v", err)
	}
	want := slices.Concat(gateway.SessionEvents, own[:15])
	for i, name := range want {
		if got := sim.Requests()[0].Form.Get(fmt.Sprintf("types[%d]", i)); got != name {
			t.Errorf("the first types must be asked for: want %s, got %q", name, got)
		}
	}
}
