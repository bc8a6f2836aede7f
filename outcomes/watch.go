package outcomes

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"example.com/identity-starter/store"
)

// Watch keeps the file true without webhooks: Stripe's events, and sessions of ours that a restored backup lacks, at
// the start and every hour, and sessions of which nothing was heard, one by one. It also removes what has expired.
// None of these waits for another for long. It returns when ctx ends.
func Watch(ctx context.Context, p Parts) {
	r := Reconciler{Parts: p, Tell: func(id, what string, err error) {
		if err != nil {
			p.Log.WarnContext(ctx, "what stripe lists cannot be recorded: the next try is in an hour", "id", id, "what", what, "error", err)
			return
		}
		p.Log.InfoContext(ctx, "learned without a webhook", "id", id, "what", what)
	}}
	every := func(pause time.Duration, warning string, do func(context.Context) error) {
		for tick := time.Tick(pause); ctx.Err() == nil; {
			if err := do(ctx); err != nil && ctx.Err() == nil {
				p.Log.WarnContext(ctx, warning, "error", strings.ReplaceAll(err.Error(), "\n", "; ")) // of two that are joined
			}
			select {
			case <-tick:
			case <-ctx.Done():
			}
		}
	}
	var all sync.WaitGroup
	first, listed := true, make(chan struct{})
	once := sync.OnceFunc(func() { close(listed) })
	all.Go(func() {
		every(listEvery, "stripe's events or sessions cannot be listed: the next try is in an hour", func(ctx context.Context) error {
			defer func() { first = false }()
			return r.missed(ctx, first, once)
		})
	})
	all.Go(func() {
		select { // of what was missed while the program was down the list tells: an answer would be taken for a sign that no webhook comes
		case <-listed:
		case <-time.After(listedSoon):
		case <-ctx.Done():
		}
		every(checkEvery, "a session of which nothing was heard cannot be checked", r.Check)
	})
	all.Go(func() {
		every(tidyEvery, "what has expired cannot be removed: the next try is in ten minutes", func(ctx context.Context) error {
			return errors.Join(r.DB.RemoveOld(ctx), r.DB.NotAhead(ctx)) // also what a clock that was set back has left for later
		})
	})
	all.Wait()
}

// missed has Stripe list what was missed, and calls heard once its events were. The log says what came of it, the first time
// also where nothing has changed.
func (r Reconciler) missed(ctx context.Context, first bool, heard func()) error {
	events, err := r.Events(ctx) // first: from what this file knows actions follow, from the past nothing does
	heard()
	sessions, e := r.Unknown(ctx)
	if first && events.Asked+sessions.Asked > 0 || events.Changed+sessions.Changed > 0 {
		r.Log.InfoContext(ctx, "asked stripe what was missed", "events", events.String(), "sessions", sessions.String())
	}
	return errors.Join(err, e)
}

// Check asks Stripe about the one session whose turn it is, if there is one. A session of which
// nothing is heard is closed once its link has expired, if nobody has ever submitted anything.
func (r Reconciler) Check(ctx context.Context) error {
	v, again, due, err := r.DB.NextCheck(ctx)
	if err != nil || !due {
		return err
	}
	news, err := r.One(ctx, v)
	switch {
	case err != nil && again > 0:
		return fmt.Errorf("ask about %s, repeated in %s: %w", v.SessionID, Span(again), err)
	case err != nil:
		return fmt.Errorf("ask about %s, for the last time: %w", v.SessionID, err)
	}
	if news || v.Status != store.RequiresInput || v.ErrorCode != "" {
		return err
	}
	return r.DB.Expire(ctx, v.ID)
}
