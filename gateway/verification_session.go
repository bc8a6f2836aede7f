package gateway

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/stripe/stripe-go/v82"
)

// Session is a VerificationSession as far as the app reads it.
type Session struct {
	ID        string
	Status    string // requires_input, processing, verified, canceled
	URL       string // single use, 48 hours: for the person's browser only, never stored or logged
	Reference string // client_reference_id
	UserID    string // metadata.user_id
	Failed    bool   // last_error is there
	ErrorCode string // last_error.code
	Reason    string // last_error.reason: Stripe's English words, may be shown to the person
	Email     string // provided_details.email: to write to, never stored or logged
	ReportID  string // last_verification_report
	Livemode  bool
	Redacted  bool
	CreatedAt time.Time // Stripe's time
	At        time.Time // Stripe's time, not later than when this was true
}

// NewSession is what a session is made from.
type NewSession struct {
	IdempotencyKey string
	Reference      string // the verification's id
	UserID         string
	Email          string // optional; shown to the person by Stripe
}

// CreateSession makes a VerificationSession. The same idempotency key gives the
// same session, for at least a day. Errors: ErrInFlight, ErrSpent, ErrRejected,
// ErrUnavailable.
func (c *Client) CreateSession(ctx context.Context, n NewSession) (Session, error) {
	p := &stripe.IdentityVerificationSessionCreateParams{
		ClientReferenceID: stripe.String(n.Reference),
		ReturnURL:         stripe.String(c.opt.ReturnURL),
	}
	p.AddMetadata("user_id", n.UserID)
	p.SetIdempotencyKey(n.IdempotencyKey)
	if n.Email != "" {
		p.ProvidedDetails = &stripe.IdentityVerificationSessionCreateProvidedDetailsParams{Email: stripe.String(n.Email)}
	}
	c.opt.Check.apply(p)
	return c.session(ctx, "create session", func(ctx context.Context) (*stripe.IdentityVerificationSession, error) {
		return c.stripe.V1IdentityVerificationSessions.Create(ctx, p)
	})
}

// RetrieveSession reads a session, with a fresh URL while it requires input.
// Errors: ErrRejected, ErrUnavailable.
func (c *Client) RetrieveSession(ctx context.Context, id string) (Session, error) {
	if id == "" {
		return Session{}, errors.New("retrieve session: empty id") // stripe-go would call the list
	}
	return c.session(ctx, "retrieve session", func(ctx context.Context) (*stripe.IdentityVerificationSession, error) {
		return c.stripe.V1IdentityVerificationSessions.Retrieve(ctx, id, nil)
	})
}

// CorrectEmail changes the address of a session that is still open
// (docs.stripe.com/api/identity/verification_sessions/update). Errors:
// ErrRejected, ErrUnavailable.
func (c *Client) CorrectEmail(ctx context.Context, id, email string) (Session, error) {
	p := &stripe.IdentityVerificationSessionUpdateParams{ProvidedDetails: &stripe.IdentityVerificationSessionUpdateProvidedDetailsParams{Email: stripe.String(email)}}
	return c.session(ctx, "correct address", func(ctx context.Context) (*stripe.IdentityVerificationSession, error) {
		return c.stripe.V1IdentityVerificationSessions.Update(ctx, id, p)
	})
}

// CancelSession closes a session for good. Errors: ErrNotCancelable (it is being
// checked, or is final), ErrRejected, ErrUnavailable.
func (c *Client) CancelSession(ctx context.Context, id string) (Session, error) {
	s, err := c.session(ctx, "cancel session", func(ctx context.Context) (*stripe.IdentityVerificationSession, error) {
		return c.stripe.V1IdentityVerificationSessions.Cancel(ctx, id, nil)
	})
	var e *Error
	if errors.As(err, &e) && e.Kind == ErrRejected && e.Status == http.StatusBadRequest {
		e.Kind = ErrNotCancelable // Stripe has no code of its own for it
	}
	return s, err
}

// FindSession looks for the session that carries our reference: the one whose
// id we never learned. Without one its ID is "". Errors: ErrRejected, ErrUnavailable.
func (c *Client) FindSession(ctx context.Context, reference string) (Session, error) {
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	p := &stripe.IdentityVerificationSessionListParams{ClientReferenceID: stripe.String(reference)}
	p.Limit = stripe.Int64(1)
	p.Single = true
	for s, err := range c.stripe.V1IdentityVerificationSessions.List(ctx, p) {
		if err != nil {
			return Session{}, apiError("find session", err)
		}
		return fromStripe(s, time.Time{}), nil
	}
	return Session{}, nil
}

// session makes one call that answers with a session.
func (c *Client) session(ctx context.Context, op string, call func(context.Context) (*stripe.IdentityVerificationSession, error)) (Session, error) {
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	start := time.Now()
	s, err := call(ctx)
	if err != nil {
		return Session{}, apiError(op, err)
	}
	if s.ID == "" || s.Status == "" {
		return Session{}, apiError(op, errors.New("deserialize: not a session")) // JSON, but not Stripe's
	}
	return fromStripe(s, readAt(s.APIResource, time.Since(start))), nil
}

func fromStripe(s *stripe.IdentityVerificationSession, at time.Time) Session {
	out := Session{ID: s.ID, Status: string(s.Status), URL: s.URL, Reference: s.ClientReferenceID,
		UserID: s.Metadata["user_id"], Livemode: s.Livemode, CreatedAt: time.Unix(s.Created, 0).UTC(), At: at,
		Redacted: s.Redaction != nil && s.Redaction.Status == stripe.IdentityVerificationSessionRedactionStatusRedacted}
	if s.LastError != nil {
		out.Failed, out.ErrorCode, out.Reason = true, string(s.LastError.Code), s.LastError.Reason
	}
	if s.ProvidedDetails != nil {
		out.Email = s.ProvidedDetails.Email
	}
	if s.LastVerificationReport != nil {
		out.ReportID = s.LastVerificationReport.ID
	}
	return out
}
