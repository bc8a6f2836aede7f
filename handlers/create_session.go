package handlers

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/mail"
	"time"

	"github.com/labstack/echo/v4"
	"golang.org/x/time/rate"

	"example.com/identity-starter/gateway"
	"example.com/identity-starter/outcomes"
	"example.com/identity-starter/store"
)

const (
	otherClick = 3 * time.Second  // how long to wait for the click that came first
	clickTime  = 14 * time.Second // for all that a click asks of Stripe
)

// sessions is what it takes to open a user's session at Stripe and to read it.
type sessions struct{ outcomes.Parts }

// createSession answers with the URL of Stripe's page and with nothing else.
func createSession(x sessions) echo.HandlerFunc {
	ceiling := &rate.Sometimes{First: 1, Interval: time.Hour}
	return func(c echo.Context) error {
		email, err := readEmail(c.Request())
		if err != nil {
			return err
		}
		ctx, cancel := context.WithTimeout(c.Request().Context(), clickTime)
		defer cancel()
		url, err := x.open(ctx, UserID(c), lang(c), email)
		if errors.Is(err, store.ErrDailyCeiling) {
			ceiling.Do(func() { x.Log.Error("no verification can be started: MAX_CHECKS_PER_DAY is reached") })
		}
		var refused *gateway.Error
		if errors.As(err, &refused) && refused.Param == "provided_details[email]" {
			return fmt.Errorf("%w: %w", errInvalidEmail, err) // Stripe is stricter than we are
		} else if err != nil {
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
	case "multipart/form-data":
		if err := r.ParseMultipartForm(maxBody); err != nil {
			return "", unreadable(err)
		}
		body.Email = r.PostForm.Get("email")
	default: // nothing of ours, but not without a limit either
		if _, err := io.Copy(io.Discard, r.Body); err != nil {
			return "", unreadable(err)
		}
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
	return ErrBadRequest
}

// open finds or makes the user's session and returns a fresh URL for it.
// What Stripe says of the session is recorded first, and whether the user may go
// on is decided again.
func (x sessions) open(ctx context.Context, user, lang, email string) (string, error) {
	for range 3 {
		v, err := x.DB.Begin(ctx, user, lang)
		if errors.Is(err, store.ErrProcessing) && v.Status == store.Processing && x.mayAskNow(ctx, v) {
			err = nil // the webhook may be lost: Stripe knows
		}
		if err != nil {
			return "", err
		}
		session, err := x.sessionOf(ctx, v, email)
		if err != nil && v.Status == store.Processing {
			return "", fmt.Errorf("%w, and stripe was asked in vain: %w", store.ErrProcessing, err)
		} else if err != nil {
			return "", err
		}
		if _, err := x.Record.Answer(ctx, v, session); err != nil {
			return "", err
		}
		now, err := x.DB.User(ctx, user) // a failure may have become known while Stripe was asked
		if err != nil {
			return "", err
		}
		if session.Status == string(store.RequiresInput) && session.URL != "" && now.AttemptsLeft > 0 && !now.Verified && !now.Rejected && !now.InReview && !now.AtGate {
			return session.URL, nil
		}
	}
	return "", fmt.Errorf("open session: %w", gateway.ErrUnavailable)
}

func (x sessions) mayAskNow(ctx context.Context, v store.Verification) bool {
	may, err := x.DB.MayAsk(ctx, v.ID, askOnReturn)
	return err == nil && may
}

// sessionOf makes the verification's session, or reads the one it has.
func (x sessions) sessionOf(ctx context.Context, v store.Verification, email string) (gateway.Session, error) {
	if v.SessionID == "" && !v.New {
		// An earlier click got no answer, or has not got it yet: Stripe may have the session.
		found, err := x.Stripe.FindSession(ctx, v.ID)
		if err != nil {
			return gateway.Session{}, err
		}
		v.SessionID = found.ID
	}
	if v.SessionID != "" {
		session, err := x.Stripe.RetrieveSession(ctx, v.SessionID)
		if err == nil && email != "" && email != session.Email && session.Status == string(store.RequiresInput) {
			return x.Stripe.CorrectEmail(ctx, v.SessionID, email)
		}
		return session, err
	}
	session, err := x.Stripe.CreateSession(ctx, gateway.NewSession{
		IdempotencyKey: v.IdempotencyKey(), Reference: v.ID, UserID: v.UserID, Email: email})
	var answer *gateway.Error
	switch {
	case errors.Is(err, gateway.ErrInFlight):
		return x.awaitOther(ctx, v.ID)
	case errors.Is(err, gateway.ErrRejected), errors.Is(err, gateway.ErrRevoked):
		err = errors.Join(err, x.DB.GiveUp(ctx, v.ID))
	case errors.Is(err, gateway.ErrSpent), errors.As(err, &answer) && answer.Repeat:
		err = errors.Join(err, x.DB.NewKey(ctx, v))
	}
	return session, err
}

// awaitOther waits until the click that came first has its session, be it in
// this process or in another one, and reads that.
func (x sessions) awaitOther(ctx context.Context, id string) (gateway.Session, error) {
	ctx, cancel := context.WithTimeout(ctx, otherClick+10*time.Second)
	defer cancel()
	deadline, tick := time.NewTimer(otherClick), time.NewTicker(50*time.Millisecond)
	defer deadline.Stop()
	defer tick.Stop()
	for {
		v, err := x.DB.Find(ctx, id)
		if err == nil && v.SessionID != "" {
			return x.Stripe.RetrieveSession(ctx, v.SessionID)
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
