package gateway

import (
	"context"
	"errors"

	"github.com/stripe/stripe-go/v82"
)

// Redact asks Stripe to erase what it holds about a session, which may take it
// four days (docs.stripe.com/identity/verification-sessions), and returns the
// session: Redacted once it is done. It can be asked again. An unfinished session
// is canceled by it. Errors: ErrRejected (it is being checked), ErrUnavailable.
func (c *Client) Redact(ctx context.Context, id string) (Session, error) {
	if id == "" {
		return Session{}, errors.New("redact session: empty id")
	}
	under := false
	s, err := c.session(ctx, "read session to redact", func(ctx context.Context) (*stripe.IdentityVerificationSession, error) {
		s, err := c.stripe.V1IdentityVerificationSessions.Retrieve(ctx, id, nil)
		under = err == nil && s.Redaction != nil
		return s, err
	})
	if err != nil || under {
		return s, err
	}
	return c.session(ctx, "redact session", func(ctx context.Context) (*stripe.IdentityVerificationSession, error) {
		return c.stripe.V1IdentityVerificationSessions.Redact(ctx, id, nil)
	})
}
