package handlers

import (
	"bytes"
	"errors"
	"log/slog"
	"net/http"
	"time"

	"github.com/labstack/echo/v4"

	"example.com/identity-starter/gateway"
)

// receiveEvent answers 200 once the event is on disk, and Stripe may forget it. It asks Stripe nothing: where an event
// does not tell enough, a consumer of outcomes asks.
func (w *Web) receiveEvent(c echo.Context) error {
	e, err := w.readEvent(c.Request())
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
	return c.JSONBlob(http.StatusOK, []byte(`{"received":true}`+"\n")) // with the line end that JSON has everywhere else
}

// usualBody is more than Stripe's events about sessions have. What is larger is not kept.
const usualBody = 16 << 10

// readEvent reads the raw bytes, over which the signature is. Of them nothing is left in the
// event, so that the next request can use the place.
func (w *Web) readEvent(r *http.Request) (gateway.Event, error) {
	body, ok := w.bodies.Get().(*bytes.Buffer)
	if !ok {
		body = new(bytes.Buffer)
	}
	defer func() {
		if body.Cap() <= usualBody {
			body.Reset()
			w.bodies.Put(body)
		}
	}()
	if _, err := body.ReadFrom(r.Body); errors.Is(err, echo.ErrStatusRequestEntityTooLarge) {
		return gateway.Event{}, err
	} else if err != nil {
		return gateway.Event{}, ErrBadRequest // the reader's own error quotes what was sent
	}
	return w.Stripe.ParseEvent(body.Bytes(), r.Header.Get("Stripe-Signature"))
}
