package tests

import (
	"encoding/base64"
	"net/http"
	"strings"
	"testing"

	"example.com/identity-starter/stripesim"
)

// The sign-in proxy in front names the user; what it names is the user at Stripe, too.
func TestUserFromHeader(t *testing.T) {
	a := Start(t, "AUTH_USER_HEADER=X-Auth-User")
	create := func(user string) Answer {
		b := a.API()
		request := b.Request("POST", "/create-verification-session", nil)
		request.Header.Set("X-Auth-User", user)
		return b.Send(request)
	}
	for _, user := range []string{"customer 42 (\"x\"; <y>)", strings.Repeat("u", 200), "1"} {
		got := create(user)
		if got.Status != 200 || got.Header.Get("Set-Cookie") != "" {
			t.Errorf("a user of the header must be let in without a cookie, got %d %s", got.Status, got.Body)
		}
		if rows := a.Rows("SELECT user_id FROM users WHERE user_id = ?", user); len(rows) != 1 {
			t.Errorf("the user %q must be recorded as named", user)
		}
	}
	if s := a.Sim.Sessions(); len(s) != 3 || s[2].UserID != "1" {
		t.Errorf("metadata.user_id at Stripe must be the user of the header, got %+v", s)
	}
	create("1")
	if n := len(a.Sim.Sessions()); n != 3 {
		t.Errorf("the same user from another browser must have the same session, got %d sessions", n)
	}
}

// An id with an @ may be an e-mail address, which is neither stored nor sent.
func TestUserIsAnAddress(t *testing.T) {
	a := Start(t, "AUTH_USER_HEADER=X-Auth-User")
	const address = "somebody@example.test"
	b := a.Browser()
	for _, route := range []string{"GET /", "POST /create-verification-session", "GET /verification/return", "GET /members", "GET /connect",
		"POST /connect/authorize"} {
		method, path, _ := strings.Cut(route, " ")
		request := b.Request(method, path, nil)
		request.Header.Set("X-Auth-User", address)
		if got := b.Send(request); got.Status >= 400 || strings.Contains(got.Body+got.Location, "somebody") {
			t.Errorf("%s must work and not show the address, got %d", route, got.Status)
		}
	}
	sessions := a.Sim.Sessions()
	if len(sessions) != 1 || sessions[0].UserID == "" || strings.Contains(sessions[0].UserID, "@") {
		t.Fatalf("the user at Stripe must be a hash, got %+v", sessions)
	}
	a.Finish(sessions[0].ID, "verified")
	if rows := a.Rows("SELECT verified FROM users WHERE user_id = ?", sessions[0].UserID); len(rows) != 1 || rows[0] != "1" {
		t.Errorf("the hash must be the user here as well, got %q", rows)
	}
	for _, r := range a.Asked() {
		if strings.Contains(r.Form.Encode()+r.IdempotencyKey, "somebody") {
			t.Errorf("the address must never be sent to Stripe: %s %s", r.Method, r.Path)
		}
	}
	if a.Remembers("somebody") || strings.Contains(a.Out.String(), "somebody") {
		t.Error("the address must be neither in the database nor in the log")
	}
}

func TestSignInRequired(t *testing.T) {
	a := Start(t, "AUTH_USER_HEADER=X-Auth-User")
	routes := []string{"GET /", "GET /verification.html", "POST /create-verification-session", "GET /verification/return",
		"GET /verification/status", "GET /members", "GET /connect", "POST /connect/authorize", "GET /connect/callback?code=ac_x&state=x",
		"GET /connect/accounts/acct_x/disconnect", "POST /connect/accounts/acct_x/disconnect"}
	for name, values := range map[string][]string{"missing": nil, "empty": {""}, "blank": {" "}, "repeated": {"u1", "u2"},
		"the same twice": {"u1", "u1"}, "not ASCII": {"us\u00e9r"}, "a control character": {"u\tser"}, "too long": {strings.Repeat("u", 201)}} {
		t.Run(name, func(t *testing.T) {
			for _, route := range routes {
				method, path, _ := strings.Cut(route, " ")
				for _, b := range []*Browser{a.API(), a.Browser()} {
					request := b.Request(method, path, nil)
					request.Header["X-Auth-User"] = values
					request.AddCookie(&http.Cookie{Name: "user", Value: base64.RawURLEncoding.EncodeToString(make([]byte, 32))})
					got := b.Send(request)
					if got.Status != 401 || got.Header.Get("Set-Cookie") != "" {
						t.Errorf("%s must be 401 and make no user, got %d", route, got.Status)
					}
					if b.Accept == "application/json" && got.Code() != "sign_in_required" {
						t.Errorf("%s must be sign_in_required, got %s", route, got.Body)
					}
				}
			}
		})
	}
	if rows := a.Rows("SELECT user_id FROM verifications UNION SELECT user_id FROM oauth_states"); len(rows) != 0 {
		t.Errorf("nobody may become an anonymous user instead, got %q", rows)
	}
	for path, status := range map[string]int{"/healthz": 200, "/static/style.css": 200} {
		if got := a.Browser().Get(path); got.Status != status {
			t.Errorf("%s must not need a sign-in, got %d", path, got.Status)
		}
	}
	if got := a.Deliver(Deauthorized("evt_x", "acct_x", false, StripeEpoch), ConnectSecret); got.Status != 200 {
		t.Errorf("the webhook must not need a sign-in, got %d", got.Status)
	}
}

// The header of an untrusted peer is worth nothing, not even an anonymous user.
func TestUserHeaderFromUntrustedPeer(t *testing.T) {
	p := NewPeers(t, "AUTH_USER_HEADER=X-Auth-User", "TRUSTED_PROXIES=192.0.2.0/24, 2001:db8:1::/48")
	for peer, status := range map[string]int{"192.0.2.9:1": 200, "[::ffff:192.0.2.9]:1": 200, "[2001:db8:1::5]:1": 200, "127.0.0.1:1": 200,
		"[::1]:1": 200, "198.51.100.1:1": 401, "[2001:db8:2::5]:1": 401, "10.0.0.1:1": 401, "": 401} {
		got := p.Ask("GET", "/", peer, http.Header{"X-Auth-User": {"u1"}, "X-Forwarded-For": {"192.0.2.9"}})
		if got.Status != status || got.Header.Get("Set-Cookie") != "" {
			t.Errorf("the header from %q must get %d and no cookie, got %d", peer, status, got.Status)
		}
	}
}

func TestCookie(t *testing.T) {
	a := Start(t)
	set := a.Browser().Get("/").Header.Values("Set-Cookie")
	if len(set) != 1 {
		t.Fatalf("a new browser must get one cookie, got %q", set)
	}
	cookie, err := http.ParseSetCookie(set[0])
	if err != nil {
		t.Fatal(err)
	}
	raw, err := base64.RawURLEncoding.DecodeString(cookie.Value)
	if err != nil || len(raw) != 32 {
		t.Errorf("the cookie must be 32 random bytes in base64url, got %q", cookie.Value)
	}
	if cookie.Name != "user" || !cookie.HttpOnly || cookie.SameSite != http.SameSiteLaxMode || cookie.Path != "/" || cookie.Domain != "" ||
		cookie.Secure || cookie.MaxAge != 400*24*60*60 {
		t.Errorf("the cookie must be user, HttpOnly, Lax, for / and 400 days, without a domain, got %q", set[0])
	}
	for name, value := range map[string]string{"empty": "", "a word": "admin", "a user id": a.Merchant().User(), "too short": cookie.Value[:42],
		"31 bytes": base64.RawURLEncoding.EncodeToString(raw[:31]), "33 bytes": base64.RawURLEncoding.EncodeToString(append(raw, 1)),
		"padded": cookie.Value + "=", "bits too many": strings.Repeat("A", 42) + "B", "other alphabet": strings.Repeat("+/", 21) + "A",
		"spaces": " " + cookie.Value[1:], "very long": strings.Repeat("A", 4000)} {
		b := a.Browser()
		request := b.Request("GET", "/verification/return", nil)
		request.Header.Set("Cookie", "user="+value)
		if got := b.Send(request); !strings.Contains(got.Body, "started") || strings.Contains(got.Body, "verify-button") {
			t.Errorf("a cookie value that is %s must be no cookie on the return page", name)
		}
		request = b.Request("GET", "/", nil)
		request.Header.Set("Cookie", "user="+value)
		if got := b.Send(request); got.Header.Get("Set-Cookie") == "" {
			t.Errorf("a cookie value that is %s must be no cookie: a new one must be set", name)
		}
	}
}

// Neither the database nor Stripe's Dashboard ever holds a cookie that works.
func TestCookieIsNotKept(t *testing.T) {
	a := Start(t)
	person := a.Browser()
	cookie, err := http.ParseSetCookie(person.Get("/").Header.Get("Set-Cookie"))
	if err != nil {
		t.Fatal(err)
	}
	a.Finish(person.Verify(a).ID, "document_expired")
	person.Connect(a, stripesim.AccountA)
	person.State()
	if rows := a.Rows("SELECT user_id FROM users"); len(rows) != 1 || rows[0] != person.User() {
		t.Errorf("the user id must be made of the cookie by a hash, got %q", rows)
	}
	if a.Remembers(cookie.Value) || strings.Contains(a.Out.String(), cookie.Value) {
		t.Error("the cookie must be neither in the database nor in the log")
	}
	for _, r := range a.Asked() {
		if strings.Contains(r.Form.Encode()+r.IdempotencyKey, cookie.Value) {
			t.Errorf("the cookie must never be sent to Stripe: %s %s", r.Method, r.Path)
		}
	}
	if got := person.Get("/").Header.Get("Set-Cookie"); got != "" {
		t.Errorf("a browser that is known must keep its cookie, got %q", got)
	}
}
