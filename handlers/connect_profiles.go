package handlers

import (
	"context"
	"errors"
	"sync"
	"time"

	"example.com/identity-starter/gateway"
	"example.com/identity-starter/store"
	"example.com/identity-starter/templates"
)

const (
	profileLifetime = time.Minute
	profileWait     = 3 * time.Second // the page does not wait longer for Stripe
	profilesKept    = 1000
)

// profiles remembers for a minute what Stripe says of connected accounts.
type profiles struct {
	mu   sync.Mutex
	byID map[string]profile
}

type profile struct {
	templates.Account
	expires time.Time
}

// cached is what is known of the account without asking.
func (p *profiles) cached(id string) templates.Account {
	p.mu.Lock()
	defer p.mu.Unlock()
	if got := p.byID[id]; time.Now().Before(got.expires) {
		return got.Account
	}
	return templates.Account{ID: id}
}

// keep remembers the account; one that is not known is forgotten, so that the next
// page asks Stripe again.
func (p *profiles) keep(a templates.Account) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.byID == nil || len(p.byID) >= profilesKept {
		p.byID = map[string]profile{} // a page of accounts is cheap to ask again
	}
	p.byID[a.ID] = profile{a, time.Now().Add(profileLifetime)}
}

// profilesOf asks about all accounts at once; those that Stripe does not answer for in time are not known.
func (w *Web) profilesOf(ctx context.Context, accounts []store.Account) []templates.Account {
	ctx, cancel := context.WithTimeout(ctx, profileWait)
	defer cancel()
	list := make([]templates.Account, len(accounts))
	var wait sync.WaitGroup
	for i, a := range accounts {
		wait.Go(func() { list[i] = w.profile(ctx, a.ID) })
	}
	wait.Wait()
	return list
}

func (w *Web) profile(ctx context.Context, id string) templates.Account {
	account := w.profiles.cached(id)
	if account.Known {
		return account
	}
	got, err := w.Stripe.ConnectedAccount(ctx, id)
	revoked := errors.Is(err, gateway.ErrRevoked) // shown, never recorded: a wrong key gets the same answer for every account
	if err != nil && !revoked {
		w.Log.WarnContext(ctx, "connected account cannot be read", "account", id, "error", err)
		return account
	}
	account = templates.Account{ID: id, Name: got.Name, Known: true, Charges: got.Charges, Payouts: got.Payouts, Revoked: revoked}
	w.profiles.keep(account)
	return account
}
