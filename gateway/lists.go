package gateway

import (
	"context"
	"encoding/json"
	"iter"
	"slices"
	"time"

	"github.com/stripe/stripe-go/v82"
)

// Events are the events about sessions, and those of the team's own types, that Stripe
// has made since then, newest first. Stripe keeps them for 30 days
// (docs.stripe.com/api/events). Those of connected accounts are not among them.
func (c *Client) Events(ctx context.Context, since time.Time) iter.Seq2[Event, error] {
	p := &stripe.EventListParams{
		CreatedRange: &stripe.RangeQueryParams{GreaterThanOrEqual: since.Unix()},
		Types:        stripe.StringSlice(append(slices.Clip(SessionEvents), c.opt.OwnEvents...)),
	}
	p.Limit = stripe.Int64(100)
	return listed("list events", c.stripe.V1Events.List(ctx, p), fromEvent)
}

// listed reads what Stripe lists, as it is asked for. It ends after an error of Stripe's.
func listed[S, T any](op string, list stripe.Seq2[S, error], read func(S) (T, error)) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		for s, err := range list {
			if err != nil {
				yield(*new(T), apiError(op, err))
				return
			}
			if !yield(read(s)) {
				return
			}
		}
	}
}

// fromEvent names the event also where it cannot be read.
func fromEvent(e *stripe.Event) (Event, error) {
	raw := rawEvent[json.RawMessage]{ID: e.ID, Type: string(e.Type), Account: e.Account, APIVersion: e.APIVersion, Livemode: e.Livemode, Created: e.Created}
	if e.Data == nil {
		return Event{ID: e.ID}, ErrNotAnEvent
	}
	raw.Data.Object = json.RawMessage(e.Data.Raw)
	event, err := readEvent(raw)
	event.ID = e.ID
	return event, err
}

// Sessions are all sessions that Stripe has, newest first.
func (c *Client) Sessions(ctx context.Context) iter.Seq2[Session, error] {
	p := &stripe.IdentityVerificationSessionListParams{}
	p.Limit = stripe.Int64(100)
	return listed("list sessions", c.stripe.V1IdentityVerificationSessions.List(ctx, p),
		func(s *stripe.IdentityVerificationSession) (Session, error) { return fromStripe(s, time.Time{}), nil })
}

// Report is a VerificationReport: one check of one submission
// (docs.stripe.com/api/identity/verification_reports).
type Report struct {
	ID        string
	Failed    bool
	ErrorCode string // of the first check that did not pass
	CreatedAt time.Time
}

// Reports are a session's reports, newest first; those of all sessions for "".
func (c *Client) Reports(ctx context.Context, sessionID string) iter.Seq2[Report, error] {
	p := &stripe.IdentityVerificationReportListParams{}
	if sessionID != "" {
		p.VerificationSession = stripe.String(sessionID)
	}
	p.Limit = stripe.Int64(100)
	return listed("list reports", c.stripe.V1IdentityVerificationReports.List(ctx, p), fromReport)
}

// fromReport finds the check that did not pass: the report as a whole has no verdict.
func fromReport(r *stripe.IdentityVerificationReport) (Report, error) {
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
	return out, nil
}
