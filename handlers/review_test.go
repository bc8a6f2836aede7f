package handlers_test

import (
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"example.com/identity-starter/gateway"
	"example.com/identity-starter/handlers"
	"example.com/identity-starter/outcomes"
	"example.com/identity-starter/store"
	"example.com/identity-starter/templates"
)

// A person's page leads to the sessions in Stripe's Dashboard, in the right mode.
func TestDashboardLinks(t *testing.T) {
	pages, err := templates.Load(templates.Brand{})
	if err != nil {
		t.Fatal(err)
	}
	for live, want := range map[bool]string{false: "https://dashboard.stripe.com/test/identity/verification-sessions/vs_1",
		true: "https://dashboard.stripe.com/identity/verification-sessions/vs_1"} {
		db, err := store.Open(t.Context(), t.TempDir()+"/starter.db", store.Options{MaxAttempts: 3, Livemode: live})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { db.Close() })
		v, err := db.Begin(t.Context(), "person")
		if err == nil {
			_, err = db.RecordSession(t.Context(), store.News{SessionID: "vs_1", Reference: v.ID, UserID: "person", Status: store.Canceled, At: time.Now()})
		}
		if err != nil {
			t.Fatal(err)
		}
		log := slog.New(slog.DiscardHandler)
		h := handlers.New(handlers.Settings{BaseURL: &url.URL{Scheme: "https", Host: "verify.example.com"}, Live: live,
			AuthUserHeader: "X-Auth-User", Reviewers: []string{"rita"}, Static: files(t)}, db, gateway.New(gateway.Options{}), outcomes.NewRecorder(db, live, log), pages, log)
		request := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/review/person?user=person", nil)
		request.RemoteAddr = "127.0.0.1:1"
		request.Header.Set("X-Auth-User", "rita")
		got := httptest.NewRecorder()
		h.ServeHTTP(got, request)
		if got.Code != http.StatusOK || !strings.Contains(got.Body.String(), `href="`+want+`"`) {
			t.Errorf("live %v: the page must link to %s, got %d\n%s", live, want, got.Code, got.Body)
		}
	}
}
