package bench_test

import (
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"github.com/stripe/stripe-go/v82/webhook"
)

type object map[string]any

// several are deliveries about so many sessions, ten of each in turn: that it is
// being checked, that it is verified, and both again with other ids. The first
// two change something. That a session is being checked is always the older news.
func several(t testing.TB, session string, from, sessions int) [][]byte {
	t.Helper()
	var list [][]byte
	for k := range 10 {
		status, age := "processing", 100*time.Second
		if k%2 == 1 {
			status, age = "verified", 20*time.Second
		}
		for i := from + 1; i <= from+sessions; i++ {
			list = append(list, news(t, fmt.Sprintf("evt_%s%d_%d", session, i, k), fmt.Sprint(session, i), status, age))
		}
	}
	return list
}

// verifying are deliveries that verify another person each, of every step-th user.
func verifying(t testing.TB, from, count, step int) [][]byte {
	t.Helper()
	var list [][]byte
	for i := from; i < from+count; i++ {
		session := fmt.Sprint("vs_bench_", i*step+1)
		list = append(list, news(t, "evt_"+session, session, "verified", 0))
	}
	return list
}

func news(t testing.TB, id, session, status string, age time.Duration) []byte {
	t.Helper()
	created := time.Now().Add(-age).Unix()
	return delivery(t, id, "identity.verification_session."+status, created, object{"object": object{
		"id": session, "object": "identity.verification_session", "client_reference_id": "a reference", "client_secret": nil,
		"created": created - 60, "last_error": nil, "last_verification_report": "vr_" + session, "livemode": false,
		"metadata": object{"user_id": "somebody"}, "options": object{"document": object{"require_matching_selfie": true}},
		"provided_details": nil, "redaction": nil, "related_customer": nil, "status": status, "type": "document", "url": nil,
		"verification_flow": nil,
	}})
}

// customers are deliveries about another customer each, for a server that keeps those.
func customers(t testing.TB, from, count int) [][]byte {
	t.Helper()
	var list [][]byte
	for i := from + 1; i <= from+count; i++ {
		id, created := fmt.Sprint("cus_bench_", i), time.Now().Unix()
		list = append(list, delivery(t, "evt_"+id, "customer.updated", created, object{
			"object": object{
				"id": id, "object": "customer", "balance": 0, "created": created - 60, "currency": "eur", "default_source": nil,
				"address":    object{"city": "Here", "country": "DE", "line1": "A street 1", "line2": nil, "postal_code": "10000", "state": nil},
				"delinquent": false, "description": "a customer", "discount": nil, "email": fmt.Sprint("customer", i, "@example.com"),
				"invoice_prefix": "ABCDEF01", "livemode": false, "metadata": object{"user_id": "somebody"}, "name": "Somebody",
				"invoice_settings":      object{"custom_fields": nil, "default_payment_method": nil, "footer": nil, "rendering_options": nil},
				"next_invoice_sequence": 1, "phone": nil, "preferred_locales": []string{}, "shipping": nil, "tax_exempt": "none",
				"test_clock": nil,
			},
			"previous_attributes": object{"description": nil},
		}))
	}
	return list
}

// delivery is a request as Stripe sends it, with a body of that size.
func delivery(t testing.TB, id, kind string, created int64, data object) []byte {
	t.Helper()
	body, err := json.MarshalIndent(object{
		"id": id, "object": "event", "api_version": "2025-08-27.basil", "created": created, "livemode": false,
		"pending_webhooks": 1, "request": object{"id": nil, "idempotency_key": nil}, "type": kind, "data": data,
	}, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	signed := webhook.GenerateTestSignedPayload(&webhook.UnsignedPayload{Payload: body, Secret: secret, Timestamp: time.Now()})
	return request("POST", "/webhook", string(body), "Content-Type: application/json; charset=utf-8", "Accept: */*; q=0.5, application/xml",
		"User-Agent: Stripe/1.0 (+https://stripe.com/docs/webhooks)", "Cache-Control: no-cache", "Stripe-Signature: "+signed.Header)
}
