// Package stripesim imitates, over HTTP on loopback, the part of Stripe that a merchant-side app for Identity and
// Connect OAuth uses: verification sessions and reports, events, accounts, webhook endpoints and their signed
// deliveries, the OAuth endpoints, and the two hosted pages on which a person clicks.
//
// It keeps state, so that a whole journey can be driven through it, and it can be told to misbehave. It holds no
// document, checks nobody, and never contacts anything but loopback. It is for tests and for the demo; nothing here
// may end up in a program that talks to the real Stripe.
package stripesim

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"time"
)

// Sim is a running simulator. All its methods may be called from several goroutines at once.
type Sim struct {
	cfg     Config
	log     *slog.Logger
	api     site
	connect site
	client  *http.Client // sends webhooks
	ctx     context.Context
	cancel  context.CancelFunc
	tasks   sync.WaitGroup

	mu     sync.Mutex // guards everything below and is never held during input or output
	closed bool
	identity
	oauth
	webhooks
	traffic
}

// site is one of the two origins that the simulator serves.
type site struct {
	url    string
	server *http.Server
}

// Start opens both listeners and serves until Close. It fails when an address is not on loopback or is taken.
func Start(cfg Config) (*Sim, error) {
	cfg = cfg.withDefaults()
	apiListener, apiURL, err := listenLoopback(cfg.Addr)
	if err != nil {
		return nil, fmt.Errorf("listen for the API: %w", err)
	}
	connectListener, connectURL, err := listenLoopback(cfg.ConnectAddr)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("listen for Connect: %w", err), apiListener.Close())
	}
	// The simulator outlives the call that starts it, so its context ends with Close and not with the caller's.
	ctx, cancel := context.WithCancel(context.Background())
	s := &Sim{
		cfg: cfg, log: cfg.Log, ctx: ctx, cancel: cancel, client: newWebhookClient(),
		api: site{url: apiURL}, connect: site{url: connectURL},
		identity: newIdentity(), oauth: newOAuth(cfg), webhooks: newWebhooks(), traffic: newTraffic(),
	}
	s.api.server = s.serve(apiListener, s.apiRoutes())
	s.connect.server = s.serve(connectListener, s.connectRoutes())
	return s, nil
}

func (s *Sim) serve(l net.Listener, h http.Handler) *http.Server {
	srv := &http.Server{
		Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if !s.enter() {
				panic(http.ErrAbortHandler)
			}
			defer s.tasks.Done()
			h.ServeHTTP(w, r)
		}),
		// No ReadTimeout: it would end the context of a call that a fault keeps hanging.
		ReadHeaderTimeout: 10 * time.Second,
		BaseContext:       func(net.Listener) context.Context { return s.ctx },
		ErrorLog:          slog.NewLogLogger(s.log.Handler(), slog.LevelDebug),
	}
	s.spawn(func() { _ = srv.Serve(l) }) // always returns http.ErrServerClosed, after Close
	return srv
}

// URL is the origin of the API and of the hosted pages, to be used in the place of https://api.stripe.com.
func (s *Sim) URL() string { return s.api.url }

// ConnectURL is the origin of the OAuth endpoints, to be used in the place of https://connect.stripe.com.
func (s *Sim) ConnectURL() string { return s.connect.url }

// Close stops listeners, deliveries and retries, lets go of hung requests, and waits until all of them are gone.
// Calling it again does nothing.
func (s *Sim) Close() {
	s.mu.Lock()
	s.closed = true
	s.mu.Unlock()
	s.cancel()
	_ = s.api.server.Close() // only reports listeners that were closed before
	_ = s.connect.server.Close()
	s.tasks.Wait()
	s.client.CloseIdleConnections()
}

// enter counts one more task, which the caller ends, unless the simulator is closed. The check of closed keeps Add
// from racing with Wait.
func (s *Sim) enter() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.closed {
		s.tasks.Add(1)
	}
	return !s.closed
}

// spawn runs f in a goroutine that Close waits for. After Close it does nothing.
func (s *Sim) spawn(f func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.spawnLocked(f)
}

// spawnLocked is spawn for callers that hold mu.
func (s *Sim) spawnLocked(f func()) {
	if s.closed {
		return
	}
	s.tasks.Add(1)
	go func() {
		defer s.tasks.Done()
		f()
	}()
}

// pause waits for d and reports whether it was not interrupted by Close or by ctx.
func (s *Sim) pause(ctx context.Context, d time.Duration) bool {
	if d <= 0 {
		return ctx.Err() == nil && s.ctx.Err() == nil
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
		return false
	case <-s.ctx.Done():
		return false
	}
}

// now is the simulator's clock in Stripe's resolution of a second.
func (s *Sim) now() time.Time { return s.cfg.Now().Truncate(time.Second) }

// livemode reports whether the configured key is a live key.
func (s *Sim) livemode() bool { return keyMode(s.cfg.SecretKey) == "live" }
