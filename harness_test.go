package main

import (
	"bytes"
	"context"
	"database/sql"
	"fmt"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stripe/stripe-go/v82/webhook"

	"example.com/identity-starter/stripesim"
)

const (
	platformSecret = "whsec_simulator"
	connectSecret  = "whsec_simulator_connect"
)

// app is the whole program, started by run on a free port, and the simulated
// Stripe that it talks to.
type app struct {
	t        *testing.T
	url      string
	sim      *stripesim.Sim
	database string
	out      *output
	settings map[string]string
	stop     func() error // ends the program and returns what run returned
}

// start runs the program against a simulator of its own. Settings are NAME=value
// and come on top of those that a test needs.
func start(t *testing.T, settings ...string) *app {
	t.Helper()
	return startWith(t, stripesim.Config{}, settings...)
}

func startWith(t *testing.T, config stripesim.Config, settings ...string) *app {
	t.Helper()
	if config.RetryAfter == nil {
		config.RetryAfter = []time.Duration{10 * time.Millisecond, 50 * time.Millisecond, 200 * time.Millisecond}
	}
	sim, err := stripesim.Start(config)
	if err != nil {
		t.Fatalf("start simulator: %v", err)
	}
	t.Cleanup(sim.Close)
	a := &app{t: t, sim: sim, database: filepath.Join(t.TempDir(), "starter.db"), settings: map[string]string{
		"STRIPE_SECRET_KEY": "sk_test_simulator", "STRIPE_CLIENT_ID": "ca_simulator",
		"STRIPE_WEBHOOK_SECRET": platformSecret + "," + connectSecret,
		"STRIPE_API_BASE":       sim.URL(), "STRIPE_CONNECT_BASE": sim.ConnectURL(),
		"ADDR": "localhost:0", "RATE_LIMIT_PER_MINUTE": "0", "STRIPE_REQUESTS_PER_SECOND": "0",
	}}
	a.settings["DATABASE_URL"] = a.database
	a.set(settings...)
	a.run()
	sim.AddEndpoint(stripesim.Endpoint{URL: a.url + "/webhook", Secret: platformSecret, Events: []string{"*",
		"identity.verification_session.redacted"}})
	sim.AddEndpoint(stripesim.Endpoint{URL: a.url + "/webhook", Secret: connectSecret, Connect: true})
	// What the program does by itself at its start must not get in a test's way.
	eventually(t, "the program asks for the events that it has missed", func() bool {
		return slices.ContainsFunc(sim.Requests(), isBackground)
	})
	return a
}

// asked are the requests that Stripe got for somebody's sake.
func (a *app) asked() []stripesim.Request { return slices.DeleteFunc(a.sim.Requests(), isBackground) }

// isBackground recognises what the program asks by itself at its start.
func isBackground(r stripesim.Request) bool { return r.Path == "/v1/events" }

func (a *app) set(settings ...string) {
	for _, s := range settings {
		name, value, _ := strings.Cut(s, "=")
		a.settings[name] = value
	}
}

// run starts the program (again), on the address that it had before.
func (a *app) run() {
	a.t.Helper()
	ctx, cancel := context.WithCancel(context.WithoutCancel(a.t.Context()))
	a.out = &output{seen: make(chan struct{}, 1)}
	done := make(chan error, 1)
	go func() { done <- run(ctx, nil, func(name string) string { return a.settings[name] }, a.out) }()
	a.url = a.out.wait(a.t, done)
	a.settings["ADDR"], a.settings["BASE_URL"] = strings.TrimPrefix(a.url, "http://"), a.url
	a.stop = sync.OnceValue(func() error { cancel(); return <-done })
	a.t.Cleanup(func() {
		if err := a.stop(); err != nil {
			a.t.Errorf("a stopped program must end without an error: %v", err)
		}
	})
}

// output keeps what the program prints.
type output struct {
	mu   sync.Mutex
	text bytes.Buffer
	seen chan struct{}
}

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	select {
	case o.seen <- struct{}{}:
	default:
	}
	return o.text.Write(p)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.String()
}

var opened = regexp.MustCompile(`(?m)^  open +(\S+)$`)

// wait returns the address that the program tells people to open.
func (o *output) wait(t *testing.T, done <-chan error) string {
	t.Helper()
	limit := time.After(20 * time.Second)
	for {
		if m := opened.FindStringSubmatch(o.String()); m != nil {
			return m[1]
		}
		select {
		case <-o.seen:
		case err := <-done:
			t.Fatalf("the program ended at its start: %v", err)
		case <-limit:
			t.Fatalf("the program did not say where it listens; it said:\n%s", o.String())
		}
	}
}

// finish lets Stripe come to an outcome, and waits until its webhooks are delivered.
func (a *app) finish(session, outcome string) {
	a.t.Helper()
	if err := a.sim.Finish(session, outcome); err != nil {
		a.t.Fatalf("finish session as %s: %v", outcome, err)
	}
	a.idle()
}

// idle waits until every webhook has been delivered.
func (a *app) idle() {
	a.t.Helper()
	ctx, cancel := context.WithTimeout(a.t.Context(), 10*time.Second)
	defer cancel()
	if err := a.sim.Idle(ctx); err != nil {
		a.t.Fatalf("webhooks must be delivered: %v", err)
	}
}

// sign is a Stripe-Signature header for the body, made at that time.
func sign(body, secret string, at time.Time) string {
	return webhook.GenerateTestSignedPayload(&webhook.UnsignedPayload{
		Payload: []byte(body), Secret: secret, Timestamp: at}).Header
}

// deliver posts a signed body to the webhook, as Stripe does.
func (a *app) deliver(body, secret string) answer {
	a.t.Helper()
	b := a.api()
	request := b.request("POST", "/webhook", strings.NewReader(body))
	request.Header.Set("Stripe-Signature", sign(body, secret, time.Now()))
	return b.send(request)
}

// rows runs a query on the program's database and returns each row as text, columns separated by |.
func (a *app) rows(query string, args ...any) []string {
	a.t.Helper()
	db, err := sql.Open("sqlite3", "file:"+a.database+"?mode=ro&_busy_timeout=5000")
	if err != nil {
		a.t.Fatal(err)
	}
	defer db.Close()
	rows, err := db.QueryContext(a.t.Context(), query, args...)
	if err != nil {
		a.t.Fatalf("%s: %v", query, err)
	}
	defer rows.Close()
	columns, err := rows.Columns()
	if err != nil {
		a.t.Fatal(err)
	}
	var list []string
	for rows.Next() {
		values, texts := make([]any, len(columns)), make([]string, len(columns))
		for i := range values {
			values[i] = new(any)
		}
		if err := rows.Scan(values...); err != nil {
			a.t.Fatal(err)
		}
		for i, v := range values {
			texts[i] = fmt.Sprint(*v.(*any))
		}
		list = append(list, strings.Join(texts, "|"))
	}
	if err := rows.Err(); err != nil {
		a.t.Fatal(err)
	}
	return list
}

// eventually waits until ok is true. It is for what happens outside a request.
func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	tick, limit := time.NewTicker(10*time.Millisecond), time.After(15*time.Second)
	defer tick.Stop()
	for !ok() {
		select {
		case <-tick.C:
		case <-limit:
			t.Fatalf("must happen in time: %s", what)
		}
	}
}
