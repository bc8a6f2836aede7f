package handlers

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"sync"
	"time"

	"github.com/labstack/echo/v4"

	"example.com/identity-starter/gateway"
	"example.com/identity-starter/store"
	"example.com/identity-starter/templates"
)

// requireConnect closes all of Connect where there is no client id.
func (w *Web) requireConnect(c echo.Context) error {
	switch {
	case w.Stripe.ConnectEnabled():
		return nil
	case c.Path() == "/connect" && wantsHTML(c):
		return c.Render(http.StatusNotFound, "connect", templates.Connect{SetupHint: w.Settings.dev()})
	}
	return errConnectDisabled
}

// requireAccount lets nobody act on an account but its own user.
func (w *Web) requireAccount(c echo.Context) error {
	has, err := w.DB.HasAccount(c.Request().Context(), w.DB, UserID(c), c.Param("id"))
	if err == nil && !has {
		return ErrNotFound
	}
	return err
}

// authorize sends the person to Stripe with a state of their own. It is made on
// the click, not with the page, so that several tabs do not spoil each other's.
func (w *Web) authorize(c echo.Context) error {
	state, err := w.DB.NewState(c.Request().Context(), UserID(c))
	if err != nil {
		return err
	}
	var prefill url.Values
	if w.Settings.Prefill != nil {
		prefill = w.Settings.Prefill(c.Request(), UserID(c))
	}
	return c.Redirect(http.StatusSeeOther, w.Stripe.AuthorizeURL(state, prefill))
}

// PrefillFunc is what Stripe's form for a new account may start with: for example
// stripe_user[email], stripe_user[url], stripe_user[business_name]
// (docs.stripe.com/connect/oauth-reference). Stripe ignores what it does not like.
type PrefillFunc func(r *http.Request, userID string) url.Values

// ignorePrefetch answers a browser that only guesses that its user will follow a
// link: a code or state that a guess has used up fails the person who comes next.
func ignorePrefetch(c echo.Context) error {
	h := c.Request().Header
	if h.Get("Sec-Purpose") != "" || h.Get("Purpose") != "" || h.Get("X-Moz") != "" || c.Request().Method == http.MethodHead {
		return c.NoContent(http.StatusNoContent)
	}
	return nil
}

// callback is where Stripe sends a merchant back to. Nothing of the query is shown or logged.
func (w *Web) callback(c echo.Context) error {
	q, err := url.ParseQuery(c.Request().URL.RawQuery)
	if err != nil || len(q["state"]) > 1 || len(q["code"]) > 1 || len(q["error"]) > 1 {
		return store.ErrInvalidState // Echo would take the first of several
	}
	err = store.ErrInvalidState
	if state := q.Get("state"); state != "" {
		err = w.DB.TakeState(c.Request().Context(), UserID(c), state)
	}
	switch {
	case q.Has("error") && (err == nil || errors.Is(err, store.ErrInvalidState)): // a refusal carries no state, and changes nothing
		return errConnectRefused
	case err != nil:
		return err
	case q.Get("code") == "":
		return gateway.ErrCodeRejected
	}
	return w.connect(c, q.Get("code"))
}

// connect exchanges the code and records the account.
func (w *Web) connect(c echo.Context, code string) error {
	ctx := c.Request().Context()
	own, err := w.Stripe.OwnAccount(ctx) // before the exchange: afterwards it is too late to find Stripe down
	if errors.Is(err, gateway.ErrUnavailable) {
		return err
	} else if err != nil {
		w.Log.WarnContext(ctx, "connecting the platform's own account cannot be recognised", "error", err)
	}
	connection, err := w.Stripe.Exchange(ctx, code)
	switch {
	case err != nil:
		return err
	case connection.Livemode != w.Settings.Live:
		return errWrongMode
	case connection.AccountID == own.ID:
		return errOwnAccount
	}
	id := connection.AccountID
	if err := w.DB.SaveAccount(context.WithoutCancel(ctx), store.Account{ID: id, UserID: UserID(c),
		Scope: connection.Scope, ConnectedAt: connection.At}, connection.RefreshToken); err != nil {
		return err
	}
	w.profiles.keep(templates.Account{ID: id})
	w.setCookie(c, connectedCookie, id, "/connect", 60)
	return c.Redirect(http.StatusSeeOther, "/connect")
}

// connectedCookie tells the next page which account was connected just now.
const connectedCookie = "connected"

// showAccounts lists the user's accounts, with what each lets the platform see of it.
func (w *Web) showAccounts(c echo.Context) error {
	accounts, err := w.DB.Accounts(c.Request().Context(), UserID(c))
	if err != nil {
		return err
	}
	page := templates.Connect{On: true, Accounts: w.profilesOf(c.Request().Context(), accounts)}
	connected, err := c.Cookie(connectedCookie)
	if err == nil {
		w.setCookie(c, connectedCookie, "", "/connect", -1)
	}
	for i, a := range accounts {
		page.Accounts[i].Since = w.pages.Date(w.lang(c), a.ConnectedAt)
		if connected != nil && connected.Value == a.ID {
			page.Connected = a.ID
		}
	}
	return c.Render(http.StatusOK, "connect", page)
}

// askDisconnect asks before disconnect acts.
func (w *Web) askDisconnect(c echo.Context) error {
	return c.Render(http.StatusOK, "disconnect", w.profiles.cached(c.Param("id")))
}

// disconnect ends the platform's access to one of the user's own accounts, at
// Stripe first: an account that is only forgotten here would stay open to us.
func (w *Web) disconnect(c echo.Context) error {
	ctx, id := c.Request().Context(), c.Param("id")
	if err := w.Stripe.Deauthorize(ctx, id); err != nil && !errors.Is(err, gateway.ErrNotConnected) {
		return err
	}
	if err := w.DB.Disconnect(context.WithoutCancel(ctx), UserID(c), id); err != nil {
		return err
	}
	return c.Redirect(http.StatusSeeOther, "/connect")
}

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

// keep remembers the account; one that is not known is forgotten, so that the next page asks Stripe again.
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
