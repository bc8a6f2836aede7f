// Identity starter verifies people with Stripe Identity and connects merchants'
// Stripe accounts. This package owns the start and the stop: settings, parts,
// server. What the app does is in handlers, store and gateway.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/signal"
	"runtime/debug"
	"strings"
	"sync"
	"syscall"
	"time"

	"example.com/identity-starter/flight"
	"example.com/identity-starter/gateway"
	"example.com/identity-starter/handlers"
	"example.com/identity-starter/outcomes"
	"example.com/identity-starter/static"
	"example.com/identity-starter/store"
	"example.com/identity-starter/templates"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second Ctrl-C ends the program at once
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(400) // the heap is a few megabytes: collecting it at every doubling took a tenth of the time
	}
	getenv, err := dotenv(".env", os.LookupEnv)
	switch {
	case err == nil:
		err = run(ctx, os.Args[1:], getenv, os.Stdout)
	case strings.Join(os.Args[1:], " ") == "doctor":
		err = diagnose(ctx, os.Getenv, err, os.Stdout)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// run is the program: it returns when ctx has ended and everything is stopped.
// Its error is for people to read, a problem a line.
func run(ctx context.Context, args []string, getenv func(string) string, stdout io.Writer) error {
	command := strings.Join(args, " ")
	user, forget, isRedact := redactArgs(args)
	switch command {
	case "", "reconcile", "reconcile -all":
	case "doctor":
		return diagnose(ctx, getenv, nil, stdout)
	default:
		if isRedact {
			break
		}
		return errors.New("usage: go run . [doctor | reconcile [-all] | " + redactUsage + "]   (settings come from the environment and .env; see README.md)")
	}
	c, err := loadConfig(getenv)
	if !store.BuiltWithCgo {
		err = errors.Join(err, store.ErrNoCgo)
	}
	if err != nil && c.secretKey == "" {
		err = errors.Join(err, errors.New("no Stripe account at hand? The demo needs none: go run ./demo"))
	}
	if err != nil {
		return err
	}
	if isRedact {
		return redact(ctx, c, user, forget, stdout)
	}
	if command != "" {
		return reconcile(ctx, c, command == "reconcile -all", stdout)
	}
	return serve(ctx, c, stdout)
}

// serve answers requests and does what follows from them until ctx ends.
func serve(ctx context.Context, c config, stdout io.Writer) error {
	listener, err := listen(ctx, &c)
	if err != nil {
		return err
	}
	defer listener.Close()
	p, err := openParts(ctx, c, stdout, newFlight(ctx, c))
	if err != nil {
		return err
	}
	defer p.db.Close()
	handler, err := newHandler(c, p)
	if err != nil {
		return err
	}
	actions := outcomes.Actions(p.db, p.stripe, p.record)
	if err := addMail(actions, store.ActionMail, c, p); err != nil {
		return err
	}
	background, stop := context.WithCancel(context.WithoutCancel(ctx))
	var workers sync.WaitGroup
	workers.Go(func() { outcomes.Work(background, p.db, p.log, actions) })
	workers.Go(func() { outcomes.Watch(background, p.db, p.stripe, p.record) })
	workers.Go(func() {
		outcomes.Reconciler{DB: p.db, Stripe: p.stripe, Record: p.record, Now: time.Now}.Retain(background, c.retentionDays)
	})
	// After the last request, which may leave work behind, and before the database is closed.
	defer workers.Wait()
	defer stop()

	announce(stdout, c, listener.Addr().String())
	return serveHTTP(ctx, listener, handler, p.log)
}

// parts are what every command needs.
type parts struct {
	db     *store.DB
	stripe *gateway.Client
	record *outcomes.Recorder
	log    *slog.Logger
	dev    http.Handler // nil: there is no /dev
}

func openParts(ctx context.Context, c config, logs io.Writer, recorder *flight.Recorder) (parts, error) {
	p, options := parts{}, gatewayOptions(c)
	var logged slog.Handler = slog.NewTextHandler(logs, &slog.HandlerOptions{Level: c.logLevel})
	var changed func(store.Change)
	if recorder != nil {
		p.dev, logged, options.Observe, changed = recorder, recorder.Log(logged), recorder.Call, recorder.Change
	}
	var err error
	if p.db, err = openDatabase(ctx, c, changed); err != nil {
		return p, err
	}
	p.log, p.stripe = slog.New(logged), gateway.New(options)
	p.record = outcomes.NewRecorder(p.db, c.live, p.log)
	return p, nil
}

// newFlight is the flight recorder, nil except on a developer's machine.
func newFlight(ctx context.Context, c config) *flight.Recorder {
	if c.live || !isLoopback(c.baseURL.Hostname()) {
		return nil
	}
	return flight.New(ctx, flight.Options{Address: c.baseURL.Host})
}

func gatewayOptions(c config) gateway.Options {
	return gateway.Options{
		SecretKey: c.secretKey, WebhookSecrets: c.webhookSecrets, ClientID: c.clientID,
		Check:       gateway.Check{Flow: c.verificationFlow, Selfie: c.matchingSelfie, LiveCapture: c.liveCamera},
		ReturnURL:   c.url("verification/return"),
		RedirectURL: c.url("connect/callback"),
		APIBase:     c.apiBase, ConnectBase: c.connectBase, RequestsPerSecond: c.stripePerSecond,
	}
}

// listen opens the port first: what is taken should be said before anything else happens.
func listen(ctx context.Context, c *config) (net.Listener, error) {
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", c.addr)
	if errors.Is(err, syscall.EADDRINUSE) {
		return nil, errors.New("ADDR: another program uses this port: stop it, or set ADDR and BASE_URL to another one")
	} else if err != nil {
		return nil, errors.New("ADDR: cannot listen there: use a host name or address of this machine and a port above 1023")
	}
	if c.baseURL == nil { // port 0: the system has chosen
		_, port, _ := net.SplitHostPort(listener.Addr().String())
		c.baseURL = &url.URL{Scheme: "http", Host: "localhost:" + port}
	}
	return listener, nil
}

func newHandler(c config, p parts) (http.Handler, error) {
	pages, err := templates.Load(templates.Brand{})
	files, problem := static.New(nil)
	if err = errors.Join(err, problem); err != nil {
		return nil, fmt.Errorf("load pages: %w", err)
	}
	return handlers.New(handlers.Settings{
		BaseURL: c.baseURL, Live: c.live, AppName: c.appName, SupportURL: c.supportURL, StripeJS: c.stripeJS && c.apiBase == "",
		RatePerMinute: c.ratePerMinute, Mail: c.mailOn(), AuthUserHeader: c.authUserHeader, TrustedProxies: c.trustedProxies, Static: files,
		Reviewers: c.reviewers, Dev: p.dev,
	}, p.db, p.stripe, p.record, pages, p.log), nil
}

func openDatabase(ctx context.Context, c config, changed func(store.Change)) (*store.DB, error) {
	db, err := store.Open(ctx, c.database, store.Options{
		Livemode: c.live, MaxAttempts: c.maxAttempts, MaxPerDay: c.maxPerDay, Mail: c.mailOn(), Compare: outcomes.CompareOutputs,
		TokenKey: c.tokenKey, Observe: changed})
	if err == nil {
		if err = db.CheckTokenKey(ctx); err == nil {
			return db, nil
		}
		err = errors.Join(err, db.Close())
	}
	switch {
	case errors.Is(err, store.ErrTokenKey):
		return nil, errors.New("TOKEN_KEY: is not the key with which the refresh tokens in the database were sealed: restore it, or unset it")
	case errors.Is(err, store.ErrNewer):
		return nil, errors.New("DATABASE_URL: the database was written by a newer version of this program: run that one, or restore a backup")
	case errors.Is(err, store.ErrNotDatabase):
		return nil, errors.New("DATABASE_URL: the file is not an SQLite database: choose another name")
	case errors.Is(err, store.ErrNotWritable):
		return nil, errors.New("DATABASE_URL: the file cannot be written: check that its folder exists, who owns it, and the free space")
	}
	return nil, fmt.Errorf("DATABASE_URL: %w", err)
}

// announce says in a few lines what is on, and what to do next. It never names a secret.
func announce(w io.Writer, c config, addr string) {
	mode, users, connect := "test mode", "anonymous, one for each browser", "off: set STRIPE_CLIENT_ID to turn it on"
	tokens := "not kept"
	if c.tokenKey != nil {
		tokens = "kept"
	}
	if c.live {
		mode = "LIVE mode"
	}
	if c.authUserHeader != "" {
		users = "from the header " + c.authUserHeader
	}
	if c.clientID != "" {
		connect = "on, refresh tokens " + tokens + ", redirect URI " + c.url("connect/callback")
	}
	fmt.Fprintf(w, "%s, %s\n", c.appName, mode)
	fmt.Fprintf(w, "  listening  %s\n  database   %s\n  users      %s, %d failed checks each\n  connect    %s\n", addr, c.database, users, c.maxAttempts, connect)
	announceExtras(w, extras(c))
	local := isLoopback(c.baseURL.Hostname())
	switch {
	case c.apiBase != "":
		fmt.Fprintf(w, "  stripe     simulated at %s\n", c.apiBase)
	case local:
		fmt.Fprintf(w, "  webhooks   run: stripe listen --forward-to %s/webhook\n", c.baseURL.Host)
	default:
		fmt.Fprintf(w, "  webhooks   at %s with %d secrets; `doctor` checks the endpoints at Stripe\n", c.url("webhook"), len(c.webhookSecrets))
	}
	if local && !c.live {
		fmt.Fprintf(w, "  watch      %s: each request, call to Stripe and webhook as it happens\n", c.url("dev"))
	}
	_, port, _ := net.SplitHostPort(addr)
	if isLoopback(c.baseURL.Hostname()) && c.baseURL.Port() != port {
		fmt.Fprintf(w, "  note       this listens on port %s, but BASE_URL, where people come back from Stripe, has another one\n", port)
	}
	fmt.Fprintf(w, "  open       %s\n", c.baseURL)
}
