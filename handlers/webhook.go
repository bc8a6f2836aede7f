package handlers

import (
	"io"
	"net/http"
	"time"

	"github.com/labstack/echo/v4"

	"example.com/identity-starter/gateway"
	"example.com/identity-starter/outcomes"
)

// receiveEvent answers 200 once the event is on disk, and Stripe may forget it.
// It asks Stripe nothing: what an event tells is enough, and after a
// deauthorization there is nothing left to ask.
func receiveEvent(stripe *gateway.Client, record *outcomes.Recorder) echo.HandlerFunc {
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
		note(c, "object", e.ObjectID)
		note(c, "secret", e.Secret)
		note(c, "version", e.APIVersion)
		note(c, "delay", time.Since(e.CreatedAt).Round(time.Second)) // Stripe's times are whole seconds
		result, err := record.Event(c.Request().Context(), e)
		if err != nil {
			return err
		}
		note(c, "result", result)
		return c.JSON(http.StatusOK, map[string]bool{"received": true})
	}
}
