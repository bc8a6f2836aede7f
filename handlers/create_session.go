package handlers

import (
	"cmp"
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

	"example.com/identity-starter/gateway"
	"example.com/identity-starter/store"
)

const (
	otherClick = 3 * time.Second  // how long to wait for the click that came first
	clickTime  = 14 * time.Second // for all that a click asks of Stripe
)

// createSession is the button: it answers with the URL of Stripe's page and with nothing else.
func (w *Web) createSession(c echo.Context) error {
	kind, _, _ := mime.ParseMediaType(c.Request().Header.Get("Content-Type"))
	return w.StartSession(c, UserID(c), kind, "")
}

// StartSession answers with the URL of Stripe's page for a user, or with why there is none. Kind is the media type in which
// the optional field email is sent, and returnTo where Stripe sends the person back to; "": to our own page.
func (w *Web) StartSession(c echo.Context, user, kind, returnTo string) error {
	email, err := readEmail(c.Request(), kind)
	if err != nil {
		return err
	}
	lang := w.lang(c)
	if wanted := c.Request().Header.Get("Accept-Language"); forPrograms(c) && (wanted == "" || wanted == "*") {
		lang = "" // the program's, which does not know the person's
	}
	ctx, cancel := context.WithTimeout(gateway.Awaited(c.Request().Context()), clickTime)
	defer cancel()
	url, err := w.openSession(ctx, user, lang, email, returnTo)
	if errors.Is(err, store.ErrDailyCeiling) {
		w.ceiling.Do(func() { w.Log.Error("no verification can be started: MAX_CHECKS_PER_DAY is reached") })
	}
	var refused *gateway.Error
	if errors.As(err, &refused) && refused.Param == "provided_details[email]" {
		return fmt.Errorf("%w: %w", errInvalidEmail, err) // Stripe is stricter than we are
	} else if err != nil {
		return err
	}
	if WantsHTML(c) {
		return c.Redirect(http.StatusSeeOther, url)
	}
	return c.JSON(http.StatusOK, map[string]string{"url": url})
}

// readEmail reads the optional field email of a form or of JSON.
func readEmail(r *http.Request, kind string) (string, error) {
	var body struct{ Email string }
	var err error
	switch kind {
	case echo.MIMEApplicationJSON:
		d := json.NewDecoder(r.Body)
		if err = d.Decode(&body); err == nil {
			if _, err = d.Token(); err == nil { // that there is more than can be taken shows behind the object
				err = ErrBadRequest
			}
		}
		if err == io.EOF {
			err = nil
		}
	case "application/x-www-form-urlencoded":
		err = r.ParseForm()
	case "multipart/form-data":
		err = r.ParseMultipartForm(maxBody)
	default: // nothing of ours, but not without a limit either
		_, err = io.Copy(io.Discard, r.Body)
	}
	email := cmp.Or(body.Email, r.PostForm.Get("email"))
	switch {
	case errors.Is(err, echo.ErrStatusRequestEntityTooLarge):
		return "", err
	case err != nil:
		return "", ErrBadRequest // the parser's own error quotes what was sent
	case email == "":
		return "", nil
	}
	address, err := mail.ParseAddress(email)
	if err != nil || address.Address != email || len(email) > 254 {
		return "", errInvalidEmail
	}
	return email, nil
}

// openSession finds or makes the user's session and returns a fresh URL for it. What Stripe
// says of the session is recorded first, and whether the user may go on is decided again.
func (w *Web) openSession(ctx context.Context, user, lang, email, returnTo string) (string, error) {
	var made store.Made
	made.Check, made.ReturnsTo = w.Stripe.MadeFrom()
	made.ReturnsTo = cmp.Or(returnTo, made.ReturnsTo)
	for range 3 {
		v, err := w.DB.Begin(ctx, user, lang, made)
		if errors.Is(err, store.ErrProcessing) && v.Status == store.Processing {
			if may, _ := w.DB.MayAsk(ctx, v.ID, askOnReturn); may {
				err = nil // the webhook may be lost: Stripe knows
			}
		}
		if err != nil {
			return "", err
		}
		session, err := w.sessionOf(ctx, v, email)
		switch _, err := w.Record.Answer(ctx, v, session, err); {
		case errors.Is(err, store.ErrNotOurs) && session.ID != "":
			return "", w.eraseUnknown(ctx, session.ID, err)
		case err != nil && v.Status == store.Processing:
			return "", fmt.Errorf("%w, and stripe was asked in vain: %w", store.ErrProcessing, err)
		case err != nil:
			return "", err
		case v.Status == store.Processing:
			continue // what is known now decides, and what would be asked for
		}
		if may, err := w.mayGo(ctx, v); err != nil {
			return "", err
		} else if may && session.Status == string(store.RequiresInput) && session.URL != "" {
			return session.URL, nil
		}
	}
	return "", fmt.Errorf("open session: %w", gateway.ErrUnavailable)
}

// mayGo says whether the user may still be sent to the session: while Stripe was asked, a failure may have become known, or
// that nobody is sent there again. It need not be the newest: one from before a backup was restored may have come besides.
func (w *Web) mayGo(ctx context.Context, v store.Verification) (bool, error) {
	user, err := w.DB.Stands(ctx, v.UserID)
	if err != nil || user.AttemptsLeft == 0 || user.Verified || user.Rejected || user.InReview || user.AtGate {
		return false, err
	}
	now, err := w.DB.Find(ctx, v.ID)
	if store.IsNoRows(err) {
		return false, nil
	}
	return err == nil && now.Open(), err
}

// eraseUnknown has Stripe erase a session that was made for a verification which is not here any more: its user was forgotten
// meanwhile, whose id is in it, or the create was given up. Nobody was sent there. It returns the reason, and what else went wrong.
func (w *Web) eraseUnknown(ctx context.Context, sessionID string, reason error) error {
	if _, err := w.Stripe.Redact(context.WithoutCancel(ctx), sessionID); err != nil {
		return fmt.Errorf("%w, and %s, which was made for it, cannot be redacted: %v", reason, sessionID, err)
	}
	return reason
}

// sessionOf makes the verification's session, or reads the one it has.
func (w *Web) sessionOf(ctx context.Context, v store.Verification, email string) (gateway.Session, error) {
	if v.SessionID == "" && !v.New {
		// An earlier click got no answer, or has not got it yet: Stripe may have the session.
		found, err := w.Stripe.FindSession(ctx, v.ID, v.UserID)
		if err != nil {
			return gateway.Session{}, err
		}
		v.SessionID = found.ID
	}
	if v.SessionID != "" {
		session, err := w.Stripe.RetrieveSession(ctx, v.SessionID)
		if err == nil && email != "" && email != session.Email && session.Status == string(store.RequiresInput) {
			return w.Stripe.CorrectEmail(ctx, v.SessionID, email)
		}
		return session, err
	}
	session, err := w.Stripe.CreateSession(ctx, gateway.NewSession{
		IdempotencyKey: v.IdempotencyKey(), Reference: v.ID, UserID: v.UserID, Email: email, ReturnURL: v.ReturnsTo})
	var answer *gateway.Error
	switch {
	case errors.Is(err, gateway.ErrInFlight):
		return w.awaitOther(ctx, v.ID)
	case errors.Is(err, gateway.ErrRejected), errors.Is(err, gateway.ErrRevoked):
		err = errors.Join(err, w.DB.GiveUp(ctx, v.ID))
	case errors.Is(err, gateway.ErrSpent), errors.As(err, &answer) && answer.Repeat:
		err = errors.Join(err, w.DB.NewKey(ctx, v))
	}
	return session, err
}

// awaitOther waits for the session of the click that came first, be it in this process or in another one.
func (w *Web) awaitOther(ctx context.Context, id string) (gateway.Session, error) {
	for range 60 {
		v, err := w.DB.Find(ctx, id)
		if err == nil && v.SessionID != "" {
			return w.Stripe.RetrieveSession(ctx, v.SessionID)
		} else if err != nil {
			return gateway.Session{}, fmt.Errorf("wait for the other click: %w", errors.Join(gateway.ErrInFlight, err))
		}
		select {
		case <-time.After(otherClick / 60):
		case <-ctx.Done():
			return gateway.Session{}, ctx.Err()
		}
	}
	return gateway.Session{}, fmt.Errorf("wait for the other click: %w", gateway.ErrInFlight)
}
