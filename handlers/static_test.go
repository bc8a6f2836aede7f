package handlers_test

import (
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"testing/fstest"

	"example.com/identity-starter/gateway"
	"example.com/identity-starter/handlers"
	"example.com/identity-starter/outcomes"
	"example.com/identity-starter/static"
	"example.com/identity-starter/store"
	"example.com/identity-starter/templates"
	"example.com/identity-starter/tests"
)

// files are the static files of a program without a brand.
func files(t testing.TB) *static.Set {
	t.Helper()
	set, err := static.New(nil)
	if err != nil {
		t.Fatalf("our own static files must fit together: %v", err)
	}
	return set
}

// branded is the app with a brand's files, where Stripe makes the check.
func branded(t *testing.T, brand templates.Brand, check gateway.Check) http.Handler {
	t.Helper()
	db, err := store.Open(t.Context(), tests.Database(t), store.Options{MaxAttempts: 3})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	pages, err := templates.Load(brand)
	if err != nil {
		t.Fatal(err)
	}
	set, err := static.New(brand.Files)
	if err != nil {
		t.Fatal(err)
	}
	log := slog.New(slog.DiscardHandler)
	app, err := handlers.New(handlers.Settings{BaseURL: &url.URL{Scheme: "http", Host: "localhost"}, AppName: "Shop", Static: set},
		outcomes.Parts{DB: db, Stripe: gateway.New(gateway.Options{Check: check}), Record: outcomes.NewRecorder(db, false, nil, log), Log: log}, pages, nil)
	if err != nil {
		t.Fatal(err)
	}
	return app
}

func open(t *testing.T, app http.Handler, path string) *httptest.ResponseRecorder {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, path, nil)
	r.Host = "localhost"
	r.Header.Set("Accept", "text/html")
	w := httptest.NewRecorder()
	app.ServeHTTP(w, r)
	return w
}

// With nosniff, which every answer carries, a browser shows no image whose type is wrong.
func TestBrandIsServed(t *testing.T) {
	for file, want := range map[string]string{"logo.svg": "image/svg+xml", "logo.png": "image/png", "logo.jpg": "image/jpeg", "logo.jpeg": "image/jpeg",
		"logo.webp": "image/webp", "logo.gif": "image/gif", "logo.avif": "image/avif"} {
		app := branded(t, templates.Brand{LogoText: "Shop & Co", Files: fstest.MapFS{file: {Data: []byte("logo")},
			"style.css": {Data: []byte("h1{}")}, "README.md": {Data: []byte("ours")}}}, gateway.Check{})
		page := open(t, app, "/").Body.String()
		for _, link := range []string{`<link rel="icon" href="/static/brand/` + file, `<img src="/static/brand/` + file, `alt="Shop &amp; Co"`} {
			if !strings.Contains(page, link) {
				t.Errorf("a page must have %s, got\n%s", link, page)
			}
		}
		ours, theirs := strings.Index(page, `href="/static/style.css`), strings.Index(page, `href="/static/brand/style.css`)
		if ours < 0 || theirs < ours {
			t.Error("the brand's style must be loaded after ours, or it changes nothing")
		}
		for name, kind := range map[string]string{"/static/brand/" + file: want, "/static/brand/style.css": "text/css; charset=utf-8"} {
			if got := open(t, app, name); got.Code != http.StatusOK || got.Header().Get("Content-Type") != kind {
				t.Errorf("%s must be served as %s, got %d %q", name, kind, got.Code, got.Header().Get("Content-Type"))
			}
		}
		for _, name := range []string{"/static/brand/README.md", "/static/README.md", "/static/brand/", "/static/"} {
			if got := open(t, app, name); got.Code != http.StatusNotFound {
				t.Errorf("%s is not for browsers, got %d", name, got.Code)
			}
		}
	}
}

func TestPagesWithoutABrand(t *testing.T) {
	page := open(t, branded(t, templates.Brand{}, gateway.Check{}), "/").Body.String()
	if strings.Contains(page, "/static/brand/") || !strings.Contains(page, `<img src="/static/favicon.svg`) || !strings.Contains(page, `<link rel="icon" href="/static/favicon.svg`) {
		t.Errorf("without a brand the pages must show our icon and ask for nothing that is not there, got\n%s", page)
	}
}

// The pages say what the client asks Stripe for: there is no second place to set it.
func TestPagesFollowTheClient(t *testing.T) {
	set, _ := words(t)
	for kind, want := range map[string]bool{gateway.Passport: true, gateway.IDCard: false, gateway.DrivingLicense: false} {
		page := open(t, branded(t, templates.Brand{}, gateway.Check{Documents: []string{gateway.Passport}}), "/").Body.String()
		if got := strings.Contains(page, set.T("en", "document."+kind)); got != want {
			t.Errorf("passports only are asked for: whether the page names %s must be %v", kind, want)
		}
	}
}
