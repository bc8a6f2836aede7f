package outcomes

import (
	"cmp"
	"context"
	"errors"
	"log/slog"
	"math/rand/v2"
	"sync"
	"time"

	"example.com/identity-starter/store"
)

const (
	lookEvery  = 5 * time.Second      // for what another process has written, and for what was put off
	atOnce     = 4                    // actions of one kind under way, unless it says otherwise: a slow one holds up neither others nor other kinds
	mostAtOnce = 64                   // actions claimed in one transaction, and ended in one
	gathered   = 5 * time.Millisecond // for others to come along: what is done for one costs as much as for all of them
	quickly    = time.Second          // for a batch to be begun: the rest is given back, so that another process can have it
)

// Work has the consumers do their actions until ctx ends, and returns when those
// under way have ended, or were left alone.
func Work(ctx context.Context, p Parts, consumers []Consumer) {
	var all sync.WaitGroup
	for _, c := range consumers {
		q := &queue{Consumer: c, p: p, workers: make(chan struct{}, cmp.Or(c.AtOnce, atOnce)), done: make(chan store.Action, mostAtOnce),
			places: make(chan struct{}, mostLeft)}
		all.Go(func() { q.work(ctx) })
	}
	all.Wait()
}

// queue is what one consumer has to do in this process. Actions are claimed and ended in batches, and done a few
// at a time: a slow one takes the place of one of these, and holds up nothing else.
type queue struct {
	Consumer
	p       Parts
	workers chan struct{}     // has an entry for each action under way
	done    chan store.Action // to be written down
	places  chan struct{}     // has an entry for each try that was left alone
	left    sync.Map          // has each trying that was left alone, and has not returned
	full    sync.Once
}

func (q *queue) work(ctx context.Context) {
	var underWay, rest sync.WaitGroup
	rest.Go(func() { q.writeDone(ctx) })
	q.claim(ctx, &underWay)
	underWay.Wait()
	close(q.done)
	rest.Wait()
}

// claim takes what is due, batch by batch, and has it done. A batch is as large as the last ones were quick.
func (q *queue) claim(ctx context.Context, underWay *sync.WaitGroup) {
	size := 1
	for look := time.Tick(lookEvery); q.free(ctx); {
		batch, err := q.p.DB.Claim(ctx, q.Name, max(size, cap(q.workers)-len(q.workers)))
		if err != nil && ctx.Err() == nil {
			q.p.Log.ErrorContext(ctx, "actions cannot be read", "kind", q.Name, "error", err)
		}
		if len(batch) == 0 {
			select {
			case <-q.p.DB.Due(q.Name):
				pause(ctx, gathered)
			case <-look:
			case <-ctx.Done():
			}
			continue
		}
		if q.handOut(ctx, batch, underWay) {
			size = min(2*len(batch), mostAtOnce)
		} else {
			size = 1
		}
		if len(batch) < mostAtOnce {
			pause(ctx, gathered)
		}
	}
}

// pause waits; not any more once ctx ends.
func pause(ctx context.Context, wait time.Duration) {
	select {
	case <-time.After(wait):
	case <-ctx.Done():
	}
}

// free waits until another action can be begun; false: the program stops.
func (q *queue) free(ctx context.Context) bool {
	select {
	case q.workers <- struct{}{}:
		<-q.workers
	case <-ctx.Done():
	}
	return ctx.Err() == nil
}

// handOut begins each of a batch as soon as there is room. What has not begun when the program stops, or soon, is
// given back to whoever has more room: false.
func (q *queue) handOut(ctx context.Context, batch []store.Action, underWay *sync.WaitGroup) bool {
	slow := time.NewTimer(quickly)
	defer slow.Stop()
	for i, a := range batch {
		select {
		case q.workers <- struct{}{}:
			if ctx.Err() == nil {
				underWay.Go(func() { q.once(ctx, a); <-q.workers })
				continue
			}
			<-q.workers
		case <-slow.C:
		case <-ctx.Done():
		}
		q.giveBack(ctx, batch[i:]...)
		return false
	}
	return true
}

// giveBack has actions done by whoever comes next, as if they had not been claimed.
func (q *queue) giveBack(ctx context.Context, list ...store.Action) {
	_ = q.write(ctx, "actions cannot be given back", func(ctx context.Context) error { return q.p.DB.Release(ctx, list...) })
}

// writeDone ends what the workers have done: all that has come together meanwhile in one transaction.
func (q *queue) writeDone(ctx context.Context) {
	for a := range q.done {
		batch := []store.Action{a}
		for len(q.done) > 0 && len(batch) < mostAtOnce {
			batch = append(batch, <-q.done)
		}
		_ = q.write(ctx, "actions cannot be ended", func(ctx context.Context) error { return q.p.DB.Done(ctx, batch...) })
	}
}

// write writes down what became of actions, and again where that fails, as long as the program runs: without that they are done
// again, and whatever follows them waits, until their leases have ended.
func (q *queue) write(ctx context.Context, failed string, do func(context.Context) error) error {
	for whole := context.WithoutCancel(ctx); ; {
		err := do(whole)
		if err == nil {
			return nil
		}
		q.p.Log.ErrorContext(ctx, failed+": repeated in "+Span(lookEvery), "kind", q.Name, "error", err)
		if pause(ctx, lookEvery); ctx.Err() != nil {
			return err
		}
	}
}

// once tries one action and writes down how it went.
func (q *queue) once(ctx context.Context, a store.Action) {
	err := q.try(ctx, a, false)
	if err != nil && ctx.Err() != nil {
		q.giveBack(ctx, a) // the program stops in the middle of it, which says nothing about the action
		return
	}
	if err == nil {
		q.p.Log.DebugContext(ctx, "action done", "kind", a.Kind, "outcome", a.What, "object", a.ObjectID, "tries", a.Tries)
		q.done <- a
		return
	}
	wait, gaveUp, e := q.putAside(ctx, a, err)
	level, text := slog.LevelWarn, "action failed, repeated in "+Span(wait)
	switch {
	case e != nil:
		text = "action failed"
	case gaveUp && errors.Is(err, ErrForGood):
		text = "action failed for good"
	case gaveUp:
		level, text = slog.LevelError, "action failed for a day and is given up"
	}
	if q.Private {
		err = errors.New(Spoken(err))
	}
	q.p.Log.Log(ctx, level, text, "kind", a.Kind, "outcome", a.What, "user", a.UserID, "object", a.ObjectID, "tries", a.Tries, "error", err)
	if e != nil {
		q.p.Log.ErrorContext(ctx, "action cannot be updated: repeated in 2 min, when its lease has ended", "kind", a.Kind, "error", e)
	}
}

// putAside puts a failed action off, and says for how long, or gives it up. What has to be
// done then comes first, because it may be repeated and must not be lost.
func (q *queue) putAside(ctx context.Context, a store.Action, why error) (wait time.Duration, gaveUp bool, err error) {
	if !errors.Is(why, ErrForGood) && (!a.LastTry() || q.Persistent) {
		wait = a.Wait()
		if errors.Is(why, errGoesOn) {
			wait += rand.N(2 * lookEvery) // for another process to be the first to find it, every now and then
		}
		return wait, false, q.write(ctx, "action cannot be put off", func(ctx context.Context) error { return q.p.DB.Postpone(ctx, a, wait) })
	}
	if q.GivenUp != nil {
		if err := q.try(context.WithoutCancel(ctx), a, true); err != nil {
			return 0, false, err
		}
	}
	return 0, true, q.write(ctx, "action cannot be given up", func(ctx context.Context) error { return q.p.DB.GiveUpAction(ctx, a) })
}
