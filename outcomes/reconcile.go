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

const (
	eventsKept   = 30*24*time.Hour - time.Minute // Stripe lists its events for 30 days
	eventsAtOnce = 10_000                        // a few megabytes
	listOverlap  = time.Hour                     // which costs one page
	listEvery    = 60 * 60                       // seconds
	listedSoon   = 3 * time.Second
	tidyEvery    = 10 * time.Minute
	checkEvery   = time.Second // one question a second at most: Stripe's limit is the payments', too
)

// Reconciler finds out what no webhook has told.
type Reconciler struct {
	Parts
	// Tell is called for each change, with the id of the event or session and
	// what became of it, and for each failure.
	Tell func(id, what string, err error)
	// Progress is called with the number of sessions asked about so far; nil: nobody waits.
	Progress func(asked int)
}

// Events records the events that Stripe made since an hour before the newest of the last whole list,
// each like a delivery: one that a webhook has brought counts once.
func (r Reconciler) Events(ctx context.Context) (t Tally, err error) {
	reached, err := r.DB.Reached(ctx, store.ListedEvents)
	if err != nil {
		return t, err
	}
	before, since := reached, time.Unix(max(reached.Add(-listOverlap).Unix(), r.DB.Now()-int64(eventsKept.Seconds())), 0)
	var events []gateway.Event
	record := func() error {
		err := r.record(ctx, events, &t)
		events = events[:0]
		return err
	}
	for e, err := range r.Stripe.Events(ctx, since) {
		if errors.Is(err, gateway.ErrNotAnEvent) {
			t.Asked, t.LeftOut = t.Asked+1, t.LeftOut+1
			r.Tell(e.ID, "left out", err)
			continue
		}
		if err != nil {
			return t, err
		}
		if e.CreatedAt.After(reached) {
			reached = e.CreatedAt
		}
		if events = append(events, e); len(events) == eventsAtOnce {
			if err := record(); err != nil {
				return t, err
			}
		}
	}
	if err := record(); err != nil || !reached.After(before) {
		return t, err
	}
	return t, r.DB.SetReached(ctx, store.ListedEvents, reached)
}

// record records listed events, and counts what became of them. Stripe lists the newest first, and a story reads
// better from its beginning. In which order they are applied does not change the end.
func (r Reconciler) record(ctx context.Context, events []gateway.Event, t *Tally) error {
	for _, e := range slices.Backward(events) {
		result, err := r.Record.Event(ctx, e)
		if err != nil {
			return err
		}
		t.Asked++
		about := e.ObjectID
		if e.Type == gateway.EventDeauthorized {
			about = e.Account
		}
		switch result {
		case store.Applied:
			t.Changed++
			r.Tell(e.ID, e.Type+" of "+about, nil)
		case store.Asked:
			t.Changed++
			r.Tell(e.ID, e.Type+" of "+about+": Stripe is asked about it", nil)
		case store.Ignored, store.Unmatched, store.OtherMode:
			t.Others++
		}
	}
	return nil
}

// Open asks Stripe about every verification that is not final.
func (r Reconciler) Open(ctx context.Context) (t Tally, err error) {
	for after := ""; ; {
		list, err := r.DB.Open(ctx, after)
		if err != nil || len(list) == 0 {
			return t, err
		}
		for _, v := range list {
			after = v.ID
			news, err := r.One(ctx, v)
			if err := t.add(ctx, r, cmp.Or(v.SessionID, v.ID), news, err); err != nil {
				return t, err
			}
		}
	}
}

// Unclear asks Stripe about each session of which an event did not say enough. The running program does so by itself, and finds
// nothing left to do then.
func (r Reconciler) Unclear(ctx context.Context) (t Tally, err error) {
	list, err := r.DB.ToDo(ctx, askAgain)
	for _, v := range list {
		news, err := r.One(ctx, v)
		if err := t.add(ctx, r, v.SessionID, news, err); err != nil {
			return t, err
		}
	}
	return t, err
}

// One asks Stripe about a verification and records the answer.
func (r Reconciler) One(ctx context.Context, v store.Verification) (bool, error) {
	if v.SessionID == "" { // its create got no answer: Stripe may have the session all the same
		found, err := r.Stripe.FindSession(ctx, v.ID, v.UserID)
		if err != nil || found.ID == "" {
			return false, err
		}
		v.SessionID = found.ID
	}
	session, err := r.Stripe.RetrieveSession(ctx, v.SessionID)
	result, err := r.Record.Answer(ctx, v, session, err)
	news := result == store.Applied
	if news && err == nil {
		what := "is closed here, for Stripe does not know it"
		if session.Status != "" {
			what = "is " + session.Status + " now"
		}
		r.Tell(v.SessionID, what, nil)
	}
	return news, err
}

// derive writes where users stand anew, should a row say something else than what it is derived from.
func (r Reconciler) derive(ctx context.Context) error {
	list, err := r.DB.Underived(ctx)
	for _, user := range list {
		if err == nil {
			err = r.DB.Derive(ctx, user)
		}
		r.Tell(user, "derived anew: its row did not say what it is derived from", err)
	}
	return err
}

// rebuild writes a session that Stripe has listed, and its failed checks.
func (r Reconciler) rebuild(ctx context.Context, s gateway.Session) (bool, error) {
	news, ok := toNews(s)
	if !ok {
		return false, fmt.Errorf("rebuild session: unknown status: %w", gateway.ErrUnavailable)
	}
	unverified := !s.Redacting && (news.Status == store.RequiresInput || news.Status == store.Canceled)
	failures, passed, err := r.reports(ctx, s, &news)
	if err != nil {
		return false, err
	}
	news.Overruled = passed && unverified
	changed, err := r.DB.Rebuild(ctx, news, s.CreatedAt, failures)
	if changed {
		r.Tell(s.ID, "rebuilt: "+s.Status, nil)
	}
	if err != nil || !unverified {
		return changed, err
	}
	v, err := r.DB.OfSession(ctx, s.ID)
	if err != nil || v.Status != store.Verified {
		return changed, err
	}
	revoked, err := r.One(ctx, v) // a list has no time: only an answer takes a verdict back
	return changed || revoked, err
}

// reports reads a session's failed checks that count, dates the news by the newest report, and says whether one has succeeded.
func (r Reconciler) reports(ctx context.Context, s gateway.Session, news *store.News) (failures []store.News, passed bool, err error) {
	if news.At = s.CreatedAt; s.ReportID == "" {
		return nil, false, nil
	}
	for report, err := range r.Stripe.Reports(ctx, s.ID) {
		if err != nil {
			return nil, false, err
		}
		if report.CreatedAt.After(news.At) {
			news.At = report.CreatedAt
		}
		check := store.News{SessionID: s.ID, Status: store.RequiresInput, Failed: report.Failed, ErrorCode: report.ErrorCode,
			ReportID: report.ID, At: report.CreatedAt}
		// Who walks away later leaves the last report as it was, with another code on the
		// session, whose word is the one that webhooks brought.
		if report.ID == s.ReportID && news.Counts() {
			check.Failed, check.ErrorCode = true, s.ErrorCode
		}
		if check.Counts() {
			failures = append(failures, check)
		}
		passed = passed || report.Verified
	}
	return failures, passed, nil
}
