package handlers

import (
	"io"
	"net/http"
	"time"

	"github.com/labstack/echo/v4"

	"example.com/identity-starter/outcomes"
)

// receiveEvent answers 200 once the event is on disk, and Stripe may forget it.
// It asks Stripe nothing: what an event tells is enough, and after a
// deauthorization there is nothing left to ask.
func receiveEvent(p outcomes.Parts) echo.HandlerFunc {
	return func(c echo.Context) error {
		body, err := io.ReadAll(c.Request().Body) // raw: the signature is over these bytes
		if err != nil {
			return err
		}
		e, err := p.Stripe.ParseEvent(body, c.Request().Header.Get("Stripe-Signature"))
		if err != nil {
			return err
		}
		Note(c, "event", e.ID)
		Note(c, "type", e.Type)
		Note(c, "object", e.ObjectID)
		Note(c, "secret", e.Secret)
		Note(c, "version", e.APIVersion)
		Note(c, "delay", time.Since(e.CreatedAt).Round(time.Second)) // Stripe's times are whole seconds
		result, err := p.Record.Event(c.Request().Context(), e)
		if err != nil {
			return err
		}
		Note(c, "result", result)
		return c.JSON(http.StatusOK, map[string]bool{"received": true})
	}
}
