package gateway

import (
	"context"

	"github.com/stripe/stripe-go/v82"
)

// ListedUnder are all sessions that carry a reference, as Stripe lists them. Errors: ErrRejected, ErrUnavailable.
func (c *Client) ListedUnder(ctx context.Context, reference string) (found []Session, err error) {
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	p := &stripe.IdentityVerificationSessionListParams{ClientReferenceID: stripe.String(reference), ListParams: longPage()}
	for s, err := range c.sessions(ctx, "list sessions", p) {
		if err != nil {
			return found, err
		}
		found = append(found, s)
	}
	return found, nil
}

// RedactAnyway asks for a redaction without asking first whether one is under way, as Redact does, so that Stripe's own answer to
// the second one is seen. Errors: ErrRejected, ErrMissing, ErrUnavailable.
func (c *Client) RedactAnyway(ctx context.Context, id string) (Session, error) {
	return session(ask(ctx, "redact session", c.stripe.V1IdentityVerificationSessions.Redact, id, nil))
}
