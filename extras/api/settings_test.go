package api_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"

	"example.com/identity-starter/app"
	"example.com/identity-starter/extras"
	"example.com/identity-starter/extras/api"
	"example.com/identity-starter/handlers"
	"example.com/identity-starter/settings"
	"example.com/identity-starter/static"
	"example.com/identity-starter/templates"
	"example.com/identity-starter/tests"
)

// made is the extra as the program makes it with these settings, without being started, and what is wrong with them.
func made(t *testing.T, pairs ...string) (e extras.Extra, wrong string) {
	t.Helper()
	look := func(p extras.Program) extras.Extra {
		made := api.New(p)
		return extras.Extra{Name: made.Name, NamesUsers: made.NamesUsers, Names: made.Names, Decide: func(*extras.Extra) { e = made.Decided() }}
	}
	// Nothing is started, since one setting is wrong each time.
	err := app.Run(t.Context(), nil, settings.New(tests.SettingsOf(append(pairs, "LOG_LEVEL=loud")...)), tests.With(look), io.Discard)
	if err == nil {
		t.Fatal("LOG_LEVEL must be refused")
	}
	return e, strings.Replace(err.Error(), "LOG_LEVEL: must be debug, info, warn or error", "", 1)
}

func live(t *testing.T, more ...string) []string {
	return append([]string{"STRIPE_SECRET_KEY=sk_live_simulator", "BASE_URL=https://verify.example.test", "SUPPORT_URL=mailto:help@example.test",
		"DATABASE_URL=" + tests.Database(t)}, more...)
}

// What is wrong with a setting is told with its remedy and without its value.
func TestSettings(t *testing.T) {
	const right = "API_TOKEN=" + token
	for name, c := range map[string]struct {
		pairs []string
		want  string // how the one line begins; "": nothing is wrong
	}{
		"nothing":                     {nil, ""},
		"both":                        {[]string{right, "API_RETURN_URL=http://localhost:3000/marker"}, ""},
		"with a query":                {[]string{right, "API_RETURN_URL=https://shop.example.test/marker?from=verify#top"}, ""},
		"32 characters":               {[]string{"API_TOKEN=" + strings.Repeat("m", 32), "API_RETURN_URL=https://shop.example.test"}, ""},
		"a live key":                  {live(t, right, "API_RETURN_URL=https://shop.example.test/marker"), ""},
		"31 characters":               {[]string{"API_TOKEN=marker" + strings.Repeat("m", 25), "API_RETURN_URL=https://shop.example.test"}, "API_TOKEN: must have 32"},
		"no ASCII":                    {[]string{"API_TOKEN=marker" + strings.Repeat("\u00e9", 30), "API_RETURN_URL=https://shop.example.test"}, "API_TOKEN: must have 32"},
		"no way back":                 {[]string{right}, "API_RETURN_URL: is needed"},
		"a path":                      {[]string{right, "API_RETURN_URL=/marker"}, "API_RETURN_URL: must be the whole address"},
		"another scheme":              {[]string{right, "API_RETURN_URL=ftp://marker.example.test"}, "API_RETURN_URL: must be the whole address"},
		"no host":                     {[]string{right, "API_RETURN_URL=https:///marker"}, "API_RETURN_URL: must be the whole address"},
		"a user in it":                {[]string{right, "API_RETURN_URL=https://marker@shop.example.test"}, "API_RETURN_URL: must be the whole address"},
		"no address":                  {[]string{right, "API_RETURN_URL=https://mar ker%zz"}, "API_RETURN_URL: must be the whole address"},
		"http with a live key":        {live(t, right, "API_RETURN_URL=http://shop.example.test/marker"), "API_RETURN_URL: must be the whole address"},
		"a short one with a live key": {live(t, "API_TOKEN=marker", "API_RETURN_URL=https://shop.example.test"), "API_TOKEN: must have 32"},
	} {
		_, wrong := made(t, c.pairs...)
		if wrong = strings.Trim(wrong, "\n"); !strings.HasPrefix(wrong, c.want) || (c.want == "") != (wrong == "") || strings.Contains(wrong, "\n") || strings.Contains(wrong, "mar") || strings.Contains(wrong, "shop") {
			t.Errorf("%s: want one line %q without a value, got %q", name, c.want, wrong)
		}
	}
	if e, wrong := made(t, "API_RETURN_URL=https://shop.example.test"); wrong != "\n" && wrong != "" || !strings.Contains(e.Warning, "API_TOKEN") || e.State != "off" {
		t.Errorf("a way back alone does nothing, which is told, got %+v, %q", e, wrong)
	}
}

// How users are known is told by the state, which the start and the doctor print. With a live key an app that names them is a
// third way, named where none is set; nobody signs in then, so there can be no reviewers.
func TestAloneWithALiveKey(t *testing.T) {
	on := slices.Clip(live(t, "API_TOKEN="+token, "API_RETURN_URL=https://shop.example.test"))
	for name, c := range map[string]struct {
		pairs []string
		alone bool
	}{
		"alone":                          {on, true},
		"alone, browsers being allowed":  {append(on, "ALLOW_ANONYMOUS_USERS=true"), true},
		"beside a sign-in":               {append(on, "AUTH_USER_HEADER=X-Auth-User"), false},
		"beside browsers, with test key": {[]string{"API_TOKEN=" + token, "API_RETURN_URL=http://localhost:3000"}, false},
	} {
		if e, wrong := made(t, c.pairs...); strings.TrimSpace(wrong) != "" || strings.Contains(e.State, "nobody signs in") != c.alone || !strings.HasPrefix(e.State, "on") || !e.NamesUsers {
			t.Errorf("%s: want that it is alone %v, got %q, %q", name, c.alone, e.State, wrong)
		}
	}
	if _, wrong := made(t, live(t)...); !strings.Contains(wrong, "AUTH_USER_HEADER: ") || !strings.Contains(wrong, "API_TOKEN") {
		t.Errorf("whoever has no way yet must be told of this one, too, got %q", wrong)
	}
}

// Nobody is known who asks for a page, so that nobody is there whom no app has named. The app's own users are as ever.
func TestPagesWhereTheAppIsAlone(t *testing.T) {
	a, _ := start(t, nil)
	e, _ := made(t, "API_TOKEN="+token, "API_RETURN_URL="+returnTo)
	pages, err := templates.Load(templates.Brand{}, e.Files)
	if err != nil {
		t.Fatal(err)
	}
	files, err := static.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	h, err := handlers.New(handlers.Settings{BaseURL: &url.URL{Scheme: "https", Host: "verify.example.test"}, Live: true, UsersNamed: true,
		SignInURL: "https://shop.example.test/sign-in", Answers: e.Answers, Static: files}, a.Parts(), pages, nil, e.Routes)
	if err != nil {
		t.Fatal(err)
	}
	send := func(route, accept string) *httptest.ResponseRecorder {
		method, path, _ := strings.Cut(route, " ")
		request := httptest.NewRequestWithContext(t.Context(), method, path, nil)
		request.Header = http.Header{"Accept": {accept}, "Authorization": {"Bearer " + token}, "Cookie": {"__Host-user=" + strings.Repeat("A", 43)}}
		got := httptest.NewRecorder()
		h.ServeHTTP(got, request)
		return got
	}
	for _, route := range []string{"GET /", "GET /verification.html", "POST /create-verification-session", "GET /verification/return", "GET /verification/status",
		"GET /members", "GET /connect", "POST /connect/authorize", "GET /connect/callback", "POST /connect/accounts/acct_x/disconnect"} {
		got, page := send(route, "application/json"), send(route, "text/html")
		if got.Code != 401 || !strings.Contains(got.Body.String(), `"sign_in_required"`) || page.Code != 401 || got.Header().Get("Set-Cookie")+page.Header().Get("Set-Cookie") != "" {
			t.Errorf("%s: nobody is known, so want 401 sign_in_required without a cookie, got %d %s", route, got.Code, got.Body)
		}
		if isPage := route != "GET /verification/status"; isPage != strings.Contains(page.Body.String(), `href="https://shop.example.test/sign-in"`) {
			t.Errorf("%s: the page must lead to the app, got\n%s", route, page.Body)
		}
	}
	if n := len(a.Asked()); n != 0 {
		t.Errorf("nobody has started anything, got %d calls to Stripe", n)
	}
	if got := send("POST /api/users/42/verification-session", "text/html"); got.Code != 200 || !strings.HasPrefix(got.Body.String(), `{"url":"`) {
		t.Errorf("the app starts verifications, got %d %s", got.Code, got.Body)
	}
	if got := send("GET /api/users/42", "text/html"); got.Code != 200 || !strings.Contains(got.Body.String(), `"status":"requires_input"`) {
		t.Errorf("the app is told where its user stands, got %d %s", got.Code, got.Body)
	}
}

// What an app is told has words in every language, in the one that it asks for; the person's is kept where the app passes it on.
func TestLanguages(t *testing.T) {
	e, _ := made(t)
	if err := tests.CompleteWords(e.Files); err != nil {
		t.Error(err)
	}
	a, app := start(t, nil)
	said := map[string]bool{}
	for _, lang := range []string{"en", "de", "fr", "ja"} {
		request := app.Request("POST", pathOf("anon_x")+"/verification-session", nil)
		request.Header.Set("Accept-Language", lang)
		said[app.Send(request).Body] = true
	}
	if len(said) != 4 {
		t.Errorf("a refusal must be in the language that is asked for, got %v", said)
	}
	for _, c := range []struct{ sent, kept string }{{"", ""}, {"de-AT,de;q=0.9", "de"}, {"", "de"}, {"*", "de"}, {"ja", "ja"}} {
		request := app.Request("POST", pathOf("42")+"/verification-session", nil)
		if c.sent != "" {
			request.Header.Set("Accept-Language", c.sent)
		}
		app.Send(request)
		if got := a.Rows("SELECT lang FROM verifications"); len(got) != 1 || got[0] != c.kept {
			t.Errorf("after Accept-Language %q the person's language must be %q, got %q", c.sent, c.kept, got)
		}
	}
}
