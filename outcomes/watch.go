package outcomes

import (
	"context"
	"errors"
	"time"

	"example.com/identity-starter/store"
)

// Watch keeps the file true without webhooks: Stripe's events, and sessions of ours that a restored backup lacks, at
// the start and every hour, and sessions of which nothing was heard, one by one. It also removes what has expired.
// It returns when ctx ends.
func Watch(ctx context.Context, p Parts) {
	r := Reconciler{Parts: p, Tell: func(id, what string, err error) {
		if err != nil {
			p.Log.WarnContext(ctx, "what stripe lists cannot be recorded", "id", id, "what", what, "error", err)
			return
		}
		p.Log.InfoContext(ctx, "learned without a webhook", "id", id, "what", what)
	}}
	list := func(ctx context.Context) error {
		_, err := r.Events(ctx) // first: from what this file knows actions follow, from the past nothing does
		_, e := r.Unknown(ctx)
		return errors.Join(err, e)
	}
	const unlisted = "stripe's events or sessions cannot be listed: the next try is in an hour"
	lists, checks, expired := time.Tick(listEvery), time.Tick(checkEvery), time.Tick(expiredEvery)
	for do, warning := list, unlisted; ; {
		if err := do(ctx); err != nil && ctx.Err() == nil {
			p.Log.WarnContext(ctx, warning, "error", err)
		}
		select {
		case <-lists:
			do, warning = list, unlisted
		case <-checks:
			do, warning = r.Check, "a session of which nothing was heard cannot be checked"
		case <-expired:
			do, warning = r.tidy, "what has expired cannot be removed"
		case <-ctx.Done():
			return
		}
	}
}

// tidy removes what has expired, and finds what a clock that was set back has left for later.
func (r Reconciler) tidy(ctx context.Context) error {
	return errors.Join(r.DB.RemoveExpired(ctx), r.DB.NotAhead(ctx))
}

// Check asks Stripe about the one session whose turn it is, if there is one. A session of which
// nothing is heard is closed once its link has expired, if nobody has ever submitted anything.
func (r Reconciler) Check(ctx context.Context) error {
	v, due, err := r.DB.NextCheck(ctx)
	if err != nil || !due {
		return err
	}
	news, err := r.One(ctx, v)
	if err != nil || news || v.Status != store.RequiresInput || v.ErrorCode != "" {
		return err
	}
	return r.DB.Expire(ctx, v.ID)
}
