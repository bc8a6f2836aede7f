package bench_test

import (
	"database/sql"
	"encoding/json"
	"fmt"
	"net"
	"path/filepath"
	"testing"
	"time"

	"github.com/stripe/stripe-go/v82/webhook"

	"example.com/identity-starter/store"
)

func net4() (net.Listener, error) { return net.Listen("tcp", "127.0.0.1:0") }

// newDatabase makes a file with so many users, each with a session that is open,
// and so many events of the past.
func newDatabase(t testing.TB, users, events int) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "starter.db")
	db, err := store.Open(t.Context(), path, store.Options{MaxAttempts: 3})
	if err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	raw, err := sql.Open("sqlite3", "file:"+path+"?_synchronous=OFF")
	if err != nil {
		t.Fatal(err)
	}
	defer raw.Close()
	now := time.Now().Unix()
	for statement, count := range map[string]int{
		`WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?1)
		 INSERT INTO verifications (id, livemode, user_id, session_id, news_at, created_at, updated_at)
		 SELECT lower(hex(randomblob(13))), 0, 'anon_' || i, 'vs_bench_' || i, ?2 - 1000, ?2 - 1000, ?2 - 1000 FROM n WHERE ?1 > 0`: users,
		`WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?1)
		 INSERT INTO events (id, type, livemode, account, object_id, created_at, received_at, result)
		 SELECT 'evt_' || lower(hex(randomblob(12))), 'identity.verification_session.verified', 0, '',
		    'vs_' || lower(hex(randomblob(12))), ?2 - 1000000 + i, ?2 - 1000000 + i, 'applied' FROM n WHERE ?1 > 0`: events,
	} {
		if _, err := raw.ExecContext(t.Context(), statement, count, now); err != nil {
			t.Fatal(err)
		}
	}
	return path
}

// webhooks are deliveries of one event each, with bodies of the size that Stripe
// sends: of every session first that it is being checked, then that it is verified.
func webhooks(t testing.TB, session string, from, sessions int) [][]byte {
	t.Helper()
	var list [][]byte
	for _, status := range []string{"processing", "verified"} {
		for i := from + 1; i <= from+sessions; i++ {
			list = append(list, delivery(t, fmt.Sprintf("evt_%s_%d_%s", session, i, status), fmt.Sprint(session, i), status))
		}
	}
	return list
}

type object map[string]any

func delivery(t testing.TB, event, session, status string) []byte {
	t.Helper()
	now := time.Now()
	body, err := json.MarshalIndent(object{
		"id": event, "object": "event", "api_version": "2025-08-27.basil", "created": now.Unix(), "livemode": false,
		"pending_webhooks": 1, "request": object{"id": nil, "idempotency_key": nil}, "type": "identity.verification_session." + status,
		"data": object{"object": object{
			"id": session, "object": "identity.verification_session", "client_reference_id": "a reference", "client_secret": nil,
			"created": now.Unix() - 60, "last_error": nil, "last_verification_report": "vr_" + session, "livemode": false,
			"metadata": object{"user_id": "somebody"}, "options": object{"document": object{"require_matching_selfie": true}},
			"provided_details": nil, "redaction": nil, "related_customer": nil, "status": status, "type": "document", "url": nil,
			"verification_flow": nil,
		}},
	}, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	signed := webhook.GenerateTestSignedPayload(&webhook.UnsignedPayload{Payload: body, Secret: secret, Timestamp: now})
	return request("POST", "/webhook", string(body), "Content-Type: application/json; charset=utf-8", "Accept: */*; q=0.5, application/xml",
		"User-Agent: Stripe/1.0 (+https://stripe.com/docs/webhooks)", "Cache-Control: no-cache", "Stripe-Signature: "+signed.Header)
}
