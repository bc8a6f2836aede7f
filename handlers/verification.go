package handlers

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"mime"
	"net/http"
	"net/mail"
	"strings"
	"time"

	"github.com/labstack/echo/v4"
	"golang.org/x/time/rate"

	"example.com/identity-starter/gateway"
	"example.com/identity-starter/outcomes"
	"example.com/identity-starter/store"
	"example.com/identity-starter/templates"
)

const (
	askOnReturn  = 5 * time.Second  // how often the return page may ask Stripe about one verification
	askOnWaiting = 10 * time.Second // how often a page may that waits for a result
	askOnStarted = 30 * time.Second // how often a page may that waits for something to be submitted
	otherClick   = 3 * time.Second  // how long to wait for the click that came first
	clickTime    = 14 * time.Second // for all that a click asks of Stripe
)

func showVerification(s Settings, db *store.DB) echo.HandlerFunc {
	return func(c echo.Context) error {
		user, err := db.User(c.Request().Context(), userID(c))
		if err != nil {
			return err
		}
		return c.Render(http.StatusOK, "verification", describe(s, words(c), user))
	}
}

// createSession answers with the URL of Stripe's page and with nothing else.
func createSession(db *store.DB, stripe *gateway.Client, record *outcomes.Recorder, log *slog.Logger) echo.HandlerFunc {
	ceiling := &rate.Sometimes{First: 1, Interval: time.Hour}
	return func(c echo.Context) error {
		email, err := readEmail(c.Request())
		if err != nil {
			return err
		}
		ctx, cancel := context.WithTimeout(c.Request().Context(), clickTime)
		defer cancel()
		url, err := openSession(ctx, db, stripe, record, userID(c), email)
		if errors.Is(err, store.ErrDailyCeiling) {
			ceiling.Do(func() { log.Error("no verification can be started: MAX_CHECKS_PER_DAY is reached") })
		}
		if err != nil {
			return err
		}
		if wantsHTML(c) {
			return c.Redirect(http.StatusSeeOther, url)
		}
		return c.JSON(http.StatusOK, map[string]string{"url": url})
	}
}

// readEmail reads the optional field email of a form or of JSON.
func readEmail(r *http.Request) (string, error) {
	var body struct{ Email string }
	kind, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
	switch kind {
	case "application/json":
		if err := json.NewDecoder(r.Body).Decode(&body); err != nil && err != io.EOF {
			return "", unreadable(err)
		}
	case "application/x-www-form-urlencoded":
		if err := r.ParseForm(); err != nil {
			return "", unreadable(err)
		}
		body.Email = r.PostForm.Get("email")
	}
	if body.Email == "" {
		return "", nil
	}
	address, err := mail.ParseAddress(body.Email)
	if err != nil || address.Address != body.Email || len(body.Email) > 254 {
		return "", errInvalidEmail
	}
	return body.Email, nil
}

// unreadable keeps of a parser's error only whether the body was too large: the
// rest quotes what was sent.
func unreadable(err error) error {
	var limit *http.MaxBytesError
	if errors.As(err, &limit) {
		return echo.ErrStatusRequestEntityTooLarge
	}
	return errBadRequest
}

// openSession finds or makes the user's session and returns a fresh URL for it.
// What Stripe says of the session is recorded first; where that is news, whether
// the user may go on is decided again.
func openSession(ctx context.Context, db *store.DB, stripe *gateway.Client, record *outcomes.Recorder, user, email string) (string, error) {
	for range 3 {
		v, err := db.Begin(ctx, user)
		if errors.Is(err, store.ErrProcessing) && mayAskNow(ctx, db, v) {
			err = nil // the webhook may be lost: Stripe knows
		}
		if err != nil {
			return "", err
		}
		session, err := sessionFor(ctx, db, stripe, v, email)
		if err != nil && v.Status == store.Processing {
			return "", fmt.Errorf("%w, and stripe was asked in vain: %w", store.ErrProcessing, err)
		} else if err != nil {
			return "", err
		}
		news, err := record.Answer(ctx, v, session)
		if err != nil {
			return "", err
		}
		if session.Status == string(store.RequiresInput) && session.URL != "" && !(news && session.Failed) {
			return session.URL, nil
		}
	}
	return "", fmt.Errorf("open session: %w", gateway.ErrUnavailable)
}

func mayAskNow(ctx context.Context, db *store.DB, v store.Verification) bool {
	may, err := db.MayAsk(ctx, v.ID, askOnReturn)
	return err == nil && may
}

// sessionFor makes the verification's session, or reads the one it has.
func sessionFor(ctx context.Context, db *store.DB, stripe *gateway.Client, v store.Verification, email string) (gateway.Session, error) {
	if v.SessionID == "" && !v.New {
		// An earlier click got no answer, or has not got it yet: Stripe may have the session.
		found, err := stripe.FindSession(ctx, v.ID)
		if err != nil {
			return gateway.Session{}, err
		}
		v.SessionID = found.ID
	}
	if v.SessionID != "" {
		return stripe.RetrieveSession(ctx, v.SessionID)
	}
	session, err := stripe.CreateSession(ctx, gateway.NewSession{
		IdempotencyKey: v.IdempotencyKey(), Reference: v.ID, UserID: v.UserID, Email: email})
	var answer *gateway.Error
	switch {
	case errors.Is(err, gateway.ErrInFlight):
		return awaitOther(ctx, db, stripe, v.ID)
	case errors.Is(err, gateway.ErrRejected), errors.Is(err, gateway.ErrRevoked):
		err = errors.Join(err, db.GiveUp(ctx, v.ID))
	case errors.Is(err, gateway.ErrSpent), errors.As(err, &answer) && answer.Repeat:
		err = errors.Join(err, db.NewKey(ctx, v))
	}
	return session, err
}

// awaitOther waits until the click that came first has its session, be it in
// this process or in another one, and reads that.
func awaitOther(ctx context.Context, db *store.DB, stripe *gateway.Client, id string) (gateway.Session, error) {
	ctx, cancel := context.WithTimeout(ctx, otherClick+10*time.Second)
	defer cancel()
	deadline, tick := time.NewTimer(otherClick), time.NewTicker(50*time.Millisecond)
	defer deadline.Stop()
	defer tick.Stop()
	for {
		v, err := db.Find(ctx, id)
		if err == nil && v.SessionID != "" {
			return stripe.RetrieveSession(ctx, v.SessionID)
		} else if err != nil {
			return gateway.Session{}, fmt.Errorf("wait for the other click: %w", errors.Join(gateway.ErrInFlight, err))
		}
		select {
		case <-tick.C:
		case <-deadline.C:
			return gateway.Session{}, fmt.Errorf("wait for the other click: %w", gateway.ErrInFlight)
		case <-ctx.Done():
			return gateway.Session{}, ctx.Err()
		}
	}
}

// asker brings a user's open verification up to date.
type asker struct {
	db     *store.DB
	stripe *gateway.Client
	record *outcomes.Recorder
	log    *slog.Logger
}

// ask asks Stripe, unless it was asked just now, and returns where the user
// stands, with Stripe's reason for a failure. Stripe being silent is no error:
// what is known is shown.
func (a asker) ask(c echo.Context, every func(store.Verification) time.Duration) (store.User, string, error) {
	ctx := c.Request().Context()
	user, err := a.db.User(ctx, userID(c))
	if err != nil {
		return user, "", err
	}
	v := user.Newest
	if user.Verified || v == nil || v.SessionID == "" || v.Status == store.Verified || v.Status == store.Canceled {
		return user, "", nil
	}
	if may, err := a.db.MayAsk(ctx, v.ID, every(*v)); err != nil || !may {
		return user, "", err
	}
	session, err := a.stripe.RetrieveSession(ctx, v.SessionID)
	if err != nil {
		a.log.WarnContext(ctx, "stripe was asked in vain", "request", c.Response().Header().Get(echo.HeaderXRequestID), "error", err)
		return user, "", nil
	}
	news, err := a.record.Answer(ctx, *v, session)
	if err != nil || !news {
		return user, session.Reason, err
	}
	user, err = a.db.User(ctx, userID(c))
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
func showReturn(s Settings, a asker) echo.HandlerFunc {
	return func(c echo.Context) error {
		if userID(c) == "" { // a link opened in another browser: no cookie, no button
			say := words(c)
			return c.Render(http.StatusOK, "verification", templates.Verification{Status: "other_browser",
				Title: say("state.other_browser.title"), Message: say("state.other_browser.text"), Support: s.SupportURL})
		}
		user, reason, err := a.ask(c, onReturn)
		if err != nil {
			return err
		}
		page := describe(s, words(c), user)
		if page.Status == "requires_input" {
			page.Detail = reason
		}
		return c.Render(http.StatusOK, "verification", page)
	}
}

// showStatus is what the waiting page asks.
func showStatus(s Settings, a asker) echo.HandlerFunc {
	return func(c echo.Context) error {
		user, _, err := a.ask(c, onWaiting)
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
