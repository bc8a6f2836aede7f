package main

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"strings"
	"testing"
	"time"

	"example.com/identity-starter/stripesim"
)

// browser is a person: it keeps cookies, follows no redirect by itself and asks for HTML.
type browser struct {
	t      *testing.T
	base   string
	client *http.Client
	accept string
}

func (a *app) browser() *browser {
	jar, err := cookiejar.New(nil)
	if err != nil {
		a.t.Fatal(err)
	}
	return &browser{t: a.t, base: a.url, accept: "text/html,*/*;q=0.8", client: &http.Client{Jar: jar, Timeout: 30 * time.Second,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}}
}

// api is a browser's script, or curl: it takes JSON.
func (a *app) api() *browser {
	b := a.browser()
	b.accept = "application/json"
	return b
}

// asJSON is the same person's script.
func (b *browser) asJSON() *browser {
	script := *b
	script.accept = "application/json"
	return &script
}

// answer is what came back.
type answer struct {
	status   int
	body     string
	header   http.Header
	location string
}

func (b *browser) get(path string) answer { b.t.Helper(); return b.do("GET", path, nil) }

func (b *browser) post(path string, form url.Values) answer {
	b.t.Helper()
	return b.do("POST", path, form)
}

func (b *browser) do(method, path string, form url.Values) answer {
	b.t.Helper()
	request := b.request(method, path, strings.NewReader(form.Encode()))
	if method == "POST" {
		request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	return b.send(request)
}

// request makes a request that a test can still change. A path may be a whole URL.
func (b *browser) request(method, path string, body io.Reader) *http.Request {
	b.t.Helper()
	if strings.HasPrefix(path, "/") {
		path = b.base + path
	}
	request, err := http.NewRequestWithContext(b.t.Context(), method, path, body)
	if err != nil {
		b.t.Fatal(err)
	}
	request.Header.Set("Accept", b.accept)
	return request
}

func (b *browser) send(request *http.Request) answer {
	b.t.Helper()
	response, err := b.client.Do(request)
	if err != nil {
		b.t.Fatalf("%s %s: %v", request.Method, request.URL.Path, err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		b.t.Fatalf("%s %s: %v", request.Method, request.URL.Path, err)
	}
	return answer{response.StatusCode, string(body), response.Header, response.Header.Get("Location")}
}

// code is the code of a JSON error; "" when there is none.
func (a answer) code() string {
	var e struct{ Error struct{ Code string } }
	_ = json.Unmarshal([]byte(a.body), &e)
	return e.Error.Code
}

// verify clicks Verify and returns the session that is open at Stripe then.
func (b *browser) verify(a *app) stripesim.Session {
	b.t.Helper()
	if got := b.asJSON().post("/create-verification-session", nil); got.status != 200 {
		b.t.Fatalf("Verify must answer 200, got %d %s", got.status, got.body)
	}
	for _, s := range a.sim.Sessions() {
		if s.Status == "requires_input" && s.UserID == b.user() {
			return s
		}
	}
	b.t.Fatal("Verify must leave an open session at Stripe")
	return stripesim.Session{}
}

// user is the id of the browser's anonymous user, as the database has it.
func (b *browser) user() string {
	b.t.Helper()
	b.get("/") // makes the cookie, where there is none yet
	base, err := url.Parse(b.base)
	if err != nil {
		b.t.Fatal(err)
	}
	for _, c := range b.client.Jar.Cookies(base) {
		if c.Name == "user" {
			sum := sha256.Sum256([]byte(c.Value))
			return "anon_" + hex.EncodeToString(sum[:16]) // the database must not hold the cookie itself
		}
	}
	b.t.Fatal("the browser has no user cookie")
	return ""
}

// authorize clicks Connect with Stripe, allows it there for the account, and
// returns the callback that Stripe sends the browser to.
func (b *browser) authorize(a *app, account string) string {
	b.t.Helper()
	got := b.post("/connect/authorize", nil)
	to, err := url.Parse(got.location)
	if got.status != 303 || err != nil || !strings.HasPrefix(got.location, a.sim.ConnectURL()+"/oauth/authorize?") {
		b.t.Fatalf("Connect must lead to Stripe's authorize page, got %d %q", got.status, got.location)
	}
	q := to.Query()
	back, err := a.sim.Authorize(q.Get("client_id"), q.Get("redirect_uri"), q.Get("state"), q.Get("scope"), account)
	if err != nil {
		b.t.Fatalf("authorize: %v", err)
	}
	return back
}
