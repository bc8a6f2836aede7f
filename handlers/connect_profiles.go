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
	mu    sync.Mutex
	known map[connection]profile
}

// connection is what is remembered of: not an account, which may have been connected again since.
type connection struct {
	id         string
	generation int64
}

type profile struct {
	templates.Account
	expires time.Time
}

// cached is what is known of the account without asking.
func (p *profiles) cached(a store.Account) templates.Account {
	p.mu.Lock()
	defer p.mu.Unlock()
	if got := p.known[connection{a.ID, a.Generation}]; time.Now().Before(got.expires) {
		return got.Account
	}
	return templates.Account{ID: a.ID}
}

func (p *profiles) keep(a store.Account, says templates.Account) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.known == nil || len(p.known) >= profilesKept {
		p.known = map[connection]profile{} // a page of accounts is cheap to ask again
	}
	p.known[connection{a.ID, a.Generation}] = profile{says, time.Now().Add(profileLifetime)}
}

// profilesOf asks about all accounts at once; those that Stripe does not answer for in time are not known.
func (w *Web) profilesOf(ctx context.Context, accounts []store.Account) []templates.Account {
	ctx, cancel := context.WithTimeout(ctx, profileWait)
	defer cancel()
	list := make([]templates.Account, len(accounts))
	var wait sync.WaitGroup
	for i, a := range accounts {
		wait.Go(func() { list[i] = w.profile(ctx, a) })
	}
	wait.Wait()
	return list
}

func (w *Web) profile(ctx context.Context, a store.Account) templates.Account {
	account := w.profiles.cached(a)
	if account.Known {
		return account
	}
	got, err := w.Stripe.ConnectedAccount(ctx, a.ID)
	revoked := errors.Is(err, gateway.ErrRevoked)
	if err != nil && !revoked {
		w.Log.WarnContext(ctx, "connected account cannot be read", "account", a.ID, "error", err)
		return account
	}
	account = templates.Account{ID: a.ID, Name: got.Name, Known: true, Charges: got.Charges, Payouts: got.Payouts, Revoked: revoked}
	if revoked {
		account.Ended = w.endRevoked(ctx, a)
	}
	w.profiles.keep(a, account)
	return account
}

// endRevoked records that a connection has ended whose account Stripe will not show to us, since the event may have been
// missed. A wrong key gets the same answer for every account, so it is recorded only where the key is the right one: it
// belongs to the platform to which the account was connected, which Stripe has said once and which no key can change, and
// of the other mode it cannot be, since it reads only accounts of its own. It ends what was read before Stripe was asked.
func (w *Web) endRevoked(ctx context.Context, a store.Account) bool {
	own, err := w.Stripe.OwnAccount(ctx)
	if err != nil || own.ID != a.Platform {
		return false
	}
	if err := w.DB.EndConnection(context.WithoutCancel(ctx), a); err != nil {
		w.Log.WarnContext(ctx, "the end of a connection cannot be recorded", "account", a.ID, "error", err)
		return false
	}
	return true
}
