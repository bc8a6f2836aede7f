package handlers

import (
	"bytes"
	"log/slog"
	"net/http"
	"time"

	"github.com/labstack/echo/v4"
)

// receiveEvent answers 200 once the event is on disk, and Stripe may forget it. It asks Stripe
// nothing: an event tells enough, and after a deauthorization there is nothing left to ask.
func (w *Web) receiveEvent(c echo.Context) error {
	body, err := readBody(c.Request())
	if err != nil {
		return err
	}
	e, err := w.Stripe.ParseEvent(body, c.Request().Header.Get("Stripe-Signature"))
	if err != nil {
		return err
	}
	note(c, slog.String("event", e.ID), slog.String("type", e.Type), slog.String("object", e.ObjectID), slog.Int("secret", e.Secret),
		slog.String("version", e.APIVersion), slog.Duration("delay", time.Since(e.CreatedAt).Round(time.Second))) // Stripe's times are whole seconds
	result, err := w.Record.Event(c.Request().Context(), e)
	if err != nil {
		return err
	}
	note(c, slog.String("result", string(result)))
	return c.JSONBlob(http.StatusOK, []byte(received))
}

// received is the answer, with the line end that JSON has everywhere else.
const received = `{"received":true}` + "\n"

// usualBody is more than Stripe's events about sessions have, and little enough to be set
// aside for whoever announces as much and sends nothing.
const usualBody = 4 << 10

// readBody reads the raw bytes, over which the signature is, mostly without moving them.
func readBody(r *http.Request) ([]byte, error) {
	var body bytes.Buffer
	body.Grow(int(min(max(r.ContentLength, 0), usualBody)) + bytes.MinRead)
	_, err := body.ReadFrom(r.Body)
	return body.Bytes(), err
}
