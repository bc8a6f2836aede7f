package handlers

import (
	"cmp"
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"github.com/labstack/echo/v4"

	"example.com/identity-starter/gateway"
	"example.com/identity-starter/store"
	"example.com/identity-starter/templates"
)

const (
	profileLifetime = time.Minute
	failureLifetime = 5 * time.Second
	profileWait     = 3 * time.Second // the page does not wait longer for Stripe
	profilesKept    = 1000
)

// profiles remembers for a minute what Stripe says of connected accounts, and for seconds that it says nothing.
type profiles struct {
	mu    sync.Mutex
	known map[connection]*profile
}

// connection is what is remembered of: not an account, which may have been connected again since.
type connection struct {
	id         string
	generation int64
}

type profile struct {
	asking sync.Mutex // held by who asks: whoever comes meanwhile waits for the same answer
	last   atomic.Pointer[answer]
}

// answer is what Stripe has said of an account, and how long that holds.
type answer struct {
	says    templates.Account
	expires time.Time
}

func (a *answer) fresh() bool { return time.Now().Before(a.expires) }

// shown is what is known by now: of what is old, the name alone.
func (p *profile) shown() templates.Account {
	last := p.last.Load()
	if last.fresh() {
		return last.says
	}
	return templates.Account{ID: last.says.ID, Name: last.says.Name}
}

// of finds what is remembered of an account.
func (p *profiles) of(a store.Account) *profile {
	p.mu.Lock()
	defer p.mu.Unlock()
	key := connection{a.ID, a.Generation}
	if p.known[key] == nil {
		if p.known == nil || len(p.known) >= profilesKept {
			p.known = map[connection]*profile{} // a page of accounts is cheap to ask again
		}
		p.known[key] = &profile{}
		p.known[key].last.Store(&answer{says: templates.Account{ID: a.ID}})
	}
	return p.known[key]
}

// profilesOf asks about all accounts at once; those that Stripe does not answer for in time are not known.
// A browser that leaves takes no answer from others who wait for it, too.
func (w *Web) profilesOf(c echo.Context, accounts []store.Account) []templates.Account {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(c.Request().Context()), profileWait)
	defer cancel()
	list, client := make([]templates.Account, len(accounts)), Network(c)
	var wait sync.WaitGroup
	for i, a := range accounts {
		wait.Go(func() { list[i] = w.profile(ctx, client, a) })
	}
	wait.Wait()
	return list
}

// profile asks Stripe about an account, unless that is known or more than the client may ask.
func (w *Web) profile(ctx context.Context, client string, a store.Account) templates.Account {
	p := w.profiles.of(a)
	p.asking.Lock()
	defer p.asking.Unlock()
	if last := p.last.Load(); !last.fresh() && w.questions.Take(client) == 0 {
		says, lifetime := w.readAccount(ctx, a)
		says.Name = cmp.Or(says.Name, last.says.Name)
		p.last.Store(&answer{says, time.Now().Add(lifetime)})
	}
	return p.shown()
}

// readAccount is what Stripe says of an account, and how long to remember it.
func (w *Web) readAccount(ctx context.Context, a store.Account) (templates.Account, time.Duration) {
	got, err := w.Stripe.ConnectedAccount(ctx, a.ID)
	revoked := errors.Is(err, gateway.ErrRevoked)
	if err != nil && !revoked {
		w.Log.WarnContext(ctx, "connected account cannot be read", "account", a.ID, "error", err)
		return templates.Account{ID: a.ID}, failureLifetime
	}
	account := templates.Account{ID: a.ID, Name: got.Name, Known: true, Charges: got.Charges, Payouts: got.Payouts, Revoked: revoked}
	if revoked {
		account.Ended = w.endRevoked(ctx, a)
	}
	return account, profileLifetime
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
