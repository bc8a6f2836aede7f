package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"sync"
	"syscall"
	"time"
)

// drainTime is how long requests under way may take to finish after a signal.
const drainTime = 15 * time.Second

// serve answers requests and does what follows from them until ctx ends.
func (p *program) serve(ctx context.Context, stdout io.Writer) error {
	listener, err := p.listen(ctx)
	if err != nil {
		return err
	}
	defer listener.Close()
	a, err := p.start(ctx, stdout)
	if err != nil {
		return err
	}
	p.announce(stdout, listener.Addr().String())
	return errors.Join(serveHTTP(ctx, listener, a, slog.New(slog.NewTextHandler(stdout, nil))), a.Close())
}

// serveHTTP answers requests until ctx ends, then lets the requests under way finish.
func serveHTTP(ctx context.Context, listener net.Listener, handler http.Handler, log *slog.Logger) error {
	unused := &unusedConns{conns: map[net.Conn]bool{}}
	server := &http.Server{
		Handler:           handler,
		ReadHeaderTimeout: 5 * time.Second,
		ReadTimeout:       15 * time.Second,
		WriteTimeout:      40 * time.Second, // above the time that calls to Stripe may take
		IdleTimeout:       2 * time.Minute,
		MaxHeaderBytes:    32 << 10,
		ConnState:         unused.track,
		ErrorLog:          slog.NewLogLogger(log.Handler(), slog.LevelWarn),
	}
	failed := make(chan error, 1)
	go func() { failed <- server.Serve(listener) }()
	select {
	case err := <-failed:
		return fmt.Errorf("serve: %w", err)
	case <-ctx.Done():
	}
	drain, cancel := context.WithTimeout(context.WithoutCancel(ctx), drainTime)
	defer cancel()
	unused.close()
	if err := server.Shutdown(drain); err != nil {
		return errors.Join(fmt.Errorf("stop: requests were still under way after %v: %w", drainTime, err), server.Close())
	}
	return nil
}

// unusedConns are connections on which nothing was ever asked. Browsers keep some
// in reserve, and Shutdown would wait five seconds for them.
type unusedConns struct {
	mu      sync.Mutex
	conns   map[net.Conn]bool
	closing bool
}

func (u *unusedConns) track(c net.Conn, state http.ConnState) {
	u.mu.Lock()
	defer u.mu.Unlock()
	switch {
	case state != http.StateNew:
		delete(u.conns, c)
	case u.closing:
		_ = c.Close() // nobody has asked anything on it
	default:
		u.conns[c] = true
	}
}

func (u *unusedConns) close() {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.closing = true
	for c := range u.conns {
		_ = c.Close()
	}
}

// listen opens the port first: what is taken should be said before anything else happens.
func (p *program) listen(ctx context.Context) (net.Listener, error) {
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", p.addr)
	if errors.Is(err, syscall.EADDRINUSE) {
		return nil, errors.New("ADDR: another program uses this port: stop it, or set ADDR and BASE_URL to another one")
	} else if err != nil {
		return nil, errors.New("ADDR: cannot listen there: use a host name or address of this machine and a port above 1023")
	}
	if p.web.BaseURL == nil { // port 0: the system has chosen
		_, port, _ := net.SplitHostPort(listener.Addr().String())
		p.isAt(&url.URL{Scheme: "http", Host: "localhost:" + port})
	}
	return listener, nil
}
