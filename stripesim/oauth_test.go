package stripesim_test

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"example.com/identity-starter/stripesim"
	"github.com/stripe/stripe-go/v82"
)

func codeFor(t *testing.T, s *stripesim.Sim, account string) string {
	t.Helper()
	back, err := s.Authorize("ca_simulator", callback, "some state", "read_write", account)
	if err != nil {
		t.Fatalf("authorize: %v", err)
	}
	u, err := url.Parse(back)
	if err != nil || !strings.HasPrefix(back, callback+"?") || u.Query().Get("state") != "some state" || u.Query().Get("scope") != "read_write" {
		t.Fatalf("the person is sent to %s, %v", back, err)
	}
	return u.Query().Get("code")
}

func exchange(t *testing.T, s *stripesim.Sim, key, code string) (*stripe.OAuthToken, error) {
	t.Helper()
	return client(t, s, key).OAuth.Create(t.Context(),
		&stripe.OAuthTokenParams{GrantType: stripe.String("authorization_code"), Code: stripe.String(code)})
}

func connect(t *testing.T, s *stripesim.Sim, account string) {
	t.Helper()
	if _, err := exchange(t, s, testKey, codeFor(t, s, account)); err != nil {
		t.Fatalf("connect %s: %v", account, err)
	}
}

func connections(s *stripesim.Sim) (ids []string) {
	for _, a := range s.Accounts() {
		if a.Connected {
			ids = append(ids, a.ID)
		}
	}
	return ids
}

func TestACodeConnectsOnceAndRevokesWhenUsedAgain(t *testing.T) {
	s := start(t, stripesim.Config{})
	own, rc := receive(t), receive(t)
	s.AddEndpoint(stripesim.Endpoint{URL: own.url})
	s.AddEndpoint(stripesim.Endpoint{URL: rc.url, Connect: true})
	code := codeFor(t, s, stripesim.AccountB)
	tok, err := exchange(t, s, testKey, code)
	if err != nil || tok.StripeUserID != stripesim.AccountB || tok.Livemode || tok.Scope != "read_write" || tok.TokenType != "bearer" ||
		tok.RefreshToken == "" || tok.AccessToken == "" || tok.StripePublishableKey == "" {
		t.Fatalf("token is %+v, %v", tok, err)
	}
	if got := connections(s); len(got) != 1 || got[0] != stripesim.AccountB {
		t.Fatalf("connected are %v", got)
	}
	refreshed, err := client(t, s, testKey).OAuth.Create(t.Context(),
		&stripe.OAuthTokenParams{GrantType: stripe.String("refresh_token"), RefreshToken: stripe.String(tok.RefreshToken)})
	if err != nil || refreshed.StripeUserID != stripesim.AccountB {
		t.Errorf("refreshed token is %+v, %v", refreshed, err)
	}
	_, err = exchange(t, s, testKey, code)
	e := stripeError(t, err)
	if e.HTTPStatusCode != http.StatusBadRequest || e.OAuthError != "invalid_grant" || !strings.Contains(e.OAuthErrorDescription, "already been used") {
		t.Errorf("second use: %v", e)
	}
	if got := connections(s); got != nil {
		t.Errorf("a code that is used twice revokes the connection, still connected: %v", got)
	}
	idle(t, s)
	if len(own.hooks()) != 0 {
		t.Error("connections are told to Connect endpoints only")
	}
	if got := rc.types(t); !sameAnyOrder(got, []string{"account.application.authorized", "account.application.deauthorized"}) {
		t.Errorf("the Connect endpoint got %v", got)
	}
	for _, h := range rc.hooks() {
		if body := string(h.body); !strings.Contains(body, `"account": "`+stripesim.AccountB+`"`) || !strings.Contains(body, `"id": "ca_simulator"`) {
			t.Errorf("the account is in the event, the object is the application: %s", body)
		}
	}
}

func TestCodesThatCannotBeExchanged(t *testing.T) {
	c := newClock()
	s := start(t, stripesim.Config{Now: c.now})
	expired := codeFor(t, s, "")
	c.forward(5*time.Minute + time.Second)
	for name, tc := range map[string]struct{ code, err, says string }{
		"unknown":      {"ac_unknown", "invalid_grant", "does not exist: ac_unknown"},
		"empty":        {"", "invalid_request", "No authorization code"},
		"expired":      {expired, "invalid_grant", "expired"},
		"another's":    {s.IssueCode(stripesim.Code{ClientID: "ca_other"}), "invalid_grant", "does not belong to you"},
		"another mode": {s.IssueCode(stripesim.Code{OtherMode: true}), "invalid_grant", "only supports returning live keys"},
		"no account":   {s.IssueCode(stripesim.Code{Account: "acct_none"}), "invalid_grant", "does not exist"},
	} {
		_, err := exchange(t, s, testKey, tc.code)
		if e := stripeError(t, err); e.HTTPStatusCode != http.StatusBadRequest || e.OAuthError != tc.err || !strings.Contains(e.OAuthErrorDescription, tc.says) {
			t.Errorf("%s code: %v", name, e)
		}
	}
	if _, err := exchange(t, s, "sk_test_wrong", codeFor(t, s, "")); stripeError(t, err).OAuthError != "invalid_client" {
		t.Errorf("a wrong key: %v", err)
	}
	r := request(t, http.MethodPost, s.ConnectURL()+"/oauth/token", url.Values{"grant_type": {"password"}})
	if r.status != http.StatusBadRequest || !strings.Contains(r.body, "unsupported_grant_type") {
		t.Errorf("another grant: %d %s", r.status, r.body)
	}
	if got := connections(s); got != nil {
		t.Errorf("refused codes connected %v", got)
	}
}

func TestDeauthorizeNeedsAConnection(t *testing.T) {
	s := start(t, stripesim.Config{})
	connect(t, s, stripesim.AccountA)
	sc := client(t, s, testKey)
	p := &stripe.DeauthorizeParams{ClientID: stripe.String("ca_simulator"), StripeUserID: stripe.String(stripesim.AccountA)}
	got, err := sc.OAuth.Delete(t.Context(), p)
	if err != nil || got.StripeUserID != stripesim.AccountA || connections(s) != nil {
		t.Fatalf("deauthorize: %+v, %v", got, err)
	}
	other := &stripe.DeauthorizeParams{ClientID: stripe.String("ca_other"), StripeUserID: stripe.String(stripesim.AccountA)}
	for p, status := range map[*stripe.DeauthorizeParams]int{p: http.StatusUnauthorized, other: http.StatusBadRequest} {
		_, err = sc.OAuth.Delete(t.Context(), p)
		if e := stripeError(t, err); e.OAuthError != "invalid_client" || e.HTTPStatusCode != status {
			t.Errorf("as %s: %v", *p.ClientID, err)
		}
	}
	s.Revoke(stripesim.AccountA)
	events := s.Events()
	if n := len(events); n != 2 || events[1].Type != "account.application.deauthorized" {
		t.Errorf("one deauthorized event is told, got %d events", n)
	}
}

func TestAuthorizeChecksTheRequestOnItsOwnPage(t *testing.T) {
	s := start(t, stripesim.Config{RedirectURIs: []string{callback}})
	good := url.Values{"response_type": {"code"}, "client_id": {"ca_simulator"}, "scope": {"read_write"}, "redirect_uri": {callback}, "state": {"x"}}
	with := func(name, value string) url.Values {
		q := url.Values{}
		for k, v := range good {
			q[k] = v
		}
		q.Set(name, value)
		return q
	}
	for says, q := range map[string]url.Values{
		"No application matches":    with("client_id", "ca_other"),
		"unsupported_response_type": with("response_type", "token"),
		"invalid_scope":             with("scope", "read_only"),
		"invalid_redirect_uri":      with("redirect_uri", callback+"/"),
	} {
		r := request(t, http.MethodGet, s.ConnectURL()+"/oauth/authorize", q, "Authorization", "")
		if r.status != http.StatusBadRequest || !strings.Contains(r.body, says) || r.header.Get("Location") != "" {
			t.Errorf("want %s on Stripe's own page, got %d %s", says, r.status, r.body)
		}
	}
	r := request(t, http.MethodGet, s.ConnectURL()+"/oauth/authorize", good, "Authorization", "")
	if r.status != http.StatusFound || !strings.HasPrefix(r.header.Get("Location"), s.URL()+"/connect/") {
		t.Errorf("a good request goes on at the other origin, got %d %v", r.status, r.header)
	}
	if _, err := s.Authorize("ca_simulator", callback, "x", "read_write", "acct_none"); err == nil {
		t.Error("an account that does not exist cannot be picked")
	}
}

// Nothing is known of what Stripe says to a restricted key that wants to exchange a code: it can be let, not be known, or lack a permission.
func TestRestrictedKeysAndCodes(t *testing.T) {
	const key = "rk_test_simulator"
	for want, config := range map[string]stripesim.Config{
		"200 ": {}, "401 invalid_client": {RefuseRestrictedOAuth: true}, "403 more_permissions_required": {Lacks: []string{"POST /oauth/"}},
	} {
		config.SecretKey = key
		s := start(t, config)
		code := s.IssueCode(stripesim.Code{})
		r := request(t, http.MethodPost, s.ConnectURL()+"/oauth/token", url.Values{"grant_type": {"authorization_code"}, "code": {code}}, "Authorization", "Bearer "+key)
		if status, says, _ := strings.Cut(want, " "); fmt.Sprint(r.status) != status || !strings.Contains(r.body, says) || (connections(s) != nil) != (r.status == 200) {
			t.Errorf("want %q, and a connection with 200 alone, got %d %s", want, r.status, r.body)
		}
	}
	s := start(t, stripesim.Config{RefuseRestrictedOAuth: true})
	connect(t, s, stripesim.AccountA) // as a secret key may
}
