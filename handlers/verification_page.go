package handlers

import (
	"net/http"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"example.com/identity-starter/store"
	"example.com/identity-starter/templates"
)

const (
	askOnReturn  = 5 * time.Second  // how often the return page may ask Stripe about one verification
	askOnWaiting = 10 * time.Second // how often a page may that waits for a result
	askOnStarted = 30 * time.Second // how often a page may that waits for something to be submitted
)

func showVerification(s Settings, db *store.DB) echo.HandlerFunc {
	return func(c echo.Context) error {
		user, err := db.User(c.Request().Context(), UserID(c))
		if err != nil {
			return err
		}
		return c.Render(http.StatusOK, "verification", describe(s, words(c), user))
	}
}

// ask asks Stripe, unless it was asked just now, and returns where the user
// stands, with Stripe's reason for a failure. Stripe being silent is no error:
// what is known is shown.
func (x sessions) ask(c echo.Context, every func(store.Verification) time.Duration) (store.User, string, error) {
	ctx := c.Request().Context()
	user, err := x.DB.User(ctx, UserID(c))
	if err != nil {
		return user, "", err
	}
	v := user.Newest
	if user.Verified || user.InReview || user.AtGate || v == nil || v.SessionID == "" || v.Status == store.Verified || v.Status == store.Canceled {
		return user, "", nil
	}
	if may, err := x.DB.MayAsk(ctx, v.ID, every(*v)); err != nil || !may {
		return user, "", err
	}
	session, err := x.Stripe.RetrieveSession(ctx, v.SessionID)
	if err != nil {
		x.Log.WarnContext(ctx, "stripe was asked in vain", "request", c.Response().Header().Get(echo.HeaderXRequestID), "error", err)
		return user, "", nil
	}
	if _, err := x.Record.Answer(ctx, *v, session); err != nil {
		return user, "", err
	}
	// Also where the answer was no news: a webhook may have brought it while Stripe was asked.
	user, err = x.DB.User(ctx, UserID(c))
	return user, session.Reason, err
}

func onReturn(store.Verification) time.Duration { return askOnReturn }

func onWaiting(v store.Verification) time.Duration {
	if v.Status == store.Processing {
		return askOnWaiting
	}
	return askOnStarted
}

// showReturn is where Stripe sends people back to. Nothing in the URL is believed.
func showReturn(s Settings, x sessions) echo.HandlerFunc {
	return func(c echo.Context) error {
		user, reason, err := x.ask(c, onReturn)
		if err != nil {
			return err
		}
		say := words(c)
		if user.Newest == nil && !s.SignedIn() { // a link opened in another browser: no cookie, no button
			return c.Render(http.StatusOK, "verification", templates.Verification{Status: "other_browser",
				Title: say("state.other_browser.title"), Message: say("state.other_browser.text"), Support: s.SupportURL})
		}
		page := describe(s, say, user)
		if page.Status == "requires_input" {
			page.Detail = reason
		}
		return c.Render(http.StatusOK, "verification", page)
	}
}

// showStatus is what the waiting page asks.
func showStatus(s Settings, x sessions) echo.HandlerFunc {
	return func(c echo.Context) error {
		user, _, err := x.ask(c, onWaiting)
		if err != nil {
			return err
		}
		page := describe(s, words(c), user)
		status, code := store.Status("none"), ""
		if v := user.Newest; v != nil {
			status, code = v.Status, v.ErrorCode
		}
		switch page.Status {
		case "verified":
			status, code = store.Verified, ""
		case "exhausted":
			status = store.RequiresInput // also once the open session has been canceled because of it
		case "processing":
			status = store.Processing // also while what Stripe found out is being compared
		case "in_review", "rejected":
			status, code = store.Canceled, page.Status // nothing more comes from Stripe
		case "none":
			status, code = "none", ""
		}
		return c.JSON(http.StatusOK, struct {
			Status       store.Status `json:"status"`
			AttemptsLeft int          `json:"attempts_left"`
			Code         string       `json:"code"`
			Title        string       `json:"title"`
			Message      string       `json:"message"`
			Retry        bool         `json:"retry"`
		}{status, user.AttemptsLeft, code, page.Title, strings.TrimSpace(page.Message + " " + page.Next), page.Button})
	}
}
