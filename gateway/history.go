package gateway

import (
	"context"
	"encoding/json"
	"iter"
	"time"

	"github.com/stripe/stripe-go/v82"
)

// Events are the events about sessions that Stripe has made since then, newest first. Stripe keeps them for 30 days (docs.stripe.com/api/events).
// Those of connected accounts are not among them. After an error it ends.
func (c *Client) Events(ctx context.Context, since time.Time) iter.Seq2[Event, error] {
	p := &stripe.EventListParams{
		CreatedRange: &stripe.RangeQueryParams{GreaterThanOrEqual: since.Unix()},
		Types:        stripe.StringSlice(SessionEvents),
	}
	p.Limit = stripe.Int64(100)
	return func(yield func(Event, error) bool) {
		for e, err := range c.stripe.V1Events.List(ctx, p) {
			if err != nil {
				yield(Event{}, apiError("list events", err))
				return
			}
			event, err := fromEvent(e)
			event.ID = e.ID // also of one that cannot be read
			if !yield(event, err) {
				return
			}
		}
	}
}

func fromEvent(e *stripe.Event) (Event, error) {
	raw := rawEvent[json.RawMessage]{ID: e.ID, Type: string(e.Type), Account: e.Account, APIVersion: e.APIVersion, Livemode: e.Livemode, Created: e.Created}
	if e.Data == nil {
		return Event{}, ErrNotAnEvent
	}
	raw.Data.Object = json.RawMessage(e.Data.Raw)
	return readEvent(raw)
}

// Sessions are all sessions that Stripe has, newest first. After an error it ends.
func (c *Client) Sessions(ctx context.Context) iter.Seq2[Session, error] {
	p := &stripe.IdentityVerificationSessionListParams{}
	p.Limit = stripe.Int64(100)
	return func(yield func(Session, error) bool) {
		for s, err := range c.stripe.V1IdentityVerificationSessions.List(ctx, p) {
			if err != nil {
				yield(Session{}, apiError("list sessions", err))
				return
			}
			if !yield(fromStripe(s, time.Time{}), nil) {
				return
			}
		}
	}
}

// Report is a VerificationReport: one check of one submission
// (docs.stripe.com/api/identity/verification_reports).
type Report struct {
	ID        string
	Failed    bool
	ErrorCode string // of the first check that did not pass
	CreatedAt time.Time
}

// Reports are a session's reports, newest first. After an error it ends.
func (c *Client) Reports(ctx context.Context, sessionID string) iter.Seq2[Report, error] {
	p := &stripe.IdentityVerificationReportListParams{VerificationSession: stripe.String(sessionID)}
	p.Limit = stripe.Int64(100)
	return func(yield func(Report, error) bool) {
		for r, err := range c.stripe.V1IdentityVerificationReports.List(ctx, p) {
			if err != nil {
				yield(Report{}, apiError("list reports", err))
				return
			}
			if !yield(fromReport(r), nil) {
				return
			}
		}
	}
}

// fromReport finds the check that did not pass: the report as a whole has no verdict.
func fromReport(r *stripe.IdentityVerificationReport) Report {
	out := Report{ID: r.ID, CreatedAt: time.Unix(r.Created, 0).UTC()}
	check := func(status, code string) {
		if status == "unverified" && !out.Failed {
			out.Failed, out.ErrorCode = true, code
		}
	}
	if c := r.Document; c != nil && c.Error != nil {
		check(string(c.Status), string(c.Error.Code))
	}
	if c := r.Selfie; c != nil && c.Error != nil {
		check(string(c.Status), string(c.Error.Code))
	}
	if c := r.IDNumber; c != nil && c.Error != nil {
		check(string(c.Status), string(c.Error.Code))
	}
	if c := r.Email; c != nil && c.Error != nil {
		check(string(c.Status), string(c.Error.Code))
	}
	if c := r.Phone; c != nil && c.Error != nil {
		check(string(c.Status), string(c.Error.Code))
	}
	return out
}
