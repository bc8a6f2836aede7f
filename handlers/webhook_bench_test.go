package handlers_test

import (
	"bytes"
	"io"
	"log/slog"
	"net/http"
	"testing"
	"time"

	"github.com/stripe/stripe-go/v82/webhook"
)

// delivered is an event as Stripe renders it, with what the app does not read, too.
const delivered = `{
  "id": "evt_1RwBenchBenchBenchBench0", "object": "event", "api_version": "2025-08-27.basil", "created": 1789000000,
  "data": {"object": {
    "id": "vs_1RwBenchBenchBenchBench0", "object": "identity.verification_session", "client_reference_id": "kcqv6wr2jzm3v7p4x5a2b3c4d5",
    "client_secret": null, "created": 1788999000, "last_error": {"code": "document_expired", "reason": "The document is expired."},
    "last_verification_report": "vr_1RwBenchBenchBenchBench0", "livemode": false, "metadata": {"user_id": "anon_bench"},
    "options": {"document": {"allowed_types": ["passport", "id_card"], "require_live_capture": true, "require_matching_selfie": true}},
    "provided_details": null, "redaction": null, "related_customer": null, "status": "requires_input", "type": "document", "url": null,
    "verification_flow": null}},
  "livemode": false, "pending_webhooks": 1, "request": {"id": null, "idempotency_key": null},
  "type": "identity.verification_session.requires_input"
}`

// unread is where an answer goes that nobody reads.
type unread struct {
	header http.Header
	status int
}

func (u *unread) Header() http.Header              { return u.header }
func (u *unread) WriteHeader(status int)           { u.status = status }
func (u *unread) Write(answer []byte) (int, error) { return len(answer), nil }

// A webhook without the connection: Stripe repeats one event, so that SQLite has to look it
// up, and the disk has nothing to do.
func BenchmarkWebhook(b *testing.B) {
	app, body := newApp(b, slog.New(slog.NewTextHandler(io.Discard, nil))), []byte(delivered)
	signed := webhook.GenerateTestSignedPayload(&webhook.UnsignedPayload{Payload: body, Secret: secret, Timestamp: time.Now().Add(time.Minute)})
	r, err := http.NewRequestWithContext(b.Context(), http.MethodPost, "http://localhost/webhook", nil)
	if err != nil {
		b.Fatal(err)
	}
	r.RemoteAddr, r.ContentLength = "127.0.0.1:1", int64(len(body))
	for name, value := range map[string]string{"Content-Type": "application/json; charset=utf-8", "Accept": "*/*; q=0.5, application/xml",
		"User-Agent": "Stripe/1.0 (+https://stripe.com/docs/webhooks)", "Cache-Control": "no-cache", "Stripe-Signature": signed.Header} {
		r.Header.Set(name, value)
	}
	from, answer := bytes.NewReader(body), &unread{header: http.Header{}}
	sent := io.NopCloser(from)
	for b.ReportAllocs(); b.Loop(); {
		from.Reset(body)
		clear(answer.header)
		r.Body = sent
		if app.ServeHTTP(answer, r); answer.status != http.StatusOK {
			b.Fatalf("the event must be acknowledged, got %d", answer.status)
		}
	}
}
