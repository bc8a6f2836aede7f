package gateway_test

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"testing"

	"example.com/identity-starter/gateway"
)

// Stripe is sent the check that was asked for, and nothing that was not.
func TestCreateSessionSendsTheCheck(t *testing.T) {
	for name, c := range map[string]struct {
		check gateway.Check
		want  url.Values
	}{
		"nothing in particular": {gateway.Check{}, url.Values{"type": {"document"}}},
		"passports only": {gateway.Check{Documents: []string{gateway.Passport}}, url.Values{"type": {"document"},
			"options[document][allowed_types][0]": {"passport"}}},
		"two documents": {gateway.Check{Documents: []string{gateway.IDCard, gateway.DrivingLicense}}, url.Values{"type": {"document"},
			"options[document][allowed_types][0]": {"id_card"}, "options[document][allowed_types][1]": {"driving_license"}}},
		"a selfie": {gateway.Check{Selfie: true}, url.Values{"type": {"document"},
			"options[document][require_matching_selfie]": {"true"}}},
		"live capture": {gateway.Check{LiveCapture: true}, url.Values{"type": {"document"},
			"options[document][require_live_capture]": {"true"}}},
		"a flow, which decides alone": {gateway.Check{Flow: "vf_simulator", Documents: []string{gateway.Passport}, Selfie: true, LiveCapture: true},
			url.Values{"verification_flow": {"vf_simulator"}}},
	} {
		t.Run(name, func(t *testing.T) {
			var sent url.Values
			stripe := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				_ = r.ParseForm()
				sent = r.PostForm
				_, _ = w.Write([]byte(`{"id":"vs_1","object":"identity.verification_session","status":"requires_input"}`))
			}))
			t.Cleanup(stripe.Close)
			client := gateway.New(gateway.Options{SecretKey: "sk_test_simulator", APIBase: stripe.URL, ReturnURL: "http://localhost/return", Check: c.check})
			if _, err := client.CreateSession(t.Context(), gateway.NewSession{IdempotencyKey: "key", Reference: "reference", UserID: "person"}); err != nil {
				t.Fatalf("create a session: %v", err)
			}
			for _, other := range []string{"client_reference_id", "return_url", "metadata[user_id]"} {
				sent.Del(other)
			}
			if sent.Encode() != c.want.Encode() {
				t.Errorf("the check must be sent as\n%v\ngot\n%v", c.want, sent)
			}
		})
	}
}
