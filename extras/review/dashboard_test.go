package review_test

import (
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"example.com/identity-starter/extras"
	"example.com/identity-starter/extras/review"
	"example.com/identity-starter/gateway"
	"example.com/identity-starter/handlers"
	"example.com/identity-starter/outcomes"
	"example.com/identity-starter/settings"
	"example.com/identity-starter/static"
	"example.com/identity-starter/store"
	"example.com/identity-starter/stripesim"
	"example.com/identity-starter/tests"
)

// open opens a database with review's part of the schema.
func open(t *testing.T, path string, opt store.Options) *store.DB {
	t.Helper()
	opt.MaxAttempts, opt.Schemas = 3, []store.Schema{{Part: "review", Scripts: made("", false, false).Schema}}
	db, err := store.Open(t.Context(), path, opt)
	if err != nil {
		t.Fatalf("open database: %v", err)
	}
	t.Cleanup(func() { db.Close() })
	return db
}

// made is the extra with these reviewers.
func made(reviewers string, live, signedIn bool) extras.Extra {
	return review.New(extras.Program{Live: live, Mode: mode(signedIn), Settings: settings.New(func(name string) string {
		return map[string]string{"REVIEWERS": reviewers}[name]
	})}).Decided()
}

// mode is that of a program where people sign in, or of one where nobody does.
func mode(signedIn bool) func() handlers.Mode {
	return func() handlers.Mode {
		if signedIn {
			return handlers.HeaderSignIn
		}
		return handlers.AnonymousUsers
	}
}

// A person's page leads to the sessions in Stripe's Dashboard, in the right mode.
func TestDashboardLinks(t *testing.T) {
	for live, want := range map[bool]string{false: "https://dashboard.stripe.com/test/identity/verification-sessions/vs_1",
		true: "https://dashboard.stripe.com/identity/verification-sessions/vs_1"} {
		extra, key := made("rita", live, true), "sk_test_words"
		if live {
			key = "sk_live_words"
		}
		db := open(t, tests.Database(t), store.Options{Livemode: live})
		v, err := db.Begin(t.Context(), "person", "", store.Made{})
		if err == nil {
			_, err = db.RecordSession(t.Context(), store.News{SessionID: "vs_1", Reference: v.ID, UserID: "person", Status: store.Canceled, At: time.Now()})
		}
		if err != nil {
			t.Fatal(err)
		}
		files, err := static.New(nil, extra.Static)
		if err != nil {
			t.Fatal(err)
		}
		log := slog.New(slog.DiscardHandler)
		parts := outcomes.Parts{DB: db, Stripe: gateway.New(gateway.Options{SecretKey: key}), Record: outcomes.NewRecorder(db, live, nil, log), Log: log}
		h, err := handlers.New(handlers.Settings{BaseURL: &url.URL{Scheme: "https", Host: "verify.example.com"}, Live: live,
			AuthUserHeader: "X-Auth-User", Answers: extra.Answers, Static: files}, parts, pages(t), nil, extra.Routes)
		if err != nil {
			t.Fatal(err)
		}
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

// Whose account it is, which the addresses in the Dashboard name, is asked at the start: once, and only where somebody looks.
func TestDashboardLinksNameTheAccount(t *testing.T) {
	a := start(t, "REVIEWERS="+ritaPair)
	tests.Eventually(t, "links into the Dashboard name the account", func() bool {
		return a.Parts().Stripe.Dashboard() == "https://dashboard.stripe.com/"+stripesim.PlatformAccount+"/test/"
	})
	reviewerOf(a, ritaPair).look(a.Browser().Verify(a).UserID)
	if asked := len(a.Calls("GET", "/v1/account")); asked != 1 {
		t.Errorf("the account must be asked for once, got %d times", asked)
	}
	if made("", false, false).Work != nil {
		t.Error("without reviewers nobody sees the links, so that nothing must be asked")
	}
}
