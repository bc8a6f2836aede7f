package api_test

import (
	"net/http"
	"strings"
	"testing"

	"example.com/identity-starter/extras/api"
	"example.com/identity-starter/tests"
)

// routes are all there are.
var routes = []string{"GET /api/users/42", "HEAD /api/users/42", "POST /api/users/42/verification-session", "GET /api/users/42/accounts", "HEAD /api/users/42/accounts"}

// ask sends a request without a token, but for what the test adds.
func ask(a *tests.App, route string, change func(*http.Request)) tests.Answer {
	method, path, _ := strings.Cut(route, " ")
	b := a.Browser() // which asks for HTML, and would keep a cookie
	request := b.Request(method, path, nil)
	change(request)
	return b.Send(request)
}

func bearer(value string) func(*http.Request) {
	return func(r *http.Request) { r.Header.Set("Authorization", value) }
}

// Who has the token may ask, and nobody else; nobody's wrong one keeps the app out.
func TestToken(t *testing.T) {
	a, app := start(t, nil, "RATE_LIMIT_PER_MINUTE=1")
	for name, value := range map[string]string{"another": "Bearer " + strings.ToUpper(token), "a part of it": "Bearer " + token[:len(token)-1], "more than it": "Bearer " + token + "x",
		"none behind the scheme": "Bearer", "an empty one": "Bearer ", "another scheme": "Basic " + token, "no scheme": token, "nothing": "",
		"another header's form": "Token token=" + token, "two": "Bearer " + token + ", Bearer " + token} {
		for _, route := range routes {
			got := ask(a, route, bearer(value))
			if got.Status != 401 || got.Header.Get("WWW-Authenticate") != "Bearer" || !strings.HasPrefix(route, "HEAD") && got.Code() != "unauthorized" {
				t.Errorf("%s with %s: want 401 unauthorized and WWW-Authenticate, got %d %s", route, name, got.Status, got.Body)
			}
			noCookie(t, route, got.Header)
		}
	}
	for _, value := range []string{"Bearer " + token, "bearer " + token, "BEARER " + token, "Bearer  " + token} {
		for _, route := range routes { // more often than RATE_LIMIT_PER_MINUTE allows a person
			got := ask(a, route, bearer(value))
			if got.Status != 200 || got.Header.Get("Content-Type") != "application/json" || got.Header.Get("Cache-Control") != "no-store" {
				t.Errorf("%s with %.7s…: want JSON that nobody keeps, also for who asks for HTML, got %d %s %v", route, value, got.Status, got.Body, got.Header)
			}
			noCookie(t, route, got.Header)
		}
	}
	app.mustBegin(a, "42")
	if n := len(a.Sim.Sessions()); n != 1 {
		t.Errorf("who has no token starts nothing, got %d sessions", n)
	}
}

// Without API_TOKEN there are no such routes, and what is not there is told in the way of an app.
func TestNothingElseIsThere(t *testing.T) {
	without := tests.StartTeam(t, tests.With(api.New))
	for _, route := range routes {
		if got := ask(without, route, bearer("Bearer "+token)); got.Status != 404 {
			t.Errorf("%s: without API_TOKEN nothing is there, got %d %s", route, got.Status, got.Body)
		}
	}
	a, _ := start(t, nil)
	for route, want := range map[string]string{"GET /api": "not_found", "GET /api/": "not_found", "GET /api/users": "not_found", "GET /api/no/such?lang=de": "not_found",
		"GET /api/users/42/sessions": "not_found", "POST /api/users/42": "method_not_allowed", "DELETE /api/users/42": "method_not_allowed",
		"GET /api/users/42/verification-session": "method_not_allowed", "POST /api/users/42/accounts": "method_not_allowed"} {
		for _, program := range []*tests.App{a, without} {
			got := ask(program, route, bearer("Bearer "+token))
			if program == without {
				want = "not_found"
			}
			got.Refused(t, want, map[string]int{"not_found": 404, "method_not_allowed": 405}[want])
			noCookie(t, route, got.Header)
			if want == "method_not_allowed" && got.Header.Get("Allow") == "" {
				t.Errorf("%s: a 405 must say in Allow which methods there are", route)
			}
		}
	}
}

// An app reaches the program under whatever name it has for it, and chooses no language for a browser.
func TestUnderAnyName(t *testing.T) {
	a, _ := start(t, nil)
	for _, host := range []string{"127.0.0.1", "127.0.0.1:4242", "verify.internal", "verify.internal:8080", "[::1]"} {
		for _, route := range append(routes, "GET /api/no/such") {
			got := ask(a, route+"?lang=de", func(r *http.Request) { bearer("Bearer " + token)(r); r.Host = host })
			if want := map[bool]int{false: 200, true: 404}[strings.Contains(route, "no/such")]; got.Status != want {
				t.Errorf("%s under %s: want %d, got %d %s", route, host, want, got.Status, got.Location)
			}
			noCookie(t, route, got.Header)
		}
	}
	ask(a, routes[0], func(r *http.Request) {
		bearer("Bearer " + token)(r)
		r.Header.Set("Sec-Fetch-Site", "same-origin")
	}).Refused(t, "", 200)
	ask(a, routes[2], func(r *http.Request) {
		bearer("Bearer " + token)(r)
		r.Header.Set("Sec-Fetch-Site", "cross-site")
	}).Refused(t, "cross_site", 403)
}

// A body is JSON, whatever the client's library calls it, and not too large.
func TestBodies(t *testing.T) {
	a, app := start(t, nil)
	for name, c := range map[string]struct {
		body, code string
		status     int
		email      string
	}{
		"none":                 {"", "", 200, ""},
		"an empty object":      {"{}", "", 200, ""},
		"an empty address":     {`{"email":""}`, "", 200, ""},
		"an address":           {`{"email":"ada@example.test"}`, "", 200, "ada@example.test"},
		"more than is read":    {`{"email":"ada@example.test","name":"x"}`, "", 200, "ada@example.test"},
		"no address":           {`{"email":"nobody"}`, "invalid_email", 400, ""},
		"an address with name": {`{"email":"Ada <ada@example.test>"}`, "invalid_email", 400, ""},
		"broken":               {`{"email":`, "bad_request", 400, ""},
		"no object":            {`["ada@example.test"]`, "bad_request", 400, ""},
		"no text":              {`{"email":7}`, "bad_request", 400, ""},
		"two objects":          {`{"email":""}{"email":"ada@example.test"}`, "bad_request", 400, ""},
		"more behind it":       {`{"email":""} x`, "bad_request", 400, ""},
		"a form":               {"email=ada%40example.test", "bad_request", 400, ""},
		"too much":             {`{"email":"` + strings.Repeat("a", 300<<10) + `"}`, "too_large", 413, ""},
	} {
		for _, kind := range []string{"application/json", "application/x-www-form-urlencoded", "text/plain", "multipart/form-data; boundary=x", ""} {
			user := "who sends " + name + kind
			request := app.Request("POST", pathOf(user)+"/verification-session", strings.NewReader(c.body))
			request.Header.Set("Content-Type", kind)
			if got := app.Send(request); got.Status != c.status || got.Code() != c.code {
				t.Errorf("%s as %q: want %d %s, got %d %.300s", name, kind, c.status, c.code, got.Status, got.Body)
			} else if c.status == 200 && a.Sim.Sessions()[len(a.Sim.Sessions())-1].Email != c.email {
				t.Errorf("%s as %q: Stripe must be given the address %q", name, kind, c.email)
			}
		}
	}
	chunked := app.Request("POST", "/api/users/42/verification-session", struct{ *strings.Reader }{strings.NewReader(`{"email":"` + strings.Repeat("a", 300<<10) + `"}`)})
	chunked.ContentLength = -1
	app.Send(chunked).Refused(t, "too_large", 413)
}

// Of what an app sends, nothing that is secret or somebody's is in the log.
func TestNothingIsLogged(t *testing.T) {
	a, app := start(t, nil, "LOG_LEVEL=debug")
	if got := app.begin("marker@example.test", `{"email":"marker2@example.test"}`); got.Status != 200 {
		t.Fatalf("got %d %s", got.Status, got.Body)
	}
	app.Get(pathOf("marker@example.test"))
	app.begin("(null)", "").Refused(t, "bad_request", 400)
	app.begin("mail_marker", "").Refused(t, "bad_request", 400)
	app.begin("42", `{"email":"marker`)
	ask(a, routes[0], bearer("Bearer marker"))
	a.Finish(a.Sim.Sessions()[0].ID, "verified")
	if err := a.Stop(); err != nil {
		t.Fatal(err)
	}
	for _, secret := range []string{"marker", token, token[:10], "example.test", "(null)", "/start/"} {
		if strings.Contains(a.Out.String(), secret) {
			t.Errorf("the log must not hold %q, got\n%s", secret, a.Out)
		}
	}
	for _, said := range []string{"route=/api/users/:id ", "route=/api/users/:id/verification-session ", "status=401", "nobody can be named so: by what"} {
		if !strings.Contains(a.Out.String(), said) {
			t.Errorf("the log must say %q, got\n%s", said, a.Out)
		}
	}
}
