package erase_test

import (
	"context"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"example.com/identity-starter/extras"
	"example.com/identity-starter/extras/erase"
	"example.com/identity-starter/gateway"
	"example.com/identity-starter/outcomes"
	"example.com/identity-starter/settings"
	"example.com/identity-starter/store"
	"example.com/identity-starter/tests"
)

// asked is when Stripe was asked to redact, whoever did.
type asked struct {
	mu sync.Mutex
	at []time.Time
}

func (a *asked) note(c gateway.Call) {
	if strings.HasSuffix(c.Path, "/redact") {
		a.mu.Lock()
		defer a.mu.Unlock()
		a.at = append(a.at, time.Now())
	}
}

// eraser is one of several programs on a database.
func eraser(t *testing.T, database, stripe string, a *asked) outcomes.Parts {
	t.Helper()
	log := slog.New(slog.DiscardHandler)
	db := open(t, database, store.Options{})
	return outcomes.Parts{DB: db, Log: log, Record: outcomes.NewRecorder(db, false, nil, log),
		Stripe: gateway.New(gateway.Options{SecretKey: "sk_test_simulator", APIBase: stripe, ConnectBase: stripe,
			ReturnURL: "http://localhost:4242/verification/return", Observers: []func(gateway.Call){a.note}})}
}

// Of all programs on a database one has Stripe redact, each session once, and no faster than one program does.
func TestOneErasesForAll(t *testing.T) {
	_, stripe := tests.OutsideBubble(t)
	database := tests.Database(t)
	synctest.Test(t, func(t *testing.T) {
		var a asked
		programs := []outcomes.Parts{eraser(t, database, stripe, &a), eraser(t, database, stripe, &a)}
		p := programs[0]
		for _, user := range []string{"ann", "bob", "cid", "dan", "eve", "fay"} {
			v, err := p.DB.Begin(t.Context(), user, "", store.Made{})
			if err != nil {
				t.Fatal(err)
			}
			session, err := p.Stripe.CreateSession(t.Context(), gateway.NewSession{IdempotencyKey: v.IdempotencyKey(), Reference: v.ID, UserID: user})
			if _, e := p.Record.Answer(t.Context(), v, session, err); e != nil {
				t.Fatal(e)
			}
			if err := erase.Want(t.Context(), p.DB, user, 0, erase.Everything, true); err != nil {
				t.Fatal(err)
			}
		}
		ctx, stop := context.WithTimeout(t.Context(), time.Minute)
		defer stop()
		var all sync.WaitGroup
		for _, p := range programs {
			e := erase.New(extras.Program{Settings: settings.New(func(string) string { return "" })})
			all.Go(func() { e.Work(ctx, p) })
		}
		all.Wait()
		if slices.SortFunc(a.at, time.Time.Compare); len(a.at) != 6 {
			t.Fatalf("Stripe must be asked about each of six sessions once, got %d", len(a.at))
		}
		for i := 1; i < len(a.at); i++ {
			if between := a.at[i].Sub(a.at[i-1]); between < time.Second/2 {
				t.Errorf("two programs must not ask faster than one, got two in %v", between)
			}
		}
	})
}
