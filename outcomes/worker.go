package outcomes

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"
	"sync"
	"time"

	"example.com/identity-starter/store"
)

const (
	actionTime = time.Minute      // for one try
	lookEvery  = 5 * time.Second  // for what another process has written, and for what was put off
	renewEvery = 30 * time.Second // well within the lease
	atOnce     = 4                // actions of one kind under way: a slow one holds up neither others nor other kinds
)

// Work has the consumers do their actions until ctx ends, and returns when those
// under way have ended.
func Work(ctx context.Context, p Parts, consumers []Consumer) {
	var workers sync.WaitGroup
	for _, c := range consumers {
		for range atOnce {
			workers.Go(func() { c.work(ctx, p) })
		}
	}
	workers.Wait()
}

func (c Consumer) work(ctx context.Context, p Parts) {
	for look := time.Tick(lookEvery); ctx.Err() == nil; {
		a, ok, err := p.DB.Claim(ctx, c.Name)
		if err != nil && ctx.Err() == nil {
			p.Log.ErrorContext(ctx, "actions cannot be read", "kind", c.Name, "error", err)
		}
		if ok {
			c.once(ctx, p, a)
			continue
		}
		select {
		case <-p.DB.Due(c.Name):
		case <-look:
		case <-ctx.Done():
		}
	}
}

// once tries one action and writes down how it went.
func (c Consumer) once(ctx context.Context, p Parts, a store.Action) {
	// The program may stop in the middle: the try then ends as a failure, and the action stays.
	err := c.try(ctx, p, a, c.Do)
	ctx = context.WithoutCancel(ctx)
	if err == nil {
		p.Log.DebugContext(ctx, "action done", "kind", a.Kind, "outcome", a.What, "object", a.ObjectID, "tries", a.Tries)
		err = p.DB.Done(ctx, a)
	} else {
		forGood := errors.Is(err, ErrForGood)
		gaveUp, e := c.putAside(ctx, p, a, forGood)
		level, text := slog.LevelWarn, "action failed and will be repeated"
		switch {
		case gaveUp && forGood:
			text = "action failed for good"
		case gaveUp:
			level, text = slog.LevelError, "action failed for a day and is given up"
		}
		p.Log.Log(ctx, level, text, "kind", a.Kind, "outcome", a.What, "user", a.UserID, "object", a.ObjectID, "tries", a.Tries, "error", err)
		err = e
	}
	if err != nil {
		p.Log.ErrorContext(ctx, "action cannot be updated: it will be repeated", "kind", a.Kind, "error", err)
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

// try does something about an action with a limit of time, keeps the lease while it runs, and turns a panic into an error.
func (c Consumer) try(ctx context.Context, p Parts, a store.Action, do func(context.Context, Parts, store.Action) error) (err error) {
	ctx, cancel := context.WithTimeout(ctx, actionTime)
	defer cancel()
	leased, end := context.WithCancel(context.WithoutCancel(ctx))
	defer end()
	go keepLease(leased, p.DB, a)
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

func keepLease(ctx context.Context, db *store.DB, a store.Action) {
	for renew := time.Tick(renewEvery); ; {
		select {
		case <-renew:
			_ = db.Renew(ctx, a) // the next tick tries again, well before the lease ends
		case <-ctx.Done():
			return
		}
	}
}
