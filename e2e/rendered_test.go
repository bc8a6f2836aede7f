package e2e_test

import (
	"bytes"
	"cmp"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"example.com/identity-starter/static"
	"example.com/identity-starter/templates"
)

// state is what a page, by its name, is shown with.
type state struct {
	page string
	main way
	templates.Page
}

// rendered are states that a browser alone does not get to, such as a reviewer's
// decision. Their pages are the program's, with made-up facts.
func rendered(set *templates.Set) map[string]state {
	const lang = "en"
	march := time.Date(2026, 3, 1, 9, 30, 0, 0, time.UTC)
	all := map[string]state{}
	for _, status := range []string{"canceled", "in_review", "rejected"} {
		all["rendered-"+status] = state{"verification", map[string]way{"canceled": verify, "rejected": contact, "in_review": some}[status], templates.Page{Data: templates.Verification{
			Status: status, Title: set.T(lang, "state."+status+".title"), Message: set.T(lang, "state."+status+".text"),
			Button: status == "canceled", Contact: status == "rejected", Action: map[string]string{"in_review": set.T(lang, "verification.check")}[status],
			ActionURL: "/verification.html", Reference: "k7m2x9qa", Support: "mailto:help@example.com", MaxAttempts: 3}}}
	}
	all["rendered-email"] = state{"verification", verify, templates.Page{AppName: "Genossenschaftsverwaltungsgesellschaft Nord", Data: templates.Verification{Status: "none",
		Title: set.T(lang, "state.none.title"), Message: set.T(lang, "state.none.text"), Button: true, AskEmail: true, Points: true,
		Documents: set.T(lang, "intro.documents.text"), Camera: set.T(lang, "intro.camera.unknown")}}}
	all["rendered-members"] = state{"members", arrived, templates.Page{Data: templates.Members{UserID: "anon_1", Since: march}}}
	all["rendered-connected"] = state{"connect", connectMore, templates.Page{Data: templates.Connect{On: true, Connected: "acct_1",
		Accounts: []templates.Account{{ID: "acct_1", Name: "Kiosk Nord", Known: true, Charges: true, Since: march},
			{ID: "acct_2", Name: "Genossenschaftsverwaltungsgesellschaft Nord", Since: march}, {ID: "acct_3", Known: true, Revoked: true},
			{ID: "acct_4", Known: true, Revoked: true, Ended: true}}}}}
	for _, code := range []string{"already_verified", "processing", "in_review", "rejected", "invalid_email", "bad_request", "too_large",
		"cross_site", "wrong_host", "rate_limited", "stripe_rejected", "code_rejected", "outcome_unknown", "own_account", "wrong_mode",
		"account_taken", "connect_disabled", "internal"} {
		all["error-"+code] = state{"error", some, templates.Page{RequestID: "k7m2x9qa", Data: templates.Error{Code: code, Status: cmp.Or(map[string]int{"internal": 500, "stripe_rejected": 502}[code], 400),
			Message: set.T(lang, "error."+code, "base", "http://localhost:4242"), Next: set.T(lang, "error."+code+".next"), NextURL: "/"}}}
	}
	return all
}

// serve shows a page with the program's own files next to it.
func serve(t *testing.T, set *templates.Set, name string, page templates.Page) string {
	t.Helper()
	page.Lang, page.AppName, page.ConnectOn = "en", cmp.Or(page.AppName, "Shop"), true
	page.SupportURL, page.Path, page.TestMode = "mailto:help@example.com", "/", true
	var html bytes.Buffer
	if err := set.Render(&html, name, page); err != nil {
		t.Fatal(err)
	}
	files, err := static.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	routes := http.NewServeMux()
	routes.Handle("/static/", http.StripPrefix("/static/", http.FileServerFS(files)))
	routes.HandleFunc("/", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		w.Header().Set("Content-Security-Policy", "default-src 'none'; style-src 'self'; img-src 'self'; script-src 'self'")
		_, _ = w.Write(html.Bytes())
	})
	server := httptest.NewServer(routes)
	t.Cleanup(server.Close)
	return server.URL
}

func TestRenderedStates(t *testing.T) {
	t.Parallel()
	set, err := templates.Load(templates.Brand{})
	if err != nil {
		t.Fatal(err)
	}
	for name, state := range rendered(set) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			url := serve(t, set, state.page, state.Page)
			p := person(t, url).open("/").wait("the page is there", `document.readyState === "complete" && document.querySelector("h1").textContent`)
			p.acts(name, state.main)
			p.look(name)
		})
	}
}
