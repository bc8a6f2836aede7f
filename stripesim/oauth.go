package stripesim

import (
	"cmp"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"time"
)

// codeLifetime is how long an authorization code can be exchanged (docs.stripe.com/connect/oauth-reference).
const codeLifetime = 5 * time.Minute

// NewAccount stands for "create a new account" on the authorize page.
const NewAccount = "new"

// oauth is what the simulator knows of accounts and connections.
type oauth struct {
	accounts []*Account
	visits   map[string]*visit // to the authorize page, by token
	codes    map[string]*code
}

func newOAuth(Config) oauth {
	return oauth{accounts: startingAccounts(), visits: map[string]*visit{}, codes: map[string]*code{}}
}

// visit is one person on the authorize page.
type visit struct{ redirectURI, state, scope string }

// Code is an authorization code to be made by IssueCode.
type Code struct {
	Account   string // default AccountA; NewAccount makes one
	Scope     string // default read_write
	ClientID  string // default the platform's; another one is not ours to exchange
	OtherMode bool   // issued for the mode that the key is not of
}

type code struct {
	Code
	expires time.Time
	used    bool
}

// oauthError is an error of docs.stripe.com/connect/oauth-reference.
type oauthError struct {
	status      int
	Code        string `json:"error"`
	Description string `json:"error_description"`
}

func (e *oauthError) Error() string { return e.Description }

func oauthFailure(status int, code, description string) *oauthError {
	return &oauthError{status: status, Code: code, Description: description}
}

// IssueCode returns a fresh authorization code, without anybody clicking.
func (s *Sim) IssueCode(c Code) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.issueLocked(c)
}

func (s *Sim) issueLocked(c Code) string {
	c.Scope = cmp.Or(c.Scope, "read_write")
	c.ClientID = cmp.Or(c.ClientID, s.cfg.ClientID)
	c.Account = cmp.Or(c.Account, AccountA)
	if c.Account == NewAccount {
		a := &Account{ID: newID("acct_"), Name: "New account"}
		s.accounts = append(s.accounts, a)
		c.Account = a.ID
	}
	id := newID("ac_")
	s.codes[id] = &code{Code: c, expires: s.now().Add(codeLifetime)}
	return id
}

// Authorize does what the person's "Connect" does on the authorize page, and returns the address that the browser
// is sent to. acct is an account's id, NewAccount, or empty for AccountA. It fails as the page does.
func (s *Sim) Authorize(clientID, redirectURI, state, scope, acct string) (callbackURL string, err error) {
	v, err := s.newVisit(url.Values{
		"client_id": {clientID}, "redirect_uri": {redirectURI}, "state": {state}, "scope": {scope}, "response_type": {"code"},
	})
	if err != nil {
		return "", err
	}
	return s.allow(v, acct)
}

// allow connects nothing yet: that happens when the code is exchanged.
func (s *Sim) allow(v *visit, acct string) (string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	acct = cmp.Or(acct, AccountA)
	if acct != NewAccount && s.account(acct) == nil {
		return "", errors.New("no such account")
	}
	return v.callback(url.Values{"code": {s.issueLocked(Code{Account: acct, Scope: v.scope})}, "scope": {v.scope}}, true), nil
}

// deny is the address for a refusal. Stripe's own documentation shows it without the state.
func (v *visit) deny(withState bool) string {
	return v.callback(url.Values{"error": {"access_denied"}, "error_description": {"The user denied your request"}}, withState)
}

func (v *visit) callback(q url.Values, withState bool) string {
	u, err := url.Parse(v.redirectURI)
	if err != nil {
		return v.redirectURI // cannot be: newVisit has parsed it
	}
	all := u.Query()
	for name := range q {
		all.Set(name, q.Get(name))
	}
	if withState && v.state != "" {
		all.Set("state", v.state)
	}
	u.RawQuery = all.Encode()
	return u.String()
}

// newVisit checks the parameters of an authorize request. Its errors are shown on Stripe's own page and are never
// sent to the redirect_uri, which may be an attacker's.
func (s *Sim) newVisit(q url.Values) (*visit, error) {
	if q.Get("client_id") != s.cfg.ClientID {
		return nil, newError(http.StatusBadRequest, "", "", "No application matches the supplied client identifier")
	}
	if q.Get("response_type") != "code" {
		return nil, oauthFailure(http.StatusBadRequest, "unsupported_response_type", "The response_type parameter must be code.")
	}
	scope := cmp.Or(q.Get("scope"), "read_only") // Stripe's default
	if scope != "read_write" {
		return nil, oauthFailure(http.StatusBadRequest, "invalid_scope", "Only read_write can be asked for: read_only is for extensions.")
	}
	redirectURI := q.Get("redirect_uri")
	registered := slices.Contains(s.cfg.RedirectURIs, redirectURI)
	if len(s.cfg.RedirectURIs) == 0 {
		registered = loopbackURL(redirectURI)
	} else if redirectURI == "" {
		redirectURI, registered = s.cfg.RedirectURIs[0], true
	}
	if !registered {
		return nil, oauthFailure(http.StatusBadRequest, "invalid_redirect_uri", "Invalid redirect URI '"+redirectURI+"'. Ensure "+
			"this uri exactly matches one of the uris specified in your application settings.")
	}
	return &visit{redirectURI: redirectURI, state: q.Get("state"), scope: scope}, nil
}

// Revoke is what the merchant does when he disconnects the platform in his Dashboard. It does nothing for an
// account that is not connected.
func (s *Sim) Revoke(acct string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.revokeLocked(acct)
}

func (s *Sim) revokeLocked(acct string) {
	a := s.account(acct)
	if a == nil || !a.Connected {
		return
	}
	a.Connected, a.refresh = false, ""
	s.emitApplication("deauthorized", acct)
}

// emitApplication tells of a connection: the account is in the event, the object is the application
// (docs.stripe.com/connect/webhooks).
func (s *Sim) emitApplication(what, acct string) {
	s.emitLocked(nil, "account.application."+what, acct,
		map[string]any{"id": s.cfg.ClientID, "object": "application", "name": "Simulated platform"})
}
