package handlers

import (
	"context"
	"errors"
	"net/http"
	"net/url"

	"github.com/labstack/echo/v4"

	"example.com/identity-starter/gateway"
	"example.com/identity-starter/outcomes"
	"example.com/identity-starter/store"
	"example.com/identity-starter/templates"
)

// requireConnect closes all of Connect where there is no client id.
func requireConnect(s Settings, stripe *gateway.Client) echo.MiddlewareFunc {
	return func(next echo.HandlerFunc) echo.HandlerFunc {
		return func(c echo.Context) error {
			switch {
			case stripe.ConnectEnabled():
				return next(c)
			case c.Path() == "/connect" && wantsHTML(c):
				return c.Render(http.StatusNotFound, "connect", templates.Connect{SetupHint: s.dev()})
			}
			return errConnectDisabled
		}
	}
}

// authorize sends the person to Stripe with a state of their own. It is made on
// the click, not with the page, so that several tabs do not spoil each other's.
func authorize(s Settings, db *store.DB, stripe *gateway.Client) echo.HandlerFunc {
	return func(c echo.Context) error {
		state, err := db.NewState(c.Request().Context(), UserID(c))
		if err != nil {
			return err
		}
		var prefill url.Values
		if s.Prefill != nil {
			prefill = s.Prefill(c.Request(), UserID(c))
		}
		return c.Redirect(http.StatusSeeOther, stripe.AuthorizeURL(state, prefill))
	}
}

// PrefillFunc is what Stripe's form for a new account may start with: for example
// stripe_user[email], stripe_user[url], stripe_user[business_name]
// (docs.stripe.com/connect/oauth-reference). Stripe ignores what it does not like.
type PrefillFunc func(r *http.Request, userID string) url.Values

// ignorePrefetch answers a browser that only guesses that its user will follow a
// link: a code or state that a guess has used up fails the person who comes next.
func ignorePrefetch(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		h := c.Request().Header
		if h.Get("Sec-Purpose") != "" || h.Get("Purpose") != "" || h.Get("X-Moz") != "" || c.Request().Method == http.MethodHead {
			return c.NoContent(http.StatusNoContent)
		}
		return next(c)
	}
}

// callback is where Stripe sends a merchant back to. Nothing of the query is
// shown or logged.
func callback(s Settings, p outcomes.Parts, profiles *profiles) echo.HandlerFunc {
	return func(c echo.Context) error {
		ctx := c.Request().Context()
		q, err := url.ParseQuery(c.Request().URL.RawQuery)
		if err != nil || len(q["state"]) > 1 || len(q["code"]) > 1 || len(q["error"]) > 1 {
			return store.ErrInvalidState // Echo would take the first of several
		}
		if q.Has("error") { // a refusal carries no state, and changes nothing
			if state := q.Get("state"); state != "" {
				err = p.DB.TakeState(ctx, UserID(c), state)
			}
			if err != nil && !errors.Is(err, store.ErrInvalidState) {
				return err
			}
			return errConnectRefused
		}
		if q.Get("state") == "" {
			return store.ErrInvalidState
		}
		if err := p.DB.TakeState(ctx, UserID(c), q.Get("state")); err != nil {
			return err
		}
		if q.Get("code") == "" {
			return gateway.ErrCodeRejected
		}
		id, err := connect(c, s, p, q.Get("code"))
		if err != nil {
			return err
		}
		profiles.forget(id)
		c.SetCookie(connectedCookie(s, id, 60))
		return c.Redirect(http.StatusSeeOther, "/connect")
	}
}

// connectedCookie tells the next page which account was connected just now.
func connectedCookie(s Settings, id string, seconds int) *http.Cookie {
	return &http.Cookie{Name: "connected", Value: id, Path: "/connect", MaxAge: seconds, HttpOnly: true,
		Secure: s.BaseURL.Scheme == "https", SameSite: http.SameSiteLaxMode}
}

// connect exchanges the code, records the account and returns its id.
func connect(c echo.Context, s Settings, p outcomes.Parts, code string) (string, error) {
	ctx := c.Request().Context()
	own, err := p.Stripe.OwnAccount(ctx) // before the exchange: afterwards it is too late to find Stripe down
	if errors.Is(err, gateway.ErrUnavailable) {
		return "", err
	} else if err != nil {
		p.Log.WarnContext(ctx, "connecting the platform's own account cannot be recognised", "error", err)
	}
	connection, err := p.Stripe.Exchange(ctx, code)
	switch {
	case err != nil:
		return "", err
	case connection.Livemode != s.Live:
		return "", errWrongMode
	case connection.AccountID == own.ID:
		return "", errOwnAccount
	}
	return connection.AccountID, p.DB.SaveAccount(context.WithoutCancel(ctx), store.Account{ID: connection.AccountID, UserID: UserID(c),
		Scope: connection.Scope, ConnectedAt: connection.At}, connection.RefreshToken)
}

// showAccounts lists the user's accounts, with what each lets the platform see of it.
func showAccounts(s Settings, db *store.DB, profiles *profiles) echo.HandlerFunc {
	return func(c echo.Context) error {
		accounts, err := db.Accounts(c.Request().Context(), UserID(c))
		if err != nil {
			return err
		}
		page := templates.Connect{On: true}
		connected, err := c.Cookie("connected")
		if err == nil {
			c.SetCookie(connectedCookie(s, "", -1))
		}
		for i, p := range profiles.of(c.Request().Context(), accounts) {
			if connected != nil && connected.Value == accounts[i].ID {
				page.Connected = accounts[i].ID
			}
			page.Accounts = append(page.Accounts, templates.Account{ID: accounts[i].ID, Name: p.Name, Known: p.known,
				Charges: p.Charges, Payouts: p.Payouts, Revoked: p.revoked, Since: date(c, accounts[i].ConnectedAt)})
		}
		return c.Render(http.StatusOK, "connect", page)
	}
}

// askDisconnect asks before disconnect acts.
func askDisconnect(db *store.DB, profiles *profiles) echo.HandlerFunc {
	return func(c echo.Context) error {
		if err := db.HasAccount(c.Request().Context(), UserID(c), c.Param("id")); err != nil {
			return err
		}
		return c.Render(http.StatusOK, "disconnect", templates.Account{ID: c.Param("id"), Name: profiles.cached(c.Param("id")).Name})
	}
}

// disconnect ends the platform's access to one of the user's own accounts, at
// Stripe first: an account that is only forgotten here would stay open to us.
func disconnect(db *store.DB, stripe *gateway.Client) echo.HandlerFunc {
	return func(c echo.Context) error {
		ctx, id := c.Request().Context(), c.Param("id")
		if err := db.HasAccount(ctx, UserID(c), id); err != nil {
			return err
		}
		if err := stripe.Deauthorize(ctx, id); err != nil && !errors.Is(err, gateway.ErrNotConnected) {
			return err
		}
		if err := db.Disconnect(context.WithoutCancel(ctx), UserID(c), id); err != nil {
			return err
		}
		return c.Redirect(http.StatusSeeOther, "/connect")
	}
}
