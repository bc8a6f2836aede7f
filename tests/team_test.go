package tests

import (
	"context"
	"net/http"
	"net/url"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"example.com/identity-starter/app"
	"example.com/identity-starter/gateway"
	"example.com/identity-starter/settings"
	"example.com/identity-starter/stripesim"
	"example.com/identity-starter/templates"
)

// signsIn is a team whose own session is a header of the test's.
func signsIn(r *settings.Reader) app.Team {
	t := Team(r)
	t.SignIn = func(r *http.Request) string { return r.Header.Get("X-Own-Session") }
	return t
}

// as sends a request of somebody who has signed in with the team; "" is nobody.
func (b *Browser) as(user, method, path string) Answer {
	b.T.Helper()
	request := b.Request(method, path, nil)
	request.Header.Set("X-Own-Session", user)
	request.Header.Set("X-Auth-User", "somebody-else")
	return b.Send(request)
}

// Whom the team has signed in is the user at Stripe and here, and gets no cookie of ours.
func TestTeamsSignIn(t *testing.T) {
	a := StartTeam(t, signsIn, "AUTH_USER_HEADER=X-Auth-User") // the team goes before the header
	a.Announces(t, "  users      from the team's sign-in, 3 failed checks each\n")
	got := a.API().as("customer-42", "POST", CreatePath)
	sessions := a.Sim.Sessions()
	if got.Status != 200 || got.Header.Get("Set-Cookie") != "" || len(sessions) != 1 || sessions[0].UserID != "customer-42" {
		t.Fatalf("the user at Stripe must be the team's, got %d %s, %+v", got.Status, got.Body, sessions)
	}
	a.Finish(sessions[0].ID, "verified")
	if got := a.Browser().as("customer-42", "GET", "/members"); got.Status != 200 {
		t.Errorf("on any device that user is verified, got %d", got.Status)
	}
	if got := a.Browser().as("customer-43", "GET", "/members"); got.Status == 200 {
		t.Error("and nobody else is")
	}
	if rows := a.Rows("SELECT user_id, verified FROM users"); len(rows) != 1 || rows[0] != "customer-42|1" {
		t.Errorf("the database must have the team's user, got %q", rows)
	}
}

// Where nobody is signed in there is no anonymous user instead. An id that cannot be
// one is nobody's; one that may be an address is hashed.
func TestNobodySignedIn(t *testing.T) {
	a := StartTeam(t, signsIn)
	for name, user := range map[string]string{"nobody": "", "a long id": strings.Repeat("u", 201), "a letter beyond ASCII": "zo\u00e9", "a tab": "a\tb"} {
		for _, route := range []string{"GET /", "POST /create-verification-session", "GET /verification/return", "GET /verification/status", "GET /members",
			"GET /connect", "POST /connect/authorize"} {
			method, path, _ := strings.Cut(route, " ")
			got := a.API().as(user, method, path)
			got.Refused(t, "sign_in_required", 401)
			if got.Header.Get("Set-Cookie") != "" {
				t.Errorf("%s, %s: nobody may become an anonymous user", name, route)
			}
		}
	}
	a.Says("nobody is signed in: SignIn has named nobody") // not that there is none
	if n := len(a.Asked()); n != 0 {
		t.Errorf("Stripe must not be asked for nobody, got %d calls", n)
	}
	for _, user := range []string{"customer 42 (\"x\"; <y>)", strings.Repeat("u", 200)} {
		if got := a.API().as(user, "POST", CreatePath); got.Status != 200 {
			t.Errorf("%q is an id as any other, as in the header, got %d", user, got.Status)
		}
	}
	if got := a.API().as("person@mail.example", "POST", CreatePath); got.Status != 200 {
		t.Fatalf("an address must do, got %d %s", got.Status, got.Body)
	}
	last := a.Sim.Sessions()[2]
	if !strings.HasPrefix(last.UserID, "mail_") || strings.Contains(last.UserID, "@") || a.Remembers("person@mail") {
		t.Errorf("an address must reach neither Stripe nor the file, got %q", last.UserID)
	}
}

// A team that expects something of people needs somebody who asks.
func TestExpectWithoutAnybodyWhoAsks(t *testing.T) {
	team := func(r *settings.Reader) app.Team {
		t := Team(r)
		t.Expect = func(context.Context, string, gateway.Outputs) (bool, string, error) { return true, "", nil }
		return t
	}
	database := Database(t)
	err := app.Run(t.Context(), nil, settings.New(SettingsOf("DATABASE_URL="+database)), team, NewOutput())
	if err == nil || !strings.HasPrefix(err.Error(), "team/extras.go: the team's Expect is set") || !strings.Contains(err.Error(), "put compare into the list") {
		t.Errorf("the start must say that nobody asks it, and what to do, got %v", err)
	}
}

// What the team knows of a merchant is in Stripe's form when he gets there.
func TestPrefillReachesStripe(t *testing.T) {
	var asked []string
	a := StartTeam(t, func(r *settings.Reader) app.Team {
		t := Team(r)
		t.Prefill = func(r *http.Request, userID string) url.Values {
			asked = append(asked, r.Method+" "+r.URL.Path+" "+userID)
			return url.Values{"stripe_user[business_name]": {"Kiosk Süd"}, "state": {"theirs"}}
		}
		return t
	})
	merchant := a.Merchant()
	got := merchant.Post("/connect/authorize", nil)
	to, err := url.Parse(got.Location)
	if got.Status != 303 || err != nil || to.Query().Get("stripe_user[business_name]") != "Kiosk Süd" {
		t.Errorf("Stripe's address must carry what is known, got %d %q", got.Status, got.Location)
	}
	if to.Query().Get("state") == "theirs" || !slices.Equal(asked, []string{"POST /connect/authorize " + merchant.User()}) {
		t.Errorf("the team is asked once, for that user, and cannot replace the state, got %q, %q", asked, got.Location)
	}
	merchant.Connect(a, stripesim.AccountA)
}

// The team's own settings stand in .env with all others, and so do their problems.
func TestTeamsOwnSettings(t *testing.T) {
	color := ""
	team := func(r *settings.Reader) app.Team {
		if color = r.Text("TEAM_COLOR"); color == "" {
			r.Wrong("TEAM_COLOR", "is not set")
		}
		r.Number("TEAM_LIMIT", 3, 1, 9)
		return Team(r)
	}
	run := func(file string) error {
		path := filepath.Join(WriteDotenv(t, file), ".env")
		r, err := settings.Dotenv(path, Environment("DATABASE_URL="+Database(t)))
		if err != nil {
			t.Fatal(err)
		}
		ctx, stop := context.WithCancel(t.Context())
		defer stop()
		out, done := NewOutput(), make(chan error, 1)
		go func() { done <- app.Run(ctx, nil, r, team, out) }()
		if !strings.Contains(file, "marker") {
			out.Wait(t, done)
			stop()
		}
		return <-done
	}
	good := strings.Join(Enough(), "\n") + "\nTEAM_COLOR='blue' # ours\n"
	if err := run(good); err != nil || color != "blue" {
		t.Errorf("the team's setting must be read from .env, got %q, %v", color, err)
	}
	err := run("STRIPE_SECRET_KEY=marker\nTEAM_LIMIT=marker\nMAX_CHECKS_PER_DAY=marker\n")
	if err == nil || strings.Contains(err.Error(), "marker") {
		t.Fatalf("wrong settings must be refused, unquoted, got %v", err)
	}
	for _, name := range []string{"STRIPE_SECRET_KEY", "STRIPE_WEBHOOK_SECRET", "MAX_CHECKS_PER_DAY", "TEAM_COLOR", "TEAM_LIMIT"} {
		if strings.Count("\n"+err.Error(), "\n"+name+": ") != 1 {
			t.Errorf("%s must have one line among all problems, got\n%v", name, err)
		}
	}
}

// The team's name, logo, style and words are on the pages, and the files are served.
func TestBrand(t *testing.T) {
	logo := `<svg xmlns="http://www.w3.org/2000/svg"/>`
	files := fstest.MapFS{"logo.svg": {Data: []byte(logo)}, "style.css": {Data: []byte("body{}")},
		"words/en.txt": {Data: []byte("state.none.title = Show us who you are\n")}, "README.md": {Data: []byte("marker")}}
	branded := func(r *settings.Reader) app.Team {
		t := Team(r)
		t.Brand = templates.Brand{Name: "Kiosk Süd", LogoText: "A kiosk", Files: files}
		return t
	}
	a := StartTeam(t, branded)
	a.Announces(t, "Kiosk Süd, test mode\n")
	page := a.Browser().Get("/")
	for _, want := range []string{"Kiosk Süd", "Show us who you are", `alt="A kiosk"`, "/static/brand/logo.svg?v=", "/static/brand/style.css?v="} {
		if !strings.Contains(page.Body, want) {
			t.Errorf("the page must have %q, got\n%s", want, page.Body)
		}
	}
	if got := a.Browser().Get("/static/brand/logo.svg"); got.Status != 200 || got.Body != logo || !strings.HasPrefix(got.Header.Get("Content-Type"), "image/svg+xml") {
		t.Errorf("the logo must be served, got %d %q %s", got.Status, got.Header.Get("Content-Type"), got.Body)
	}
	if got := a.Browser().Get("/static/brand/README.md"); got.Status != 404 {
		t.Errorf("what is no part of the brand must not be served, got %d", got.Status)
	}
	if page := StartTeam(t, branded, "APP_NAME=From the settings").Browser().Get("/"); !strings.Contains(page.Body, "From the settings") || strings.Contains(page.Body, "Kiosk Süd") {
		t.Error("APP_NAME must go before the brand's name")
	}
	files["words/en.txt"].Data = []byte("state.none.title = Hello, {nobody}\n")
	err := app.Run(t.Context(), nil, settings.New(SettingsOf("DATABASE_URL="+filepath.Join(t.TempDir(), "a.db"))), branded, NewOutput())
	if err == nil || !strings.Contains(err.Error(), "brand/words/en.txt") || !strings.Contains(err.Error(), "{nobody}") {
		t.Errorf("a word that cannot be must stop the start, got %v", err)
	}
}
