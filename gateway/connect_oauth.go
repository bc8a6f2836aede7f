package gateway

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/stripe/stripe-go/v82"
)

// Connection is what a code was exchanged for. The access token of the answer is
// dropped: the platform's key with Stripe-Account does what it does
// (docs.stripe.com/connect/oauth-reference calls tokens deprecated).
type Connection struct {
	AccountID    string // stripe_user_id
	Scope        string
	Livemode     bool
	RefreshToken string    // given only once; a secret
	At           time.Time // Stripe's time, not earlier than the connection
}

// ErrRestricted is an ErrRejected that says nothing against a restricted key but that it may not do Connect's OAuth. Whether Stripe
// lets such keys do it is documented nowhere.
var ErrRestricted = fmt.Errorf("%w: not with this restricted key", ErrRejected)

// AuthorizeURL is Stripe's page on which a merchant allows the connection.
// stripe-go's own function ignores another Connect host, so it is built here.
// prefill has stripe_user[…] parameters for Stripe's form; none is fine.
func (c *Client) AuthorizeURL(state string, prefill url.Values) string {
	q := url.Values{}
	maps.Copy(q, prefill)
	maps.Copy(q, url.Values{"response_type": {"code"}, "client_id": {c.opt.ClientID}, "scope": {"read_write"},
		"redirect_uri": {c.opt.RedirectURL}, "state": {state}})
	return cmp.Or(c.opt.ConnectBase, stripe.ConnectURL) + "/oauth/authorize?" + q.Encode()
}

// Exchange turns a code into a connection, with one request, whatever happens:
// a code that is sent twice revokes the connection. Errors: ErrCodeRejected,
// ErrRejected, ErrUnavailable (nothing was exchanged), ErrOutcomeUnknown.
func (c *Client) Exchange(ctx context.Context, code string) (Connection, error) {
	// A person who closes the tab must not leave a connection that nobody recorded.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), callTimeout)
	defer cancel()
	ctx, status := watch(ctx)
	token, err := c.stripe.OAuth.Create(ctx, &stripe.OAuthTokenParams{
		GrantType: stripe.String("authorization_code"), Code: stripe.String(code)})
	if err != nil {
		return Connection{}, c.oauthError("exchange code", err, ErrOutcomeUnknown, *status)
	}
	if token.StripeUserID == "" {
		return Connection{}, fmt.Errorf("exchange code: %w (answer names no account)", ErrOutcomeUnknown)
	}
	return Connection{AccountID: token.StripeUserID, Scope: string(token.Scope), Livemode: token.Livemode,
		RefreshToken: token.RefreshToken, At: readAt(token.APIResource, 0)}, nil
}

// Deauthorize ends the platform's access to the account. Errors: ErrNotConnected
// (it had ended before), ErrConnectOff, ErrRejected, ErrUnavailable.
func (c *Client) Deauthorize(ctx context.Context, accountID string) error {
	if c.opt.ClientID == "" {
		return ErrConnectOff
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), callTimeout)
	defer cancel()
	ctx, status := watch(ctx)
	done, err := c.stripe.OAuth.Delete(ctx, &stripe.DeauthorizeParams{
		ClientID: stripe.String(c.opt.ClientID), StripeUserID: stripe.String(accountID)})
	switch {
	case err == nil && done.StripeUserID == accountID:
		return nil
	case err == nil:
		return fmt.Errorf("deauthorize: %w (answer is not Stripe's)", ErrUnavailable)
	}
	return c.oauthError("deauthorize", err, ErrUnavailable, *status)
}

// oauthError sorts what connect.stripe.com answered. What cannot be read as an
// OAuth error (no answer, HTML, the API's object shape) is unclear.
func (c *Client) oauthError(op string, err, unclear error, status int) error {
	restricted := c.opt.Restricted() && (status == http.StatusUnauthorized || status == http.StatusForbidden)
	var se *stripe.Error
	if !errors.As(err, &se) {
		if restricted && strings.Contains(err.Error(), "cannot unmarshal object") { // that shape, in which a missing permission is told elsewhere
			return fmt.Errorf("%s: %w", op, &Error{Kind: ErrRestricted, Status: status, Permission: permission(err.Error()), Hint: hintRestricted})
		}
		if errors.Is(err, errPace) {
			unclear = ErrUnavailable // it was never sent
		}
		return fmt.Errorf("%s: %w (%s)", op, unclear, reason(err))
	}
	e := newError(se)
	e.Code = plain(se.OAuthError)
	switch {
	case se.HTTPStatusCode == http.StatusTooManyRequests:
		e.Kind = ErrUnavailable
	case se.HTTPStatusCode >= 500 || se.OAuthError == "":
		e.Kind = unclear
	case restricted && !strings.Contains(se.OAuthErrorDescription, "application"): // ours, which would be to blame
		e.Hint, e.Kind = hintRestricted, ErrRestricted
	case se.OAuthError == "invalid_grant":
		e.Kind = ErrCodeRejected
	case se.OAuthError == "invalid_client":
		e.Hint, e.Kind = invalidClient(se.OAuthErrorDescription)
	}
	return fmt.Errorf("%s: %w", op, e)
}

const hintRestricted = "use a secret key for Connect, or give the key Connect permissions"

// invalidClient tells the causes of an invalid_client apart, for which Stripe has nothing but words: all of them may be
// a 401, which elsewhere means a wrong key. "not connected" is of stripe-ruby's tests, "No such API key" of public issues.
func invalidClient(description string) (hint string, kind error) {
	switch {
	case strings.Contains(description, "not connected"):
		return "", ErrNotConnected
	case strings.Contains(description, "API key"):
		return hintWrongKey, ErrRejected
	}
	return "STRIPE_CLIENT_ID does not belong to the account of STRIPE_SECRET_KEY, or is of its other mode", ErrRejected
}
