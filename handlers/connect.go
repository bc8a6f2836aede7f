package handlers

import (
	"cmp"
	"context"
	"errors"
	"net/http"
	"net/url"
	"strings"
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
	case c.Path() == "/connect" && WantsHTML(c):
		return c.Render(http.StatusNotFound, "connect", templates.Connect{SetupHint: w.Settings.dev()})
	}
	return gateway.ErrConnectOff
}

// requireAccount lets nobody act on an account but its own user. A connection that has ended already, for a button that
// was clicked twice, leads back to the others.
func (w *Web) requireAccount(c echo.Context) error {
	account, err := w.DB.AccountOf(c.Request().Context(), UserID(c), c.Param("id"))
	switch {
	case err != nil:
		return err
	case account.ID == "":
		return ErrNotFound
	case account.Ended:
		return c.Redirect(http.StatusSeeOther, "/connect")
	}
	c.Set("account", account)
	return nil
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
		inTime(c, func(r *http.Request) { prefill = w.Settings.Prefill(r, UserID(c)) })
	}
	return c.Redirect(http.StatusSeeOther, w.Stripe.AuthorizeURL(state, prefill))
}

// PrefillFunc is what Stripe's form for a new account may start with: for example
// stripe_user[email], stripe_user[url], stripe_user[business_name]
// (docs.stripe.com/connect/oauth-reference). Stripe ignores what it does not like.
type PrefillFunc func(r *http.Request, userID string) url.Values

// isGuess says whether a browser only guesses that its user will follow a link: a code
// or state that a guess has used up fails the person who comes next.
func isGuess(r *http.Request) bool {
	h := r.Header
	return h.Get("Sec-Purpose") != "" || h.Get("Purpose") != "" || h.Get("X-Moz") != "" || r.Method == http.MethodHead
}

// callback is where Stripe sends a merchant back to. Nothing of the query is shown or logged.
func (w *Web) callback(c echo.Context) error {
	if isGuess(c.Request()) {
		return c.NoContent(http.StatusNoContent)
	}
	q, err := url.ParseQuery(c.Request().URL.RawQuery)
	if err != nil || len(q["state"]) > 1 || len(q["code"]) > 1 || len(q["error"]) > 1 {
		return store.ErrInvalidState // Echo would take the first of several
	}
	user, state, code := UserID(c), q.Get("state"), q.Get("code")
	refused := q.Has("error")
	if refused {
		code = ""
	}
	mine, err := w.DB.TakeState(c.Request().Context(), user, state, code)
	switch {
	case err != nil:
		return err
	case refused && !mine: // a refusal carries no state, and changes nothing
		return errConnectRefused
	case !mine:
		return w.sameAgain(c, state, code)
	}
	// From here on it goes to its end, also when the browser gives up: it may ask again, and is told what became of this.
	ctx := gateway.Awaited(context.WithoutCancel(c.Request().Context()))
	switch {
	case refused:
		err = errConnectRefused
	case code == "":
		err = gateway.ErrCodeRejected
	default:
		err = w.connect(ctx, user, state, code, c)
	}
	if err != nil {
		return errors.Join(err, w.DB.EndAttempt(ctx, user, state, w.answerTo(err).Code))
	}
	return c.Redirect(http.StatusSeeOther, "/connect")
}

const (
	attemptWait = 5 * time.Second  // how long the same callback again waits for what becomes of the first
	attemptLook = time.Second / 5  // and how often it looks: the first may be in another program
	attemptMax  = 30 * time.Second // no attempt takes longer: its program has ended in the middle
)

// sameAgain answers a callback that was here before with what became of it then. Nothing is exchanged again.
func (w *Web) sameAgain(c echo.Context, state, code string) error {
	ctx, cancel := context.WithTimeout(c.Request().Context(), attemptWait)
	defer cancel()
	look := time.NewTicker(attemptLook)
	defer look.Stop()
	for {
		attempt, err := w.DB.AttemptOf(c.Request().Context(), UserID(c), state, code)
		switch {
		case err != nil:
			return err
		case strings.HasPrefix(attempt.Outcome, "acct_"):
			w.setCookie(c, connectedCookie, attempt.Outcome, "/connect", 60)
			return c.Redirect(http.StatusSeeOther, "/connect")
		case attempt.Outcome != "":
			return w.errorOf(attempt.Outcome)
		case time.Since(attempt.TakenAt) > attemptMax:
			return gateway.ErrOutcomeUnknown
		}
		select {
		case <-look.C:
		case <-ctx.Done():
			return gateway.ErrOutcomeUnknown
		case <-w.Stopping:
			return gateway.ErrOutcomeUnknown
		}
	}
}

// connect exchanges the code and records the account.
func (w *Web) connect(ctx context.Context, user, state, code string, c echo.Context) error {
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
	err = w.DB.Connect(ctx, state, store.Account{ID: id, UserID: user, Scope: connection.Scope, Platform: own.ID,
		ConnectedAt: connection.At}, connection.RefreshToken)
	switch {
	case errors.Is(err, store.ErrForgotten):
		return errors.Join(err, w.Stripe.Deauthorize(ctx, id))
	case err != nil:
		return err
	}
	w.setCookie(c, connectedCookie, id, "/connect", 60)
	return nil
}

// connectedCookie tells the next page which account was connected or disconnected just now.
const connectedCookie = "connected"

// showAccounts lists the user's accounts, with what each lets the platform see of it.
func (w *Web) showAccounts(c echo.Context) error {
	accounts, err := w.DB.Accounts(c.Request().Context(), UserID(c))
	if err != nil {
		return err
	}
	page := templates.Connect{On: true, Accounts: w.profilesOf(c, accounts)}
	changed, err := c.Cookie(connectedCookie)
	if err == nil {
		w.setCookie(c, connectedCookie, "", "/connect", -1)
	}
	for i, a := range accounts {
		page.Accounts[i].Since = a.ConnectedAt
		if changed != nil && changed.Value == a.ID {
			page.Connected = cmp.Or(page.Accounts[i].Name, a.ID)
		}
	}
	if changed != nil && page.Connected == "" {
		if page.Disconnected, err = w.hasEnded(c, changed.Value); err != nil {
			return err
		}
	}
	return c.Render(http.StatusOK, "connect", page)
}

// hasEnded is what an account is called that was the user's own until it was disconnected; "": it was not.
func (w *Web) hasEnded(c echo.Context, id string) (string, error) {
	account, err := w.DB.AccountOf(c.Request().Context(), UserID(c), id)
	if err != nil || !account.Ended {
		return "", err
	}
	return cmp.Or(w.profiles.of(account).shown().Name, account.ID), nil
}

// askDisconnect asks before disconnect acts.
func (w *Web) askDisconnect(c echo.Context) error {
	account, _ := c.Get("account").(store.Account)
	return c.Render(http.StatusOK, "disconnect", w.profiles.of(account).shown())
}

// disconnect ends the platform's access to one of the user's own accounts.
func (w *Web) disconnect(c echo.Context) error {
	account, _ := c.Get("account").(store.Account)
	if err := w.Disconnect(gateway.Awaited(c.Request().Context()), account); err != nil {
		return err
	}
	w.setCookie(c, connectedCookie, account.ID, "/connect", 60)
	return c.Redirect(http.StatusSeeOther, "/connect")
}
