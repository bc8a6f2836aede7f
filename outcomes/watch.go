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
// Of all programs that share the database one does so. It returns when ctx ends.
func Watch(ctx context.Context, p Parts) {
	w := watcher{Reconciler: Reconciler{Parts: p, Tell: func(id, what string, err error) {
		if err != nil {
			p.Log.WarnContext(ctx, "what stripe lists cannot be recorded: the next try is in an hour", "id", id, "what", what, "error", err)
			return
		}
		p.Log.InfoContext(ctx, "learned without a webhook", "id", id, "what", what)
	}}}
	p.InTurn(ctx, "watch", w.work)
}

// InTurn has do run while this program has the turn of that name: see store.DB.InTurn.
func (p Parts) InTurn(ctx context.Context, name string, do func(ctx context.Context, attended bool)) {
	p.DB.InTurn(ctx, name, func(err error) {
		p.Log.WarnContext(ctx, "whose turn it is cannot be found out: it is tried again every second", "turn", name, "error", err)
	}, do)
}

// watcher is who watches, in this program.
type watcher struct {
	Reconciler
	tried int64 // when it has begun to list last, by our clock; 0: never
}

// work does it until ctx ends, or until a list has failed, which another program may get. None of these waits for another for long.
func (w *watcher) work(ctx context.Context, attended bool) {
	ctx, end := context.WithCancel(ctx)
	defer end()
	var all sync.WaitGroup
	listed := make(chan struct{})
	all.Go(func() {
		defer end()
		w.list(ctx, attended, sync.OnceFunc(func() { close(listed) }))
	})
	all.Go(func() {
		select { // of what was missed while the program was down the list tells: an answer would be taken for a sign that no webhook comes
		case <-listed:
		case <-time.After(listedSoon):
		case <-ctx.Done():
		}
		w.every(ctx, checkEvery, "a session of which nothing was heard cannot be checked", w.Check)
	})
	all.Go(func() {
		w.every(ctx, tidyEvery, "what has expired cannot be removed: the next try is in ten minutes", func(ctx context.Context) error {
			return errors.Join(w.DB.RemoveOld(ctx), w.DB.NotAhead(ctx)) // also what a clock that was set back has left for later
		})
	})
	all.Wait()
}

// every does it again and again.
func (w *watcher) every(ctx context.Context, pause time.Duration, warning string, do func(context.Context) error) {
	for tick := time.Tick(pause); ctx.Err() == nil; {
		w.warn(ctx, warning, do(ctx))
		select {
		case <-tick:
		case <-ctx.Done():
		}
	}
}

func (w *watcher) warn(ctx context.Context, warning string, err error) {
	if err != nil && ctx.Err() == nil {
		w.Log.WarnContext(ctx, warning, "error", strings.ReplaceAll(err.Error(), "\n", "; ")) // of two that are joined
	}
}

// list lists every hour, whoever did so before, and at once where nobody was there who could have heard. It calls heard once
// there is no list of events to wait for, and returns when ctx ends, or a list has failed.
func (w *watcher) list(ctx context.Context, attended bool, heard func()) {
	const warning = "stripe's events or sessions cannot be listed: the next try is in an hour"
	next := int64(0)
	if attended {
		whole, err := w.DB.Reached(ctx, store.ListedBoth)
		w.warn(ctx, warning, err)
		next = max(whole.Unix(), w.tried) + listEvery
	}
	for ctx.Err() == nil { // our clock goes on while a machine sleeps
		if now := w.DB.Now(); now >= next || next > now+listEvery { // it was set back
			err := w.missed(ctx, !attended, heard)
			if err == nil {
				err = w.DB.SetReached(ctx, store.ListedBoth, time.Unix(now, 0))
			}
			w.tried, next, attended = now, now+listEvery, true
			if w.warn(ctx, warning, err); err != nil {
				return
			}
		}
		heard()
		pause(ctx, time.Second)
	}
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
