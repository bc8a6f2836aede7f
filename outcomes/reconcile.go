package outcomes

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"example.com/identity-starter/gateway"
	"example.com/identity-starter/store"
)

// Stripe lists its events for 30 days; an hour of overlap costs one page.
const (
	eventsKept    = 30*24*time.Hour - time.Minute
	eventsOverlap = time.Hour
	eventsAtOnce  = 10_000 // a few megabytes
)

// Reconciler finds out what no webhook has told.
type Reconciler struct {
	Parts
	Now func() time.Time
	// Tell is called for each change, with the id of the event or session and
	// what became of it, and for each failure.
	Tell func(id, what string, err error)
	// Progress is called with the number of sessions asked about so far; nil: nobody waits.
	Progress func(asked int)
}

// Events records the events that Stripe made since an hour before the newest we
// hold, each like a delivery: one that a webhook has brought counts once. It
// returns how many were new.
func (r Reconciler) Events(ctx context.Context) (int, error) {
	newest, err := r.DB.NewestEvent(ctx)
	if err != nil {
		return 0, err
	}
	since := newest.Add(-eventsOverlap)
	if oldest := r.Now().Add(-eventsKept); since.Before(oldest) {
		since = oldest
	}
	// Stripe lists the newest first, and a story reads better from its beginning. In
	// which order they are applied does not change the end.
	var events []gateway.Event
	found := 0
	for e, err := range r.Stripe.Events(ctx, since) {
		switch {
		case errors.Is(err, gateway.ErrNotAnEvent):
			r.Tell(e.ID, "unreadable event", err)
			continue
		case err != nil:
			return found, err
		}
		if events = append(events, e); len(events) == eventsAtOnce {
			n, err := r.record(ctx, events)
			if found += n; err != nil {
				return found, err
			}
			events = events[:0]
		}
	}
	n, err := r.record(ctx, events)
	return found + n, err
}

func (r Reconciler) record(ctx context.Context, newestFirst []gateway.Event) (int, error) {
	found := 0
	for _, e := range slices.Backward(newestFirst) {
		result, err := r.Record.Event(ctx, e)
		if err != nil {
			return found, err
		}
		if result != store.Duplicate {
			found++
			r.Tell(e.ID, e.Type+": "+string(result), nil)
		}
	}
	return found, nil
}

// Open asks Stripe about every verification that is not final. One that fails
// does not stop the rest. It returns how many were news and how many failed.
func (r Reconciler) Open(ctx context.Context) (news, failed int, err error) {
	after, asked := "", 0
	for {
		list, err := r.DB.Open(ctx, after)
		if err != nil || len(list) == 0 {
			return news, failed, err
		}
		for _, v := range list {
			after = v.ID
			changed, err := r.One(ctx, v)
			asked++
			r.progress(asked)
			switch {
			case ctx.Err() != nil:
				return news, failed, ctx.Err()
			case err != nil:
				failed++
				r.Tell(cmp.Or(v.SessionID, v.ID), "failed", err)
			case changed:
				news++
			}
		}
	}
}

// One asks Stripe about a verification and records the answer.
func (r Reconciler) One(ctx context.Context, v store.Verification) (bool, error) {
	if v.SessionID == "" { // its create got no answer: Stripe may have the session all the same
		found, err := r.Stripe.FindSession(ctx, v.ID)
		if err != nil || found.ID == "" {
			return false, err
		}
		v.SessionID = found.ID
	}
	session, err := r.Stripe.RetrieveSession(ctx, v.SessionID)
	if err != nil {
		return false, err
	}
	news, err := r.Record.Answer(ctx, v, session)
	if news {
		r.Tell(v.SessionID, session.Status, nil)
	}
	return news, err
}

// All rebuilds verifications and attempts from what Stripe lists: sessions with
// a user id of ours in their metadata, and their reports. It returns how many
// sessions brought something new, and how many failed.
func (r Reconciler) All(ctx context.Context) (news, failed int, err error) {
	asked := 0
	for s, err := range r.Stripe.Sessions(ctx) {
		if err != nil {
			return news, failed, err
		}
		asked++
		r.progress(asked)
		if s.UserID == "" || s.Livemode != r.Record.live {
			continue // another app's, or redacted: nothing says whose it was
		}
		changed, err := r.rebuild(ctx, s)
		switch {
		case ctx.Err() != nil:
			return news, failed, ctx.Err()
		case errors.Is(err, store.ErrAnotherOpen):
			r.Tell(s.ID, "left out, its failed checks are counted", err)
		case err != nil:
			failed++
			r.Tell(s.ID, "failed", err)
		case changed:
			news++
			r.Tell(s.ID, s.Status, nil)
		}
	}
	return news, failed, nil
}

func (r Reconciler) progress(asked int) {
	if r.Progress != nil {
		r.Progress(asked)
	}
}

func (r Reconciler) rebuild(ctx context.Context, s gateway.Session) (bool, error) {
	s.At = s.CreatedAt
	past := store.Past{CreatedAt: s.CreatedAt}
	last, _ := toNews(s) // who walks away later leaves the last report as it was, with another code on the session
	if s.ReportID != "" {
		for report, err := range r.Stripe.Reports(ctx, s.ID) {
			if err != nil {
				return false, err
			}
			if report.CreatedAt.After(s.At) {
				s.At = report.CreatedAt
			}
			check := store.News{SessionID: s.ID, Status: store.RequiresInput, Failed: report.Failed, ErrorCode: report.ErrorCode,
				ReportID: report.ID, At: report.CreatedAt}
			if report.ID == s.ReportID && last.Counts() {
				check.Failed, check.ErrorCode = true, s.ErrorCode // the session's word is the one that webhooks brought
			}
			if check.Counts() {
				past.Failures = append(past.Failures, check)
			}
		}
	}
	news, ok := toNews(s)
	if !ok {
		return false, fmt.Errorf("rebuild session: unknown status: %w", gateway.ErrUnavailable)
	}
	past.News = news
	return r.DB.Rebuild(ctx, past)
}
