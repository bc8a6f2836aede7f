package handlers

import (
	"io"
	"net/http"
	"time"

	"github.com/labstack/echo/v4"
)

// receiveEvent answers 200 once the event is on disk, and Stripe may forget it. It asks Stripe
// nothing: an event tells enough, and after a deauthorization there is nothing left to ask.
func (w *Web) receiveEvent(c echo.Context) error {
	body, err := io.ReadAll(c.Request().Body) // raw: the signature is over these bytes
	if err != nil {
		return err
	}
	e, err := w.Stripe.ParseEvent(body, c.Request().Header.Get("Stripe-Signature"))
	if err != nil {
		return err
	}
	Note(c, "event", e.ID, "type", e.Type, "object", e.ObjectID, "secret", e.Secret, "version", e.APIVersion,
		"delay", time.Since(e.CreatedAt).Round(time.Second)) // Stripe's times are whole seconds
	result, err := w.Record.Event(c.Request().Context(), e)
	if err != nil {
		return err
	}
	Note(c, "result", result)
	return c.JSON(http.StatusOK, map[string]bool{"received": true})
}
