package handlers_test

import (
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// Who is told something is told it in his language, and which it is; a link that chooses
// one is remembered, whatever the answer.
func TestLanguageOfAnswers(t *testing.T) {
	app := newApp(t, slog.New(slog.DiscardHandler))
	for _, c := range []struct{ method, target, language, remembered string }{
		{"GET", "/", "de", ""},
		{"GET", "/?lang=en", "en", "lang=en"},
		{"GET", "/no/such/page", "de", ""},
		{"GET", "/verification/status", "de", ""},
		{"POST", "/webhook", "de", ""}, // it is not signed
		{"GET", "/healthz?lang=en", "en", "lang=en"},
		{"GET", "/healthz", "", ""}, // nothing that anybody reads
	} {
		r, answer := httptest.NewRequestWithContext(t.Context(), c.method, c.target, http.NoBody), httptest.NewRecorder()
		r.Host = "localhost"
		r.Header.Set("Accept-Language", "de")
		app.ServeHTTP(answer, r)
		cookies := strings.Join(answer.Header().Values("Set-Cookie"), "\n")
		if got := answer.Header().Get("Content-Language"); got != c.language || c.remembered == "" == strings.Contains(cookies, "lang=") || !strings.Contains(cookies, c.remembered) {
			t.Errorf("%s %s must be in %q and keep %q, got %q and %q", c.method, c.target, c.language, c.remembered, got, cookies)
		}
	}
}
