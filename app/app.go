// Package app is the program: settings, commands, start and stop. New makes it for
// another Go program, as an http.Handler with its workers; Main is the program of
// this module. What the app does is in handlers, outcomes and store.
package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"runtime/debug"
	"sync"
	"time"

	"example.com/identity-starter/gateway"
	"example.com/identity-starter/handlers"
	"example.com/identity-starter/outcomes"
	"example.com/identity-starter/settings"
	"example.com/identity-starter/static"
	"example.com/identity-starter/templates"
)

// App is the app, started: it answers requests under the host of BASE_URL, and does
// in the background what follows from them.
type App struct {
	http.Handler
	log   *slog.Logger
	close func() error
}

// New starts the app with the settings that getenv finds, but for a server: ADDR and
// PORT are not read, and BASE_URL is needed. Log lines go to log. When ctx ends, answers
// that would stay open end; the rest goes on until Close. The error is for people to
// read, a problem a line.
func New(ctx context.Context, getenv func(string) string, newTeam NewTeam, log io.Writer) (*App, error) {
	p, err := load(settings.New(func(name string) string {
		if name == "ADDR" {
			return "localhost:0"
		}
		return getenv(name)
	}), newTeam)
	if err == nil && p.web.BaseURL == nil {
		err = errors.New("BASE_URL: is needed: the address under which people reach the program that serves the app")
	}
	if err != nil {
		return nil, err
	}
	return p.start(ctx, log)
}

// Close ends the workers, whose work stays for the next start, and closes the
// database. Call it once the last request has ended; again, it does nothing.
func (a *App) Close() error { return a.close() }

// start opens what the program consists of, and starts its workers.
func (p *program) start(ctx context.Context, log io.Writer) (*App, error) {
	var err error
	if p.web.Static, err = static.New(p.team.Brand.Files, p.statics...); err != nil {
		return nil, fmt.Errorf("load static files: %w", err)
	}
	parts, pages, err := p.open(ctx, log)
	if err != nil {
		return nil, err
	}
	p.web.StripeJS = p.web.StripeJS && p.gateway.APIBase == "" // the simulator has none
	stopping, closing := context.WithCancel(ctx)
	handler, err := handlers.New(p.web, parts, pages, stopping.Done(), p.routes...)
	if err != nil {
		closing()
		return nil, errors.Join(err, parts.DB.Close())
	}
	background, stop := context.WithCancel(context.WithoutCancel(ctx))
	var workers sync.WaitGroup
	workers.Go(func() { outcomes.Work(background, parts, p.consumers) })
	workers.Go(func() { outcomes.Watch(background, parts) })
	for _, e := range p.extras {
		if e.Work != nil {
			work := harmless(parts.Log, e.Name, "an extra works no more until the next start", func(ctx context.Context) { e.Work(ctx, parts) })
			workers.Go(func() { work(background) })
		}
	}
	return &App{Handler: handler, log: parts.Log, close: sync.OnceValue(func() error {
		closing()
		stop()
		ended := make(chan struct{})
		go func() { workers.Wait(); close(ended) }()
		select {
		case <-ended:
		case <-time.After(drainTime):
			parts.Log.ErrorContext(ctx, "what an extra does in the background does not end: the program stops without it")
		}
		return parts.DB.Close()
	})}, nil
}

const untold = "an extra cannot be told what happens"

// harmless is what an extra does where a panic would end the program: it ends that alone, and the log says so.
func harmless[T any](log *slog.Logger, extra, panicked string, do func(T)) func(T) {
	return func(what T) {
		defer func() {
			if p := recover(); p != nil {
				log.Error(panicked, "extra", extra, "error", fmt.Sprintf("panic: %v\n%s", p, debug.Stack()))
			}
		}()
		do(what)
	}
}

// open opens the database and makes what every command needs.
func (p *program) open(ctx context.Context, log io.Writer) (outcomes.Parts, *templates.Set, error) {
	pages, err := templates.Load(p.team.Brand, p.files...)
	if err != nil {
		return outcomes.Parts{}, nil, fmt.Errorf("load pages: %w", err)
	}
	var logged slog.Handler = slog.NewTextHandler(log, &slog.HandlerOptions{Level: p.logLevel})
	for _, e := range p.extras {
		if e.Watch.Log != nil {
			logged = e.Watch.Log(logged)
		}
	}
	for _, e := range p.extras {
		if e.Watch.Call != nil {
			p.gateway.Observers = append(p.gateway.Observers, harmless(slog.New(logged), e.Name, untold, e.Watch.Call))
		}
		if e.Watch.Change != nil {
			p.store.Observers = append(p.store.Observers, harmless(slog.New(logged), e.Name, untold, e.Watch.Change))
		}
	}
	parts := outcomes.Parts{Log: slog.New(logged), Stripe: gateway.New(p.gateway), BaseURL: p.web.BaseURL,
		Words: func(lang string) (string, func(string, ...string) string) {
			found := pages.Match(lang, "")
			return found, func(key string, args ...string) string { return pages.T(found, key, args...) }
		}}
	p.store.Lost = func(err error) {
		parts.Log.ErrorContext(ctx, "nothing is recorded any more until the next start", "error", err)
	}
	if parts.DB, err = p.openDatabase(ctx); err != nil {
		return outcomes.Parts{}, nil, err
	}
	parts.Record = outcomes.NewRecorder(parts.DB, p.web.Live, p.gateway.OwnEvents, parts.Log)
	return parts, pages, nil
}
