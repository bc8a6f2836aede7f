package tests

import (
	"encoding/json"
	"maps"
	"net/http"
	"strings"
	"testing"
	"time"

	"example.com/identity-starter/stripesim"
)

const (
	VerifiedEvent      = "identity.verification_session.verified"
	RequiresInputEvent = "identity.verification_session.requires_input"
	ProcessingEvent    = "identity.verification_session.processing"
	CanceledEvent      = "identity.verification_session.canceled"
)

// Object is a part of an event's JSON.
type Object map[string]any

// With is a copy of o with these fields set on top.
func (o Object) With(fields Object) Object {
	all := maps.Clone(o)
	maps.Copy(all, fields)
	return all
}

func (o Object) JSON(t *testing.T) string {
	t.Helper()
	body, err := json.Marshal(o)
	if err != nil {
		t.Fatal(err)
	}
	return string(body)
}

// Snapshot is a snapshot event of Stripe's about something.
func Snapshot(id, kind string, about Object) Object {
	return Object{"id": id, "object": "event", "type": kind, "created": time.Now().Unix(), "livemode": false,
		"api_version": "2025-08-27.basil", "pending_webhooks": 1, "request": Object{"id": nil, "idempotency_key": nil},
		"data": Object{"object": about}}
}

// About is a session as an event about it shows it.
func About(s stripesim.Session, status string) Object {
	return Object{"id": s.ID, "object": "identity.verification_session", "status": status, "livemode": false,
		"client_reference_id": s.Reference, "metadata": Object{"user_id": s.UserID}, "last_error": nil,
		"last_verification_report": nil, "type": "document", "url": nil, "client_secret": nil}
}

// Failed is a session whose check has failed with the code, as the report says.
func Failed(s stripesim.Session, code, report string) Object {
	return About(s, "requires_input").With(Object{"last_error": Object{"code": code, "reason": "A sentence of Stripe's."},
		"last_verification_report": report})
}

// Result is what became of the event with this id; "" when it is not recorded.
func (a *App) Result(event string) string {
	a.T.Helper()
	return strings.Join(a.Rows("SELECT result FROM events WHERE id = ?", event), ",")
}

// Knock posts a body to the webhook with that Stripe-Signature header; "-" sends none.
func (a *App) Knock(body, header string) Answer {
	a.T.Helper()
	door := a.Browser() // a browser's Accept: the webhook speaks JSON all the same
	request := door.Request("POST", "/webhook", strings.NewReader(body))
	if header != "-" {
		request.Header.Set("Stripe-Signature", header)
	}
	return door.Send(request)
}

// Signed is a delivery of the body as Stripe makes it.
func (b *Browser) Signed(body string) *http.Request {
	b.T.Helper()
	request := b.Request("POST", "/webhook", strings.NewReader(body))
	request.Header.Set("Stripe-Signature", Sign(body, PlatformSecret, time.Now()))
	return request
}
