package outcomes

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"runtime/debug"
	"slices"
	"sync"
	"time"

	"example.com/identity-starter/store"
)

const (
	actionTime = time.Minute      // for one try
	lookEvery  = 5 * time.Second  // for what another process has written, and for what was put off
	renewEvery = 30 * time.Second // well within the lease
	atOnce     = 4                // actions of one kind under way: a slow one holds up neither others nor other kinds
	mostAtOnce = 64               // actions claimed in one transaction, and ended in one
	quickly    = time.Second      // a batch that takes longer is followed by a small one, so that another process can have the rest
)

// Work has the consumers do their actions until ctx ends, and returns when those
// under way have ended.
func Work(ctx context.Context, p Parts, consumers []Consumer) {
	var all sync.WaitGroup
	for _, c := range consumers {
		q := &queue{Consumer: c, p: p, held: map[int64]store.Action{}, todo: make(chan store.Action), done: make(chan store.Action, mostAtOnce)}
		all.Go(func() { q.work(ctx) })
	}
	all.Wait()
}

// queue is what one consumer has to do in this process. Actions are claimed and ended in batches, and done by a
// few workers: a slow one keeps a worker from the next, and nothing else.
type queue struct {
	Consumer
	p    Parts
	todo chan store.Action // claimed, for whichever worker is free
	done chan store.Action // done, to be written down

	mu   sync.Mutex
	held map[int64]store.Action // claimed and not yet ended: their leases are kept
}

func (q *queue) work(ctx context.Context) {
	var workers, rest sync.WaitGroup
	for range atOnce {
		workers.Go(func() {
			for a := range q.todo {
				q.once(ctx, a)
			}
		})
	}
	rest.Go(func() { q.writeDone(context.WithoutCancel(ctx)) })
	working, end := context.WithCancel(context.WithoutCancel(ctx))
	rest.Go(func() { q.keepLeases(working) })
	q.claim(ctx)
	close(q.todo)
	workers.Wait()
	close(q.done)
	end()
	rest.Wait()
}

// claim takes what is due, batch by batch, and hands it to the workers.
func (q *queue) claim(ctx context.Context) {
	size := atOnce
	for look := time.Tick(lookEvery); ctx.Err() == nil; {
		batch, err := q.p.DB.Claim(ctx, q.Name, size)
		if err != nil && ctx.Err() == nil {
			q.p.Log.ErrorContext(ctx, "actions cannot be read", "kind", q.Name, "error", err)
		}
		if len(batch) == 0 {
			select {
			case <-q.p.DB.Due(q.Name):
			case <-look:
			case <-ctx.Done():
			}
			continue
		}
		q.hold(batch)
		began := time.Now()
		q.handOut(ctx, batch)
		if size = min(2*size, mostAtOnce); time.Since(began) > quickly {
			size = atOnce
		}
	}
}

// handOut gives each of a batch to a worker, and what is left when the program stops back to whoever works next.
func (q *queue) handOut(ctx context.Context, batch []store.Action) {
	for i, a := range batch {
		select {
		case q.todo <- a:
		case <-ctx.Done():
			q.letGo(batch[i:]...)
			if err := q.p.DB.Release(context.WithoutCancel(ctx), batch[i:]...); err != nil {
				q.p.Log.ErrorContext(ctx, "actions cannot be given back: their leases end in two minutes", "kind", q.Name, "error", err)
			}
			return
		}
	}
}

// writeDone ends what the workers have done: all that has come together meanwhile in one transaction.
func (q *queue) writeDone(ctx context.Context) {
	for a := range q.done {
		batch := []store.Action{a}
		for len(q.done) > 0 && len(batch) < mostAtOnce {
			batch = append(batch, <-q.done)
		}
		if err := q.p.DB.Done(ctx, batch...); err != nil {
			q.p.Log.ErrorContext(ctx, "actions cannot be ended: they will be repeated", "kind", q.Name, "actions", len(batch), "error", err)
		}
		q.letGo(batch...)
	}
}

func (q *queue) hold(batch []store.Action) {
	q.mu.Lock()
	defer q.mu.Unlock()
	for _, a := range batch {
		q.held[a.ID] = a
	}
}

func (q *queue) letGo(batch ...store.Action) {
	q.mu.Lock()
	defer q.mu.Unlock()
	for _, a := range batch {
		delete(q.held, a.ID)
	}
}

// keepLeases renews the leases of what takes long, or waits for what does.
func (q *queue) keepLeases(ctx context.Context) {
	for renew := time.Tick(renewEvery); ; {
		select {
		case <-renew:
			q.mu.Lock()
			held := slices.Collect(maps.Values(q.held))
			q.mu.Unlock()
			if len(held) > 0 {
				_ = q.p.DB.Renew(ctx, held...) // the next tick tries again, well before the leases end
			}
		case <-ctx.Done():
			return
		}
	}
}

// once tries one action and writes down how it went.
func (q *queue) once(ctx context.Context, a store.Action) {
	// The program may stop in the middle: the try then ends as a failure, and the action stays.
	err := q.try(ctx, q.p, a, q.Do)
	ctx = context.WithoutCancel(ctx)
	if err == nil {
		q.p.Log.DebugContext(ctx, "action done", "kind", a.Kind, "outcome", a.What, "object", a.ObjectID, "tries", a.Tries)
		q.done <- a
		return
	}
	defer q.letGo(a)
	forGood := errors.Is(err, ErrForGood)
	gaveUp, e := q.putAside(ctx, q.p, a, forGood)
	level, text := slog.LevelWarn, "action failed and will be repeated"
	switch {
	case gaveUp && forGood:
		text = "action failed for good"
	case gaveUp:
		level, text = slog.LevelError, "action failed for a day and is given up"
	}
	q.p.Log.Log(ctx, level, text, "kind", a.Kind, "outcome", a.What, "user", a.UserID, "object", a.ObjectID, "tries", a.Tries, "error", err)
	if e != nil {
		q.p.Log.ErrorContext(ctx, "action cannot be updated: it will be repeated", "kind", a.Kind, "error", e)
	}
}

// putAside puts a failed action off, or gives it up. What has to be done then comes
// first, because it may be repeated and must not be lost.
func (c Consumer) putAside(ctx context.Context, p Parts, a store.Action, forGood bool) (gaveUp bool, err error) {
	if !forGood && !a.LastTry() {
		return p.DB.Postpone(ctx, a)
	}
	if c.GivenUp != nil {
		if err := c.try(ctx, p, a, c.GivenUp); err != nil {
			return false, err
		}
	}
	return true, p.DB.GiveUpAction(ctx, a)
}

// try does something about an action with a limit of time, and turns a panic into an error.
func (c Consumer) try(ctx context.Context, p Parts, a store.Action, do func(context.Context, Parts, store.Action) error) (err error) {
	ctx, cancel := context.WithTimeout(ctx, actionTime)
	defer cancel()
	defer func() {
		if panicked := recover(); panicked != nil {
			if c.Private {
				panicked = "not shown, for there may be personal data in it"
			}
			err = fmt.Errorf("panic: %v\n%s", panicked, debug.Stack())
		}
	}()
	return do(ctx, p, a)
}
