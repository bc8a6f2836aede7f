package gateway

import (
	"context"
	"time"

	"github.com/stripe/stripe-go/v82"
)

// Listed is a session as a list shows it.
type Listed struct {
	Session
	Secret bool // the list carries its client_secret, which opens it as its URL does
}

// ListedUnder are all sessions that carry a reference, as Stripe lists them. Errors: ErrRejected, ErrUnavailable.
func (c *Client) ListedUnder(ctx context.Context, reference string) (found []Listed, err error) {
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	p := &stripe.IdentityVerificationSessionListParams{ClientReferenceID: stripe.String(reference), ListParams: longPage()}
	for s, err := range listed("list sessions", c.stripe.V1IdentityVerificationSessions.List(ctx, p), asListed) {
		if err != nil {
			return found, err
		}
		found = append(found, s)
	}
	return found, nil
}

func asListed(s *stripe.IdentityVerificationSession) (Listed, error) {
	read, err := session(s, time.Time{}, nil)
	return Listed{Session: read, Secret: s.ClientSecret != ""}, err
}

// RedactAnyway asks for a redaction without asking first whether one is under way, as Redact does, so that Stripe's own answer to
// the second one is seen. Errors: ErrRejected, ErrMissing, ErrUnavailable.
func (c *Client) RedactAnyway(ctx context.Context, id string) (Session, error) {
	return session(ask(ctx, "redact session", c.stripe.V1IdentityVerificationSessions.Redact, id, nil))
}
