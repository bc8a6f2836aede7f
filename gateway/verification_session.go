package gateway

import (
	"cmp"
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
	Secret    bool   // its client_secret came along, which opens it as its URL does
	Reference string // client_reference_id
	UserID    string // metadata.user_id
	Failed    bool   // last_error is there
	ErrorCode string // last_error.code
	Reason    string // last_error.reason: Stripe's English words, may be shown to the person
	Email     string // provided_details.email: to write to, never stored or logged
	ReportID  string // last_verification_report
	Livemode  bool
	Redacting bool // somebody has asked for a redaction, whatever became of that so far
	Erasing   bool // what Stripe holds is being erased, or was
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
	ReturnURL      string // where Stripe sends the person back to; "": Options.ReturnURL
}

// CreateSession makes a VerificationSession. The same idempotency key gives the
// same session, for at least a day. Errors: ErrInFlight, ErrSpent, ErrRejected,
// ErrUnavailable.
func (c *Client) CreateSession(ctx context.Context, n NewSession) (Session, error) {
	p := &stripe.IdentityVerificationSessionCreateParams{
		ClientReferenceID: stripe.String(n.Reference),
		ReturnURL:         stripe.String(cmp.Or(n.ReturnURL, c.opt.ReturnURL)),
	}
	p.AddMetadata("user_id", n.UserID)
	p.SetIdempotencyKey(n.IdempotencyKey)
	if n.Email != "" {
		p.ProvidedDetails = &stripe.IdentityVerificationSessionCreateProvidedDetailsParams{Email: stripe.String(n.Email)}
	}
	c.opt.Check.apply(p)
	create := func(ctx context.Context, _ string, p *stripe.IdentityVerificationSessionCreateParams) (*stripe.IdentityVerificationSession, error) {
		return c.stripe.V1IdentityVerificationSessions.Create(ctx, p)
	}
	return session(ask(ctx, "create session", create, n.Reference, p))
}

// RetrieveSession reads a session, with a fresh URL while it requires input.
// Errors: ErrMissing, ErrRejected, ErrUnavailable.
func (c *Client) RetrieveSession(ctx context.Context, id string) (Session, error) {
	return session(ask(ctx, "retrieve session", c.stripe.V1IdentityVerificationSessions.Retrieve, id, nil))
}

// CorrectEmail changes the address of a session that is still open
// (docs.stripe.com/api/identity/verification_sessions/update). Errors:
// ErrMissing, ErrRejected, ErrUnavailable.
func (c *Client) CorrectEmail(ctx context.Context, id, email string) (Session, error) {
	p := &stripe.IdentityVerificationSessionUpdateParams{
		ProvidedDetails: &stripe.IdentityVerificationSessionUpdateProvidedDetailsParams{Email: stripe.String(email)}}
	return session(ask(ctx, "correct address", c.stripe.V1IdentityVerificationSessions.Update, id, p))
}

// CancelSession closes a session for good. Errors: ErrNotCancelable (it is being
// checked, or is final), ErrMissing, ErrRejected, ErrUnavailable.
func (c *Client) CancelSession(ctx context.Context, id string) (Session, error) {
	s, err := session(ask(ctx, "cancel session", c.stripe.V1IdentityVerificationSessions.Cancel, id, nil))
	var e *Error
	if errors.As(err, &e) && e.Kind == ErrRejected && e.Status == http.StatusBadRequest {
		e.Kind = ErrNotCancelable // Stripe has no code of its own for it
	}
	return s, err
}

// FindSession looks for the session that carries our reference and user, as a webhook's must: the newest, whose
// id we never learned. Without one its ID is "". Errors: ErrRejected, ErrUnavailable.
func (c *Client) FindSession(ctx context.Context, reference, userID string) (Session, error) {
	ctx, cancel := context.WithTimeout(ctx, callTimeout) // it is one page at Stripe
	defer cancel()
	p := &stripe.IdentityVerificationSessionListParams{ClientReferenceID: stripe.String(reference), ListParams: longPage()}
	for s, err := range c.sessions(ctx, "find session", p) {
		if err != nil || s.UserID == userID {
			return s, err
		}
	}
	return Session{}, nil
}

// Redact asks Stripe to erase what it holds about a session, which may take it
// four days (docs.stripe.com/identity/verification-sessions), and returns the
// session: Redacted once it is done. It can be asked again. An unfinished session
// is canceled by it. Errors: ErrRejected (it is being checked), ErrNotRedactable, ErrMissing, ErrUnavailable.
func (c *Client) Redact(ctx context.Context, id string) (Session, error) {
	before, err := c.RetrieveSession(ctx, id)
	if err != nil || before.Erasing {
		return before, err
	}
	s, err := c.RedactAnyway(ctx, id)
	var e *Error
	if before.Status == string(stripe.IdentityVerificationSessionStatusProcessing) || !errors.As(err, &e) ||
		e.Kind != ErrRejected || e.Status != http.StatusBadRequest {
		return s, err
	}
	// Stripe has no code of its own for it. Somebody may just have submitted something, or have had it redacted.
	switch after, again := c.RetrieveSession(ctx, id); {
	case again == nil && after.Redacting:
		return after, nil
	case again == nil && after.Status == before.Status:
		e.Kind = ErrNotRedactable
	}
	return s, err
}

// ask makes one call about a session, and says since when its answer is true.
func ask[P any](ctx context.Context, op string, call func(context.Context, string, *P) (*stripe.IdentityVerificationSession, error),
	id string, p *P) (*stripe.IdentityVerificationSession, time.Time, error) {
	if id == "" {
		return nil, time.Time{}, errors.New(op + ": empty id") // stripe-go would call the list
	}
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	start := time.Now()
	s, err := call(ctx, id, p)
	if err == nil && (s.ID == "" || s.Status == "") {
		err = errors.New("deserialize: not a session") // JSON, but not Stripe's
	}
	if err != nil {
		return nil, time.Time{}, apiError(op, err)
	}
	return s, readAt(s.APIResource, time.Since(start)), nil
}

// session reads what ask has returned, or what else was true at that time.
func session(s *stripe.IdentityVerificationSession, at time.Time, err error) (Session, error) {
	if err != nil {
		return Session{}, err
	}
	out := Session{ID: s.ID, Status: string(s.Status), URL: s.URL, Reference: s.ClientReferenceID,
		UserID: s.Metadata["user_id"], Livemode: s.Livemode, CreatedAt: time.Unix(s.Created, 0).UTC(), At: at,
		Secret: s.ClientSecret != "", Redacting: s.Redaction != nil}
	out.Redacted = out.Redacting && s.Redaction.Status == stripe.IdentityVerificationSessionRedactionStatusRedacted
	// Newer versions of the API have another status, "validated", of which nothing says that it leads to erasing: a
	// redaction job of somebody's may have come as far, and wait for being run (github.com/stripe/stripe-go, privacy_redactionjob.go).
	out.Erasing = out.Redacted || out.Redacting && s.Redaction.Status == stripe.IdentityVerificationSessionRedactionStatusProcessing
	if s.LastError != nil {
		out.Failed, out.ErrorCode, out.Reason = true, string(s.LastError.Code), s.LastError.Reason
	}
	if s.ProvidedDetails != nil {
		out.Email = s.ProvidedDetails.Email
	}
	if s.LastVerificationReport != nil {
		out.ReportID = s.LastVerificationReport.ID
	}
	return out, nil
}

// Outputs are what a verified session found out about a person
// (docs.stripe.com/identity/access-verification-results). What was not checked is empty.
type Outputs struct {
	FirstName, LastName                             string
	Line1, Line2, PostalCode, City, Region, Country string
	Email, Phone                                    string
	BirthDay, BirthMonth, BirthYear                 int64 // only where outputsRead names it
	Redacted                                        bool  // nothing of it is left
}

// outputsRead are the parts that Stripe is asked for. The date of birth,
// verified_outputs.dob, is given to a restricted key only.
var outputsRead = []string{"verified_outputs"}

// Outputs reads what a verified session found out. It is for comparing on the
// spot: never store or log it. The session is how it is by now. Errors: ErrMissing, ErrRejected, ErrUnavailable.
func (c *Client) Outputs(ctx context.Context, sessionID string) (Outputs, Session, error) {
	p := &stripe.IdentityVerificationSessionRetrieveParams{Expand: stripe.StringSlice(outputsRead)}
	s, at, err := ask(ctx, "read outputs", c.stripe.V1IdentityVerificationSessions.Retrieve, sessionID, p)
	now, err := session(s, at, err)
	if err != nil || s.VerifiedOutputs == nil {
		return Outputs{Redacted: now.Redacted}, now, err
	}
	v := s.VerifiedOutputs
	o := Outputs{FirstName: v.FirstName, LastName: v.LastName, Email: v.Email, Phone: v.Phone, Redacted: now.Redacted}
	if a := v.Address; a != nil {
		o.Line1, o.Line2, o.PostalCode, o.City, o.Region, o.Country = a.Line1, a.Line2, a.PostalCode, a.City, a.State, a.Country
	}
	if d := v.DOB; d != nil {
		o.BirthDay, o.BirthMonth, o.BirthYear = d.Day, d.Month, d.Year
	}
	return o, now, nil
}
