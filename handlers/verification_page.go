package handlers

import (
	"errors"
	"net/http"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"example.com/identity-starter/gateway"
	"example.com/identity-starter/store"
	"example.com/identity-starter/templates"
)

const (
	askOnReturn  = 5 * time.Second  // how often the return page may ask Stripe about one verification
	askOnWaiting = 10 * time.Second // how often a page may that waits for a result
	askOnStarted = 30 * time.Second // how often a page may that waits for something to be submitted
)

func (w *Web) showVerification(c echo.Context) error {
	user, err := w.DB.User(c.Request().Context(), UserID(c))
	if err != nil {
		return err
	}
	return c.Render(http.StatusOK, "verification", w.describe(w.words(c), user))
}

// askStripe asks Stripe, unless it was asked just now, and returns where the user stands, with
// Stripe's reason for a failure. How often depends on whether Stripe is processing or the person
// has yet to submit something, and each client has a budget. Stripe being silent is no error: what is known is shown.
func (w *Web) askStripe(c echo.Context, processing, started time.Duration) (store.User, string, error) {
	ctx := c.Request().Context()
	user, err := w.DB.User(ctx, UserID(c))
	if err != nil {
		return user, "", err
	}
	v := user.Newest
	if user.Verified || user.InReview || user.AtGate || v == nil || v.SessionID == "" || v.Status == store.Verified || v.Status == store.Canceled {
		return user, "", nil
	}
	every, client := started, Network(c)
	if v.Status == store.Processing {
		every = processing
	}
	if w.questions.Wait(client) > 0 {
		return user, "", nil
	}
	if may, err := w.DB.MayAsk(ctx, v.ID, every); err != nil || !may || w.questions.Take(client) > 0 {
		return user, "", err
	}
	session, err := w.Stripe.RetrieveSession(ctx, v.SessionID)
	if err != nil && !errors.Is(err, gateway.ErrMissing) {
		w.Log.WarnContext(ctx, "stripe was asked in vain", "request", c.Response().Header().Get(echo.HeaderXRequestID), "error", err)
		return user, "", nil
	}
	if _, err := w.Record.Answer(ctx, *v, session, err); err != nil {
		return user, "", err
	}
	// Also where the answer was no news: a webhook may have brought it while Stripe was asked.
	user, err = w.DB.User(ctx, UserID(c))
	return user, session.Reason, err
}

// showReturn is where Stripe sends people back to. Nothing in the URL is believed.
func (w *Web) showReturn(c echo.Context) error {
	user, reason, err := w.askStripe(c, askOnReturn, askOnReturn)
	if err != nil {
		return err
	}
	page := w.describe(w.words(c), user)
	if user.Newest == nil && w.Settings.Mode() == AnonymousUsers { // a link opened in another browser: no cookie, no button
		say := w.words(c)
		page = stated(say, "other_browser")
		page.Action, page.ActionURL = say("error.not_found.next"), "/"
		page.Support, page.Help = w.Settings.SupportURL, w.Settings.SupportURL != ""
	}
	if page.Status == "requires_input" {
		page.Detail = reason
	}
	return c.Render(http.StatusOK, "verification", page)
}

// showStatus is what the waiting page asks. The status is none, or one of Stripe's.
func (w *Web) showStatus(c echo.Context) error {
	user, _, err := w.askStripe(c, askOnWaiting, askOnStarted)
	if err != nil {
		return err
	}
	say := w.words(c)
	page := w.describe(say, user)
	status, code := StatusOf(user)
	return c.JSON(http.StatusOK, map[string]any{"status": status, "attempts_left": user.AttemptsLeft, "code": code,
		"title": page.Title, "message": strings.TrimSpace(say("sentences", "a", page.Message, "b", page.Next)), "retry": page.Button})
}

// StatusOf is where a user stands as programs are told: one of Stripe's states, or none, and what it comes from.
func StatusOf(u store.User) (status, code string) {
	status = PageState(u)
	if u.Newest != nil {
		code = u.Newest.ErrorCode
	}
	switch status {
	case "none", "verified":
		code = ""
	case "revoked":
		if status = "requires_input"; !u.Newest.State().TakenBack() || code == "" {
			code = "revoked"
		}
	case "started", "exhausted":
		status = "requires_input" // also once the open session has been canceled because of it
	case "in_review", "rejected":
		status, code = "canceled", status // nothing more comes from Stripe
	}
	return status, code
}

// showMembers is an example of what verification is for.
func (w *Web) showMembers(c echo.Context) error {
	page := templates.Members{UserID: UserID(c)}
	if user, _ := c.Get("verified").(store.User); user.Newest != nil && user.Newest.Status == store.Verified {
		page.Since = user.Newest.NewsAt
	}
	return c.Render(http.StatusOK, "members", page)
}
