package handlers_test

import (
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stripe/stripe-go/v82/webhook"

	"example.com/identity-starter/gateway"
	"example.com/identity-starter/handlers"
	"example.com/identity-starter/outcomes"
	"example.com/identity-starter/store"
	"example.com/identity-starter/templates"
	"example.com/identity-starter/tests"
)

const secret = "whsec_simulator"

// newApp is the app, before a Stripe that refuses everything.
func newApp(t testing.TB, log *slog.Logger) http.Handler {
	t.Helper()
	stripe := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusBadRequest)
		_, _ = io.WriteString(w, `{"error":{"type":"invalid_request_error","message":"refused"}}`)
	}))
	t.Cleanup(stripe.Close)
	db, err := store.Open(t.Context(), tests.Database(t), store.Options{MaxAttempts: 3})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	client := gateway.New(gateway.Options{SecretKey: "sk_test_simulator", WebhookSecrets: []string{secret}, ClientID: "ca_simulator",
		APIBase: stripe.URL, ConnectBase: stripe.URL, ReturnURL: "http://localhost/verification/return"})
	pages, err := templates.Load(templates.Brand{})
	if err != nil {
		t.Fatal(err)
	}
	parts := outcomes.Parts{DB: db, Stripe: client, Record: outcomes.NewRecorder(db, false, nil, log), Log: log}
	app, err := handlers.New(handlers.Settings{BaseURL: &url.URL{Scheme: "http", Host: "localhost"}, AppName: "Fuzz", Static: files(t)}, parts, pages, nil)
	if err != nil {
		t.Fatal(err)
	}
	return app
}

// web sends requests to the app, and knows what no answer may be.
func web(f *testing.F) func(t *testing.T, r *http.Request) *http.Response {
	f.Helper()
	app := newApp(f, slog.New(slog.DiscardHandler))
	return func(t *testing.T, r *http.Request) *http.Response {
		t.Helper()
		r.Host, r.RequestURI = "localhost", ""
		w := httptest.NewRecorder()
		app.ServeHTTP(w, r)
		answer := w.Result()
		if answer.StatusCode == http.StatusInternalServerError {
			t.Errorf("nothing that is sent may be an error of ours, got %s", w.Body)
		}
		for name, values := range answer.Header {
			if strings.ContainsAny(name+strings.Join(values, ""), "\r\n\x00") {
				t.Errorf("nothing that is sent may break a header, got %q: %q", name, values)
			}
		}
		return answer
	}
}

func mustBe(t *testing.T, answer *http.Response, statuses ...int) {
	t.Helper()
	if !slices.Contains(statuses, answer.StatusCode) {
		t.Errorf("the answer must be one of %v, got %d", statuses, answer.StatusCode)
	}
}

// The bodies of webhooks, properly signed: whatever Stripe may come to send.
func FuzzWebhookBody(f *testing.F) {
	serve := web(f)
	for _, seed := range []string{`{}`, `[]`, `null`, `"x"`, ``, `{"id":"evt_1","type":"charge.succeeded","data":{"object":{"id":"ch_1"}}}`,
		`{"id":"evt_2","type":"identity.verification_session.verified","created":1,"data":{"object":{"id":"vs_1","status":"verified","client_reference_id":"a","metadata":{"user_id":"b"},"last_error":{"code":"x"},"last_verification_report":{"id":"vr_1"}}}}`,
		`{"id":"evt_3","type":"account.application.deauthorized","account":"acct_1","created":-1,"data":{"object":{"id":7}}}`,
		`{"id":"evt_4","type":"identity.verification_session.requires_input","created":9223372036854775807,"data":{"object":{"id":"vs_1","last_verification_report":[]}}}`,
		`{"id":"evt_5","object":"v2.core.event","type":"v1.identity.verification_session.verified","created":"2026-01-01T00:00:00.000Z","context":"org_1/","related_object":{"id":"vs_1"}}`,
		`{"id":"` + "\x00\xff" + `","type":"t","data":{"object":null}}`, strings.Repeat(`{"data":`, 20000)} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		signed := webhook.GenerateTestSignedPayload(&webhook.UnsignedPayload{Payload: body, Secret: secret, Timestamp: time.Now()})
		r := httptest.NewRequestWithContext(t.Context(), "POST", "/webhook", strings.NewReader(string(body)))
		r.Header.Set("Stripe-Signature", signed.Header)
		mustBe(t, serve(t, r), 200, 400, 413)
	})
}

// Signature headers: none lets anything in that was not signed with the secret.
func FuzzSignature(f *testing.F) {
	serve := web(f)
	const body = `{"id":"evt_1","type":"charge.succeeded","data":{"object":{"id":"ch_1"}}}`
	forged := webhook.GenerateTestSignedPayload(&webhook.UnsignedPayload{Payload: []byte(body), Secret: "whsec_other", Timestamp: time.Now()})
	for _, seed := range []string{"", "t=1,v1=00", "v1=", "t=,v1=,", "t=99999999999999999999,v1=00", "t=-1,v1=zz,v0=00", ",,,==", forged.Header,
		forged.Header + "," + forged.Header, "t=1" + strings.Repeat(",v1=00", 2000)} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, header string) {
		r := httptest.NewRequestWithContext(t.Context(), "POST", "/webhook", strings.NewReader(body))
		r.Header["Stripe-Signature"] = []string{header}
		mustBe(t, serve(t, r), 400)
	})
}

// The query with which anybody can send a browser to the callback.
func FuzzCallback(f *testing.F) {
	serve := web(f)
	for _, seed := range []string{"", "state=x&code=y", "error=access_denied", "state=a&state=b", "%", "code=x&state=%00", "state=;code", "error", "a=%zz"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, query string) {
		r := httptest.NewRequestWithContext(t.Context(), "GET", "/connect/callback", nil)
		r.URL.RawQuery = query
		r.AddCookie(&http.Cookie{Name: "user", Value: strings.Repeat("A", 43)})
		mustBe(t, serve(t, r), 200, 403)
	})
}

// What clients and proxies have written of where a request has come from: the last who is trusted knows.
func FuzzForwarded(f *testing.F) {
	for _, seed := range []string{"", "192.0.2.2:80", "[2001:db8::1]:443", "unknown", `"[::1"]`, "::1%eth0, 10.0.0.1", "unix:", ",,", "]", "[", ":", "[]:1"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, sent string) {
		r := httptest.NewRequestWithContext(t.Context(), "GET", "/", nil)
		for forwarded, peer := range map[string]string{sent: "192.0.2.1:1", sent + ", 192.0.2.1": "[::1]:1", sent + ",[::ffff:192.0.2.1]:5": "127.0.0.1:1"} {
			r.Header["X-Forwarded-For"], r.RemoteAddr = []string{forwarded}, peer
			if got := handlers.ClientAddress(r); got != "192.0.2.1" {
				t.Errorf("%q from %s is 192.0.2.1, got %q", forwarded, peer, got)
			}
		}
		r.Header["X-Forwarded-For"] = []string{sent}
		if got := handlers.ClientAddress(r); got == "" || len(got) > 4<<10 {
			t.Errorf("%q must be somebody, got %q", sent, got)
		}
	})
}

// Cookies, ours and others': whatever is not ours is somebody new.
func FuzzCookie(f *testing.F) {
	serve := web(f)
	for _, seed := range []string{"", "user=", "user=" + strings.Repeat("A", 43), "user=" + strings.Repeat("A", 42) + "=", "user=x; user=y", ";;;", "user=\x00", "=user", "lang=xx"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, cookie string) {
		r := httptest.NewRequestWithContext(t.Context(), "GET", "/", nil)
		r.Header["Cookie"] = []string{cookie}
		mustBe(t, serve(t, r), 200)
	})
}

// The form and the JSON of a click.
func FuzzCreate(f *testing.F) {
	serve := web(f)
	for _, seed := range [][2]string{{"application/json", `{"email":"a@b.example"}`}, {"application/json", `{`}, {"application/json", `{"email":7}`},
		{"application/x-www-form-urlencoded", "email=a%40b.example"}, {"application/x-www-form-urlencoded", "email=%zz&;"}, {"", ""},
		{"multipart/form-data; boundary=x", "--x\r\n"}, {"application/json; charset=\xff", "null"}, {"application/json", `{"email":"\u0000@b"}`}} {
		f.Add(seed[0], seed[1])
	}
	f.Fuzz(func(t *testing.T, kind, body string) {
		r := httptest.NewRequestWithContext(t.Context(), "POST", "/create-verification-session", strings.NewReader(body))
		r.Header["Content-Type"] = []string{kind}
		mustBe(t, serve(t, r), 400, 413, 502) // Stripe refuses whatever gets there
	})
}
