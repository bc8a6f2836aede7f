package handlers

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"example.com/identity-starter/gateway"
	"example.com/identity-starter/store"
)

const (
	profileLifetime = time.Minute
	profileWait     = 3 * time.Second // the page does not wait longer for Stripe
	profilesKept    = 1000
)

// profile is what Stripe says of a connected account.
type profile struct {
	gateway.Account
	known   bool // Stripe answered
	revoked bool // shown, never recorded: a wrong key gets the same answer for every account
	expires time.Time
}

// profiles remembers accounts' profiles for a minute.
type profiles struct {
	stripe *gateway.Client
	log    *slog.Logger
	mu     sync.Mutex
	byID   map[string]profile
}

func newProfiles(stripe *gateway.Client, log *slog.Logger) *profiles {
	return &profiles{stripe: stripe, log: log, byID: map[string]profile{}}
}

// of asks about all accounts at once; those that Stripe does not answer for in time are not known.
func (p *profiles) of(ctx context.Context, accounts []store.Account) []profile {
	ctx, cancel := context.WithTimeout(ctx, profileWait)
	defer cancel()
	list := make([]profile, len(accounts))
	var wait sync.WaitGroup
	for i, a := range accounts {
		wait.Go(func() { list[i] = p.one(ctx, a.ID) })
	}
	wait.Wait()
	return list
}

func (p *profiles) one(ctx context.Context, id string) profile {
	if cached := p.cached(id); cached.known {
		return cached
	}
	got, err := p.stripe.ConnectedAccount(ctx, id)
	fresh := profile{Account: got, known: true, revoked: errors.Is(err, gateway.ErrRevoked), expires: time.Now().Add(profileLifetime)}
	if err != nil && !fresh.revoked {
		p.log.WarnContext(ctx, "connected account cannot be read", "account", id, "error", err)
		return profile{}
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.byID) >= profilesKept {
		clear(p.byID) // a page of accounts is cheap to ask again
	}
	p.byID[id] = fresh
	return fresh
}

// cached is what is known of the account without asking.
func (p *profiles) cached(id string) profile {
	p.mu.Lock()
	defer p.mu.Unlock()
	if got := p.byID[id]; time.Now().Before(got.expires) {
		return got
	}
	return profile{}
}

// forget makes the next page ask Stripe again.
func (p *profiles) forget(id string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.byID, id)
}
