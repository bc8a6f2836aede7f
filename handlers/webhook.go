package handlers

import (
	"io"
	"net/http"

	"github.com/labstack/echo/v4"

	"example.com/identity-starter/gateway"
	"example.com/identity-starter/store"
)

// receiveEvent answers 200 once the event is on disk, and Stripe may forget it.
// It asks Stripe nothing: what an event tells is enough, and after a
// deauthorization there is nothing left to ask.
func receiveEvent(s Settings, db *store.DB, stripe *gateway.Client) echo.HandlerFunc {
	return func(c echo.Context) error {
		body, err := io.ReadAll(c.Request().Body) // raw: the signature is over these bytes
		if err != nil {
			return err
		}
		e, err := stripe.ParseEvent(body, c.Request().Header.Get("Stripe-Signature"))
		if err != nil {
			return err
		}
		note(c, "event", e.ID)
		note(c, "type", e.Type)
		result, err := db.RecordEvent(c.Request().Context(), toRecord(s, e))
		if err != nil {
			return err
		}
		note(c, "result", result)
		return c.JSON(http.StatusOK, map[string]bool{"received": true})
	}
}

// toRecord decides what an event is to us. What has neither a session nor a
// deauthorization is recorded as ignored.
func toRecord(s Settings, e gateway.Event) store.Event {
	record := store.Event{ID: e.ID, Type: e.Type, Account: e.Account, ObjectID: e.ObjectID,
		Livemode: e.Livemode, CreatedAt: e.CreatedAt}
	if e.Livemode != s.Live {
		return record // a live Connect endpoint gets test events, too
	}
	switch e.Type {
	case gateway.EventDeauthorized:
		record.Deauthorized = e.Account != ""
	case gateway.EventProcessing, gateway.EventVerified, gateway.EventRequiresInput, gateway.EventCanceled, gateway.EventRedacted:
		// With an account it is a connected merchant's session, into which he can write any reference.
		if news, ok := toNews(e.Session); ok && e.Account == "" {
			record.Session = &news
		}
	}
	return record
}

// toNews turns what Stripe says into what store understands; false for a status
// that Stripe has not had so far.
func toNews(s gateway.Session) (store.News, bool) {
	n := store.News{SessionID: s.ID, Reference: s.Reference, UserID: s.UserID, Status: store.Status(s.Status),
		Failed: s.Failed, ErrorCode: s.ErrorCode, ReportID: s.ReportID, Redacted: s.Redacted, At: s.At}
	switch n.Status {
	case store.RequiresInput, store.Processing, store.Verified, store.Canceled:
		return n, true
	}
	return n, false
}
