// Package tests has the whole program as stories, through app and the simulated
// Stripe, with a Team of its own and no extras. Its ordinary files are the harness,
// which the tests of extras and of docs use, too; the program never does.
package tests

import (
	"context"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stripe/stripe-go/v82/webhook"

	"example.com/identity-starter/app"
	"example.com/identity-starter/extras"
	"example.com/identity-starter/outcomes"
	"example.com/identity-starter/settings"
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
	Team     app.NewTeam
	Stop     func() error // ends the program and returns what app.Run returned
	parts    chan outcomes.Parts
}

// Team is as good as any: it logs what happens, which stories look for, and has
// nothing of anybody's own, so that the stories are the same whatever a team writes.
func Team(*settings.Reader) app.Team { return app.Team{Outcome: logOutcome} }

// With is Team with extras.
func With(list ...extras.New) app.NewTeam {
	return func(*settings.Reader) app.Team { return app.Team{Outcome: logOutcome, Extras: list} }
}

func logOutcome(ctx context.Context, log *slog.Logger, o outcomes.Outcome) error {
	log.InfoContext(ctx, "outcome", "what", o.What, "user", o.UserID, "object", o.ObjectID, "code", o.Code)
	return nil
}

// Start runs the program against a simulator of its own. Settings are NAME=value
// and come on top of those that a test needs.
func Start(t *testing.T, settings ...string) *App {
	t.Helper()
	return StartWith(t, stripesim.Config{}, settings...)
}

// StartWith is Start with a simulator that is set up otherwise.
func StartWith(t *testing.T, config stripesim.Config, settings ...string) *App {
	t.Helper()
	return start(t, Team, config, settings...)
}

// StartTeam is Start with another team.
func StartTeam(t *testing.T, team app.NewTeam, settings ...string) *App {
	t.Helper()
	return start(t, team, stripesim.Config{}, settings...)
}

// StartTeamWith is StartTeam with a simulator that is set up otherwise.
func StartTeamWith(t *testing.T, team app.NewTeam, config stripesim.Config, settings ...string) *App {
	t.Helper()
	return start(t, team, config, settings...)
}

// StartBeside starts another program of the same kind, with a database of its own, on the same account at Stripe.
func StartBeside(a *App, settings ...string) *App {
	a.T.Helper()
	return startAt(a.T, Team, a.Sim, settings...)
}

func start(t *testing.T, team app.NewTeam, config stripesim.Config, settings ...string) *App {
	t.Helper()
	if config.RetryAfter == nil {
		config.RetryAfter = []time.Duration{10 * time.Millisecond, 50 * time.Millisecond, 200 * time.Millisecond}
	}
	sim, err := stripesim.Start(config)
	if err != nil {
		t.Fatalf("start simulator: %v", err)
	}
	t.Cleanup(sim.Close)
	return startAt(t, team, sim, settings...)
}

func startAt(t *testing.T, team app.NewTeam, sim *stripesim.Sim, settings ...string) *App {
	t.Helper()
	a := &App{T: t, Sim: sim, Database: Database(t), Settings: map[string]string{
		"STRIPE_SECRET_KEY": "sk_test_simulator", "STRIPE_CLIENT_ID": "ca_simulator",
		"STRIPE_WEBHOOK_SECRET": PlatformSecret + "," + ConnectSecret,
		"STRIPE_API_BASE":       sim.URL(), "STRIPE_CONNECT_BASE": sim.ConnectURL(),
		"ADDR": "localhost:0", "RATE_LIMIT_PER_MINUTE": "0", "STRIPE_REQUESTS_PER_SECOND": "0",
	}}
	a.Settings["DATABASE_URL"] = a.Database
	a.Set(settings...)
	a.Team = a.watched(team)
	before := len(sim.Requests())
	a.Run()
	sim.AddEndpoint(stripesim.Endpoint{URL: a.URL + "/webhook", Secret: PlatformSecret, Events: []string{"*",
		"identity.verification_session.redacted"}})
	sim.AddEndpoint(stripesim.Endpoint{URL: a.URL + "/webhook", Secret: ConnectSecret, Connect: true})
	// What the program does by itself at its start must not get in a test's way.
	Eventually(t, "the program asks for the events and sessions that it has missed", func() bool {
		return slices.ContainsFunc(sim.Requests()[before:], listsSessions)
	})
	return a
}

// Asked are the requests that Stripe got for somebody's sake.
func (a *App) Asked() []stripesim.Request { return slices.DeleteFunc(a.Sim.Requests(), IsBackground) }

// IsBackground recognises what the program asks by itself at its start.
func IsBackground(r stripesim.Request) bool { return r.Path == "/v1/events" || listsSessions(r) }

func listsSessions(r stripesim.Request) bool {
	return r.Method == "GET" && r.Path == SessionsPath && r.Form.Has("created[gte]")
}

// Getenv finds the program's settings.
func (a *App) Getenv(name string) string { return a.Settings[name] }

// Command runs one of the program's commands beside it, and returns what it printed.
func (a *App) Command(args ...string) (string, error) {
	a.T.Helper()
	out := NewOutput()
	err := app.Run(a.T.Context(), args, settings.New(a.Getenv), a.Team, out)
	return out.String(), err
}

// Set changes settings for the next Run, NAME=value.
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
	select {
	case <-a.parts: // of the program that has ended
	default:
	}
	a.Out = NewOutput()
	done := make(chan error, 1)
	go func() { done <- app.Run(ctx, nil, settings.New(a.Getenv), a.Team, a.Out) }()
	a.URL = a.Out.Wait(a.T, done)
	a.Settings["ADDR"], a.Settings["BASE_URL"] = strings.TrimPrefix(a.URL, "http://"), a.URL
	a.Stop = sync.OnceValue(func() error {
		cancel()
		defer http.DefaultClient.CloseIdleConnections() // on one of these a browser would not repeat a POST
		return <-done
	})
	a.T.Cleanup(func() {
		if err := a.Stop(); err != nil {
			a.T.Errorf("a stopped program must end without an error: %v", err)
		}
	})
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

// Says waits until the program's output, its log, has the text.
func (a *App) Says(text string) {
	a.T.Helper()
	Eventually(a.T, "the program says "+text, func() bool { return strings.Contains(a.Out.String(), text) })
}

// Announces checks what the start prints.
func (a *App) Announces(t *testing.T, want string) {
	t.Helper()
	Eventually(t, "the start says "+want, func() bool { return strings.Contains(a.Out.String(), want) })
}
