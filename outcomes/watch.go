package outcomes

import (
	"context"
	"log/slog"
	"strings"
	"time"

	"example.com/identity-starter/store"
)

const (
	eventsEvery  = time.Hour
	expiredEvery = 10 * time.Minute
	checkEvery   = time.Second // one question a second at most: Stripe's limit is the payments', too
)

// Watch keeps the file true without webhooks: Stripe's events at the start and
// every hour, and sessions of which nothing was heard, one by one. It also removes
// what has expired. It returns when ctx ends.
func Watch(ctx context.Context, p Parts) {
	log := p.Log
	r := Reconciler{Parts: p, Now: time.Now, Tell: func(id, what string, err error) {
		if err == nil && !strings.HasSuffix(what, string(store.Unmatched)) { // other apps' sessions are no news
			log.InfoContext(ctx, "learned without a webhook", "id", id, "what", what)
		}
	}}
	events, checks, expired := time.NewTicker(eventsEvery), time.NewTicker(checkEvery), time.NewTicker(expiredEvery)
	defer expired.Stop()
	defer events.Stop()
	defer checks.Stop()
	r.watchEvents(ctx, log)
	for {
		select {
		case <-events.C:
			r.watchEvents(ctx, log)
		case <-checks.C:
			if err := r.Check(ctx); err != nil && ctx.Err() == nil {
				log.WarnContext(ctx, "a session of which nothing was heard cannot be checked", "error", err)
			}
		case <-expired.C:
			if err := p.DB.RemoveExpired(ctx); err != nil && ctx.Err() == nil {
				log.WarnContext(ctx, "expired connect attempts cannot be removed", "error", err)
			}
		case <-ctx.Done():
			return
		}
	}
}

func (r Reconciler) watchEvents(ctx context.Context, log *slog.Logger) {
	if _, err := r.Events(ctx); err != nil && ctx.Err() == nil {
		log.WarnContext(ctx, "stripe's events cannot be listed: the next try is in an hour", "error", err)
	}
}

// Check asks Stripe about the one session whose turn it is, if there is one. A
// session whose link has expired before anything was submitted is closed.
func (r Reconciler) Check(ctx context.Context) error {
	c, due, err := r.DB.NextCheck(ctx)
	if err != nil || !due {
		return err
	}
	news, err := r.One(ctx, c.Verification)
	if err != nil || news || !c.Untouched {
		return err
	}
	session, err := r.Stripe.CancelSession(ctx, c.SessionID)
	if err != nil {
		return err // its next turn comes
	}
	_, err = r.Record.Answer(ctx, c.Verification, session)
	return err
}
