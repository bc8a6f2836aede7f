package outcomes

import (
	"context"
	"strings"
	"time"

	"example.com/identity-starter/store"
)

// Watch keeps the file true without webhooks: Stripe's events at the start and
// every hour, and sessions of which nothing was heard, one by one. It also removes
// what has expired. It returns when ctx ends.
func Watch(ctx context.Context, p Parts) {
	r := Reconciler{Parts: p, Tell: func(id, what string, err error) {
		if err == nil && !strings.HasSuffix(what, string(store.Unmatched)) { // other apps' sessions are no news
			p.Log.InfoContext(ctx, "learned without a webhook", "id", id, "what", what)
		}
	}}
	list := func(ctx context.Context) error { _, err := r.Events(ctx); return err }
	const unlisted = "stripe's events cannot be listed: the next try is in an hour"
	events, checks, expired := time.Tick(eventsEvery), time.Tick(checkEvery), time.Tick(expiredEvery)
	for do, warning := list, unlisted; ; {
		if err := do(ctx); err != nil && ctx.Err() == nil {
			p.Log.WarnContext(ctx, warning, "error", err)
		}
		select {
		case <-events:
			do, warning = list, unlisted
		case <-checks:
			do, warning = r.Check, "a session of which nothing was heard cannot be checked"
		case <-expired:
			do, warning = p.DB.RemoveExpired, "expired connect attempts cannot be removed"
		case <-ctx.Done():
			return
		}
	}
}

// Check asks Stripe about the one session whose turn it is, if there is one. A
// session whose link has expired before anything was submitted is closed.
func (r Reconciler) Check(ctx context.Context) error {
	v, due, err := r.DB.NextCheck(ctx)
	if err != nil || !due {
		return err
	}
	news, err := r.One(ctx, v)
	if err != nil || news || !v.Untouched {
		return err
	}
	return r.cancel(ctx, v)
}
