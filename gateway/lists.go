package gateway

import (
	"context"
	"encoding/json"
	"iter"
	"slices"
	"time"

	"github.com/stripe/stripe-go/v82"
)

// typesAtOnce is how many types of events Stripe lists at once (docs.stripe.com/api/events/list).
const typesAtOnce = 20

// Events are the events about sessions, and those of the team's own types, the first
// fifteen of them, that Stripe has made since then, newest first. Stripe keeps them for
// 30 days (docs.stripe.com/api/events). Those of connected accounts are not among them.
func (c *Client) Events(ctx context.Context, since time.Time) iter.Seq2[Event, error] {
	types := slices.Concat(SessionEvents, c.opt.OwnEvents)
	p := &stripe.EventListParams{ListParams: longPage(), CreatedRange: &stripe.RangeQueryParams{GreaterThanOrEqual: since.Unix()},
		Types: stripe.StringSlice(types[:min(len(types), typesAtOnce)])}
	return listed("list events", c.stripe.V1Events.List(ctx, p), fromEvent)
}

// longPage has Stripe list as much as it does in one answer.
func longPage() stripe.ListParams { return stripe.ListParams{Limit: stripe.Int64(100)} }

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
	raw := rawEvent[json.RawMessage]{ID: e.ID, Type: string(e.Type), Account: e.Account, APIVersion: e.APIVersion,
		Livemode: e.Livemode, Created: e.Created}
	if e.Data == nil {
		return Event{ID: e.ID}, ErrNotAnEvent
	}
	raw.Data.Object = &e.Data.Raw
	event, err := readEvent(raw, 0)
	event.ID = e.ID
	return event, err
}

// Sessions are the sessions of this account that were made since then, newest first; for the zero time all that Stripe has.
func (c *Client) Sessions(ctx context.Context, since time.Time) iter.Seq2[Session, error] {
	p := &stripe.IdentityVerificationSessionListParams{ListParams: longPage()}
	if !since.IsZero() {
		p.CreatedRange = &stripe.RangeQueryParams{GreaterThanOrEqual: since.Unix()}
	}
	return c.sessions(ctx, "list sessions", p)
}

func (c *Client) sessions(ctx context.Context, op string, p *stripe.IdentityVerificationSessionListParams) iter.Seq2[Session, error] {
	return listed(op, c.stripe.V1IdentityVerificationSessions.List(ctx, p),
		func(s *stripe.IdentityVerificationSession) (Session, error) { return session(s, time.Time{}, nil) })
}

// Report is a VerificationReport: one check of one submission
// (docs.stripe.com/api/identity/verification_reports).
type Report struct {
	ID        string
	Failed    bool
	Verified  bool   // a check has succeeded, and none has failed
	ErrorCode string // of the first check that did not pass
	CreatedAt time.Time
}

// Reports are a session's reports, newest first; those of all sessions for "".
func (c *Client) Reports(ctx context.Context, sessionID string) iter.Seq2[Report, error] {
	p := &stripe.IdentityVerificationReportListParams{ListParams: longPage()}
	if sessionID != "" {
		p.VerificationSession = stripe.String(sessionID)
	}
	return listed("list reports", c.stripe.V1IdentityVerificationReports.List(ctx, p), fromReport)
}

// fromReport finds the first check that did not pass: the report as a whole has no
// verdict, and only a check that did not pass has an error.
func fromReport(r *stripe.IdentityVerificationReport) (Report, error) {
	out := Report{ID: r.ID, Failed: true, CreatedAt: time.Unix(r.Created, 0).UTC()}
	switch {
	case r.Document != nil && r.Document.Error != nil:
		out.ErrorCode = string(r.Document.Error.Code)
	case r.Selfie != nil && r.Selfie.Error != nil:
		out.ErrorCode = string(r.Selfie.Error.Code)
	case r.IDNumber != nil && r.IDNumber.Error != nil:
		out.ErrorCode = string(r.IDNumber.Error.Code)
	case r.Email != nil && r.Email.Error != nil:
		out.ErrorCode = string(r.Email.Error.Code)
	case r.Phone != nil && r.Phone.Error != nil:
		out.ErrorCode = string(r.Phone.Error.Code)
	default:
		out.Failed = false
		out.Verified = r.Document != nil && r.Document.Status == stripe.IdentityVerificationReportDocumentStatusVerified ||
			r.IDNumber != nil && r.IDNumber.Status == stripe.IdentityVerificationReportIDNumberStatusVerified
	}
	return out, nil
}
