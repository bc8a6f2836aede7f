package tests

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"io"
	"maps"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"example.com/identity-starter/stripesim"
)

// Browser is a person: it keeps cookies, follows no redirect by itself and asks for HTML.
type Browser struct {
	T      *testing.T
	Base   string
	Client *http.Client
	Accept string

	user   string      // signed in as; "": an anonymous user
	header http.Header // by which the sign-in knows
}

// As is the same browser with somebody signed in, whom a header of each request names
// to the program's sign-in.
func (b *Browser) As(user, header, value string) *Browser {
	signedIn := *b
	signedIn.user, signedIn.header = user, http.Header{http.CanonicalHeaderKey(header): {value}}
	return &signedIn
}

func (a *App) Browser() *Browser {
	jar, err := cookiejar.New(nil)
	if err != nil {
		a.T.Fatal(err)
	}
	return &Browser{T: a.T, Base: a.URL, Accept: "text/html,*/*;q=0.8", Client: &http.Client{Jar: jar, Timeout: 30 * time.Second,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}}
}

// API is a browser's script, or curl: it takes JSON.
func (a *App) API() *Browser {
	b := a.Browser()
	b.Accept = "application/json"
	return b
}

// AsJSON is the same person's script.
func (b *Browser) AsJSON() *Browser {
	script := *b
	script.Accept = "application/json"
	return &script
}

// Answer is what came back.
type Answer struct {
	Status   int
	Body     string
	Header   http.Header
	Location string
}

func (b *Browser) Get(path string) Answer { b.T.Helper(); return b.Do("GET", path, nil) }

func (b *Browser) Post(path string, form url.Values) Answer {
	b.T.Helper()
	return b.Do("POST", path, form)
}

func (b *Browser) Do(method, path string, form url.Values) Answer {
	b.T.Helper()
	request := b.Request(method, path, strings.NewReader(form.Encode()))
	if method == "POST" {
		request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	return b.Send(request)
}

// Request makes a request that a test can still change. A path may be a whole URL.
func (b *Browser) Request(method, path string, body io.Reader) *http.Request {
	b.T.Helper()
	if strings.HasPrefix(path, "/") {
		path = b.Base + path
	}
	request, err := http.NewRequestWithContext(b.T.Context(), method, path, body)
	if err != nil {
		b.T.Fatal(err)
	}
	maps.Copy(request.Header, b.header)
	request.Header.Set("Accept", b.Accept)
	return request
}

func (b *Browser) Send(request *http.Request) Answer {
	b.T.Helper()
	response, err := b.Client.Do(request)
	if err != nil {
		b.T.Fatalf("%s %s: %v", request.Method, request.URL.Path, err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		b.T.Fatalf("%s %s: %v", request.Method, request.URL.Path, err)
	}
	return Answer{response.StatusCode, string(body), response.Header, response.Header.Get("Location")}
}

// Code is the code of a JSON error; "" when there is none.
func (a Answer) Code() string {
	var e struct{ Error struct{ Code string } }
	_ = json.Unmarshal([]byte(a.Body), &e)
	return e.Error.Code
}

// Verify clicks Verify and returns the session that is open at Stripe then.
func (b *Browser) Verify(a *App) stripesim.Session {
	b.T.Helper()
	if got := b.AsJSON().Post("/create-verification-session", nil); got.Status != 200 {
		b.T.Fatalf("Verify must answer 200, got %d %s", got.Status, got.Body)
	}
	for _, s := range slices.Backward(a.Sim.Sessions()) {
		if s.Status == "requires_input" && s.UserID == b.User() {
			return s
		}
	}
	b.T.Fatal("Verify must leave an open session at Stripe")
	return stripesim.Session{}
}

// User is the id of the user, as the database has it: of a browser with nobody signed
// in, an anonymous one.
func (b *Browser) User() string {
	b.T.Helper()
	if b.user != "" {
		return b.user
	}
	b.Get("/") // makes the cookie, where there is none yet
	base, err := url.Parse(b.Base)
	if err != nil {
		b.T.Fatal(err)
	}
	for _, c := range b.Client.Jar.Cookies(base) {
		if c.Name == "user" {
			sum := sha256.Sum256([]byte(c.Value))
			return "anon_" + hex.EncodeToString(sum[:16]) // the database must not hold the cookie itself
		}
	}
	b.T.Fatal("the browser has no user cookie")
	return ""
}

// Authorize clicks Connect with Stripe, allows it there for the account, and
// returns the callback that Stripe sends the browser to.
func (b *Browser) Authorize(a *App, account string) string {
	b.T.Helper()
	got := b.Post("/connect/authorize", nil)
	to, err := url.Parse(got.Location)
	if got.Status != 303 || err != nil || !strings.HasPrefix(got.Location, a.Sim.ConnectURL()+"/oauth/authorize?") {
		b.T.Fatalf("Connect must lead to Stripe's authorize page, got %d %q", got.Status, got.Location)
	}
	q := to.Query()
	back, err := a.Sim.Authorize(q.Get("client_id"), q.Get("redirect_uri"), q.Get("state"), q.Get("scope"), account)
	if err != nil {
		b.T.Fatalf("authorize: %v", err)
	}
	return back
}
