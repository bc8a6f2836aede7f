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
	PlatformSecret = "whsec_simulator"
	ConnectSecret  = "whsec_simulator_connect"
)

// App is the whole program, started by run on a free port, and the simulated
// Stripe that it talks to.
type App struct {
	T        *testing.T
	URL      string
	Sim      *stripesim.Sim
	Database string
	Out      *Output
	Settings map[string]string
	Stop     func() error // ends the program and returns what run returned
}

// Start runs the program against a simulator of its own. Settings are NAME=value
// and come on top of those that a test needs.
func Start(t *testing.T, settings ...string) *App {
	t.Helper()
	return StartWith(t, stripesim.Config{}, settings...)
}

func StartWith(t *testing.T, config stripesim.Config, settings ...string) *App {
	t.Helper()
	if config.RetryAfter == nil {
		config.RetryAfter = []time.Duration{10 * time.Millisecond, 50 * time.Millisecond, 200 * time.Millisecond}
	}
	sim, err := stripesim.Start(config)
	if err != nil {
		t.Fatalf("start simulator: %v", err)
	}
	t.Cleanup(sim.Close)
	a := &App{T: t, Sim: sim, Database: filepath.Join(t.TempDir(), "starter.db"), Settings: map[string]string{
		"STRIPE_SECRET_KEY": "sk_test_simulator", "STRIPE_CLIENT_ID": "ca_simulator",
		"STRIPE_WEBHOOK_SECRET": PlatformSecret + "," + ConnectSecret,
		"STRIPE_API_BASE":       sim.URL(), "STRIPE_CONNECT_BASE": sim.ConnectURL(),
		"ADDR": "localhost:0", "RATE_LIMIT_PER_MINUTE": "0", "STRIPE_REQUESTS_PER_SECOND": "0",
	}}
	a.Settings["DATABASE_URL"] = a.Database
	a.Set(settings...)
	a.Run()
	sim.AddEndpoint(stripesim.Endpoint{URL: a.URL + "/webhook", Secret: PlatformSecret, Events: []string{"*",
		"identity.verification_session.redacted"}})
	sim.AddEndpoint(stripesim.Endpoint{URL: a.URL + "/webhook", Secret: ConnectSecret, Connect: true})
	// What the program does by itself at its start must not get in a test's way.
	Eventually(t, "the program asks for the events that it has missed", func() bool {
		return slices.ContainsFunc(sim.Requests(), IsBackground)
	})
	return a
}

// Asked are the requests that Stripe got for somebody's sake.
func (a *App) Asked() []stripesim.Request { return slices.DeleteFunc(a.Sim.Requests(), IsBackground) }

// IsBackground recognises what the program asks by itself at its start.
func IsBackground(r stripesim.Request) bool { return r.Path == "/v1/events" }

func (a *App) Set(settings ...string) {
	for _, s := range settings {
		name, value, _ := strings.Cut(s, "=")
		a.Settings[name] = value
	}
}

// Run starts the program (again), on the address that it had before.
func (a *App) Run() {
	a.T.Helper()
	ctx, cancel := context.WithCancel(context.WithoutCancel(a.T.Context()))
	a.Out = NewOutput()
	done := make(chan error, 1)
	go func() { done <- run(ctx, nil, func(name string) string { return a.Settings[name] }, a.Out) }()
	a.URL = a.Out.Wait(a.T, done)
	a.Settings["ADDR"], a.Settings["BASE_URL"] = strings.TrimPrefix(a.URL, "http://"), a.URL
	a.Stop = sync.OnceValue(func() error { cancel(); return <-done })
	a.T.Cleanup(func() {
		if err := a.Stop(); err != nil {
			a.T.Errorf("a stopped program must end without an error: %v", err)
		}
	})
}

// Output keeps what the program prints.
type Output struct {
	mu   sync.Mutex
	text bytes.Buffer
	seen chan struct{}
}

// NewOutput is an output in which nothing has been printed yet.
func NewOutput() *Output { return &Output{seen: make(chan struct{}, 1)} }

func (o *Output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	select {
	case o.seen <- struct{}{}:
	default:
	}
	return o.text.Write(p)
}

func (o *Output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.String()
}

var Opened = regexp.MustCompile(`(?m)^  open +(\S+)$`)

// Wait returns the address that the program tells people to open.
func (o *Output) Wait(t *testing.T, done <-chan error) string {
	t.Helper()
	limit := time.After(20 * time.Second)
	for {
		if m := Opened.FindStringSubmatch(o.String()); m != nil {
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

// Finish lets Stripe come to an outcome, and waits until its webhooks are delivered.
func (a *App) Finish(session, outcome string) {
	a.T.Helper()
	if err := a.Sim.Finish(session, outcome); err != nil {
		a.T.Fatalf("finish session as %s: %v", outcome, err)
	}
	a.Idle()
}

// Idle waits until every webhook has been delivered.
func (a *App) Idle() {
	a.T.Helper()
	ctx, cancel := context.WithTimeout(a.T.Context(), 10*time.Second)
	defer cancel()
	if err := a.Sim.Idle(ctx); err != nil {
		a.T.Fatalf("webhooks must be delivered: %v", err)
	}
}

// Sign is a Stripe-Signature header for the body, made at that time.
func Sign(body, secret string, at time.Time) string {
	return webhook.GenerateTestSignedPayload(&webhook.UnsignedPayload{
		Payload: []byte(body), Secret: secret, Timestamp: at}).Header
}

// Deliver posts a signed body to the webhook, as Stripe does.
func (a *App) Deliver(body, secret string) Answer {
	a.T.Helper()
	b := a.API()
	request := b.Request("POST", "/webhook", strings.NewReader(body))
	request.Header.Set("Stripe-Signature", Sign(body, secret, time.Now()))
	return b.Send(request)
}

// Rows runs a query on the program's database and returns each row as text, columns separated by |.
func (a *App) Rows(query string, args ...any) []string {
	a.T.Helper()
	db, err := sql.Open("sqlite3", "file:"+a.Database+"?mode=ro&_busy_timeout=5000")
	if err != nil {
		a.T.Fatal(err)
	}
	defer db.Close()
	rows, err := db.QueryContext(a.T.Context(), query, args...)
	if err != nil {
		a.T.Fatalf("%s: %v", query, err)
	}
	defer rows.Close()
	columns, err := rows.Columns()
	if err != nil {
		a.T.Fatal(err)
	}
	var list []string
	for rows.Next() {
		values, texts := make([]any, len(columns)), make([]string, len(columns))
		for i := range values {
			values[i] = new(any)
		}
		if err := rows.Scan(values...); err != nil {
			a.T.Fatal(err)
		}
		for i, v := range values {
			texts[i] = fmt.Sprint(*v.(*any))
		}
		list = append(list, strings.Join(texts, "|"))
	}
	if err := rows.Err(); err != nil {
		a.T.Fatal(err)
	}
	return list
}

// Eventually waits until ok is true. It is for what happens outside a request.
func Eventually(t *testing.T, what string, ok func() bool) {
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

// Announces checks what the start prints.
func (a *App) Announces(t *testing.T, want string) {
	t.Helper()
	Eventually(t, "the start says "+want, func() bool { return strings.Contains(a.Out.String(), want) })
}
