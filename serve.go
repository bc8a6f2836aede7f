package main

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

// drainTime is how long requests under way may take to finish after a signal.
const drainTime = 15 * time.Second

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
