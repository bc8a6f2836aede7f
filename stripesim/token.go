package stripesim

import (
	"cmp"
	"crypto/subtle"
	"net/http"
	"strings"
)

// oauthToken is the answer of POST /oauth/token; the last three are deprecated
// (docs.stripe.com/connect/oauth-reference).
type oauthToken struct {
	TokenType            string `json:"token_type"`
	Scope                string `json:"scope"`
	Livemode             bool   `json:"livemode"`
	StripeUserID         string `json:"stripe_user_id"`
	AccessToken          string `json:"access_token"`
	RefreshToken         string `json:"refresh_token"`
	StripePublishableKey string `json:"stripe_publishable_key"`
}

// oauthEndpoint serves a POST of the Connect origin. Idempotency keys mean nothing here.
func (s *Sim) oauthEndpoint(handle func(c *call) (any, *oauthError)) http.Handler {
	return s.exchange(func(c *call, f *fault) answer {
		_, sent := s.under(c.r.Context(), f, func() answer {
			key := cmp.Or(givenKey(c.r), c.form.Get("client_secret"))
			known := subtle.ConstantTimeCompare([]byte(key), []byte(s.cfg.SecretKey)) == 1
			if !known || s.cfg.RefuseRestrictedOAuth && strings.HasPrefix(key, "rk") {
				err := oauthFailure(http.StatusUnauthorized, "invalid_client", "No such API key: "+masked(key))
				return jsonAnswer(err.status, err)
			}
			if err := s.permit(c.r); err != nil {
				return err.answer()
			}
			s.mu.Lock()
			defer s.mu.Unlock()
			v, err := handle(c)
			if err != nil {
				return jsonAnswer(err.status, err)
			}
			return jsonAnswer(http.StatusOK, v)
		})
		return sent
	})
}

func (s *Sim) issueToken(c *call) (any, *oauthError) {
	switch grant := c.form.Get("grant_type"); grant {
	case "authorization_code":
		return s.exchangeCode(c.form.Get("code"))
	case "refresh_token":
		return s.refreshToken(c.form.Get("refresh_token"))
	case "":
		return nil, oauthFailure(http.StatusBadRequest, "invalid_request", "No grant type specified")
	default:
		return nil, oauthFailure(http.StatusBadRequest, "unsupported_grant_type", "Unsupported grant type: "+grant)
	}
}

// exchangeCode takes a code once. A second use revokes the connection that the first one made
// (docs.stripe.com/connect/oauth-reference).
func (s *Sim) exchangeCode(id string) (any, *oauthError) {
	refuse := func(description string) (any, *oauthError) {
		return nil, oauthFailure(http.StatusBadRequest, "invalid_grant", description)
	}
	if id == "" {
		return nil, oauthFailure(http.StatusBadRequest, "invalid_request", "No authorization code provided")
	}
	code := s.codes[id]
	switch {
	case code == nil:
		return refuse("Authorization code does not exist: " + id)
	case code.ClientID != s.cfg.ClientID:
		return refuse("Authorization code provided does not belong to you: " + id)
	case code.OtherMode && s.livemode():
		return refuse("Passed in livemode API key but authorization code only supports returning test keys: " + id)
	case code.OtherMode:
		return refuse("Passed in testmode API key but authorization code only supports returning live keys: " + id)
	case code.used:
		s.revokeLocked(code.Account)
		return refuse("This authorization code has already been used. All tokens issued with this code have been revoked.")
	case s.now().After(code.expires):
		return refuse("Authorization code expired: " + id)
	}
	a := s.account(code.Account)
	if a == nil {
		return refuse("Authorization code does not exist: " + id)
	}
	code.used = true
	a.Connected, a.Scope, a.refresh = true, code.Scope, newID("rt_")
	s.emitApplication("authorized", a.ID)
	return s.token(a), nil
}

func (s *Sim) refreshToken(token string) (any, *oauthError) {
	for _, a := range s.accounts {
		if token != "" && a.Connected && subtle.ConstantTimeCompare([]byte(a.refresh), []byte(token)) == 1 {
			return s.token(a), nil
		}
	}
	return nil, oauthFailure(http.StatusBadRequest, "invalid_grant", "Refresh token does not exist, or was revoked")
}

func (s *Sim) token(a *Account) *oauthToken {
	mode := keyMode(s.cfg.SecretKey) + "_"
	return &oauthToken{
		TokenType: "bearer", Scope: a.Scope, Livemode: s.livemode(), StripeUserID: a.ID,
		AccessToken: newID("sk_" + mode), RefreshToken: a.refresh, StripePublishableKey: newID("pk_" + mode),
	}
}

func (s *Sim) deauthorize(c *call) (any, *oauthError) {
	clientID, acct := c.form.Get("client_id"), c.form.Get("stripe_user_id")
	switch {
	case clientID == "" || acct == "":
		return nil, oauthFailure(http.StatusBadRequest, "invalid_request", "client_id and stripe_user_id are required")
	case clientID != s.cfg.ClientID:
		return nil, oauthFailure(http.StatusBadRequest, "invalid_client", "No such application: '"+clientID+"'")
	case !s.connected(acct):
		// A 401, though the key is right: so stripe-ruby's tests have it (test/stripe/stripe_client_test.rb).
		return nil, oauthFailure(http.StatusUnauthorized, "invalid_client", "This application is not connected to stripe account "+
			acct+", or that account does not exist.")
	}
	s.revokeLocked(acct)
	return map[string]string{"stripe_user_id": acct}, nil
}
