package outcomes

import (
	"context"
	"time"

	"example.com/identity-starter/store"
)

const (
	redactEvery = time.Second / 2 // a session at most, of a call or two to Stripe: 170,000 a day
	retainEvery = time.Minute     // how often to look for what has come of age
	eventsKeep  = 90 * 24 * time.Hour
)

// Redact asks Stripe to redact one session and records the answer. It says
// whether Stripe has done it, which may take days. A verification whose create
// got no answer may have a session all the same.
func (r Reconciler) Redact(ctx context.Context, v store.Verification) (bool, error) {
	if v.SessionID == "" {
		found, err := r.Stripe.FindSession(ctx, v.ID)
		if err != nil {
			return false, err
		} else if found.ID == "" {
			return true, r.DB.NothingToRedact(ctx, v)
		}
		v.SessionID = found.ID
	}
	session, err := r.Stripe.Redact(ctx, v.SessionID)
	if err != nil {
		return false, err
	}
	_, err = r.Record.Answer(ctx, v, session)
	return session.Redacted, err
}

// Retain finishes redactions that somebody has asked for. With a number of days it
// also asks for those of older sessions, and removes old rows of events. It
// returns when ctx ends.
func (r Reconciler) Retain(ctx context.Context, days int) {
	redact, retain := time.NewTicker(redactEvery), time.NewTicker(retainEvery)
	defer redact.Stop()
	defer retain.Stop()
	for more := days > 0; ; {
		var err error
		if more { // in batches, each after a pause for others to write in
			more, err = r.retainOnce(ctx, days)
		}
		r.warn(ctx, "old rows cannot be retired: the next try is in a minute", err)
		select {
		case <-redact.C:
			r.warn(ctx, "a session cannot be redacted yet: it will be tried again", r.redactOnce(ctx))
		case <-retain.C:
			more = days > 0
		case <-ctx.Done():
			return
		}
	}
}

func (r Reconciler) redactOnce(ctx context.Context) error {
	if _, err := r.DB.Forget(ctx); err != nil {
		return err
	}
	v, due, err := r.DB.NextRedaction(ctx)
	if err != nil || !due {
		return err
	}
	_, err = r.Redact(ctx, v)
	return err
}

func (r Reconciler) retainOnce(ctx context.Context, days int) (bool, error) {
	now := r.Now()
	sessions, err := r.DB.Retire(ctx, now.AddDate(0, 0, -days))
	if err != nil {
		return false, err
	}
	events, err := r.DB.RemoveEvents(ctx, now.Add(-eventsKeep))
	return sessions || events, err
}

func (r Reconciler) warn(ctx context.Context, text string, err error) {
	if err != nil && ctx.Err() == nil {
		r.Record.log.WarnContext(ctx, text, "error", err)
	}
}
