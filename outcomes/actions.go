package outcomes

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"
	"slices"
	"sync"
	"time"

	"example.com/identity-starter/gateway"
	"example.com/identity-starter/store"
)

const (
	actionTime = time.Minute      // for one try
	lookEvery  = 5 * time.Second  // for what another process has written, and for what was put off
	renewEvery = 30 * time.Second // well within the lease
	atOnce     = 4                // actions of one kind under way: a slow one holds up neither others nor other kinds
)

// errForGood means that repeating an action would be in vain.
var errForGood = errors.New("not to be repeated")

// silent are the kinds of action that see what Stripe found out about a person:
// what they panic with is not logged, since a name may be in it.
var silent = []string{
	store.ActionCompare,
}

// Do does one action.
type Do func(ctx context.Context, a store.Action) error

// Actions says who does which kind of action.
func Actions(db *store.DB, stripe *gateway.Client, record *Recorder) map[string]Do {
	return map[string]Do{
		store.ActionCancel: func(ctx context.Context, a store.Action) error {
			return cancelSession(ctx, db, stripe, record, a.ObjectID)
		},
		store.ActionCompare: Compare(db, stripe, Expected),
		store.ActionTeam: func(ctx context.Context, a store.Action) error {
			return Team(ctx, record.log, Outcome{Key: a.Key, What: a.Outcome, UserID: a.UserID, ObjectID: a.ObjectID, Code: a.Code, Livemode: record.live})
		},
	}
}

// Work does actions until ctx ends, and returns when those under way have ended.
func Work(ctx context.Context, db *store.DB, log *slog.Logger, actions map[string]Do) {
	var workers sync.WaitGroup
	for kind, do := range actions {
		for range atOnce {
			workers.Go(func() { work(ctx, db, log, kind, do) })
		}
	}
	workers.Wait()
}

func work(ctx context.Context, db *store.DB, log *slog.Logger, kind string, do Do) {
	look := time.NewTicker(lookEvery)
	defer look.Stop()
	for {
		for ctx.Err() == nil {
			a, ok, err := db.Claim(ctx, kind)
			if err != nil && ctx.Err() == nil {
				log.ErrorContext(ctx, "actions cannot be read", "kind", kind, "error", err)
			}
			if !ok {
				break
			}
			once(ctx, db, log, a, do)
		}
		select {
		case <-db.Due(kind):
		case <-look.C:
		case <-ctx.Done():
			return
		}
	}
}

// once tries one action and writes down how it went.
func once(ctx context.Context, db *store.DB, log *slog.Logger, a store.Action, do Do) {
	// The program may stop in the middle: the try then ends as a failure, and the action stays.
	err := try(ctx, db, a, do)
	ctx = context.WithoutCancel(ctx)
	if err == nil {
		log.DebugContext(ctx, "action done", "kind", a.Kind, "outcome", a.Outcome, "object", a.ObjectID, "tries", a.Tries)
		err = db.Done(ctx, a)
	} else {
		gaveUp, e := false, error(nil)
		level, text := slog.LevelWarn, "action failed and will be repeated"
		if errors.Is(err, errForGood) {
			text, e = "action failed for good", db.GiveUpAction(ctx, a)
		} else if gaveUp, e = db.Postpone(ctx, a); gaveUp {
			level, text = slog.LevelError, "action failed for a day and is given up"
		}
		log.Log(ctx, level, text, "kind", a.Kind, "outcome", a.Outcome, "user", a.UserID, "object", a.ObjectID, "tries", a.Tries, "error", err)
		err = e
	}
	if err != nil {
		log.ErrorContext(ctx, "action cannot be updated: it will be repeated", "kind", a.Kind, "error", err)
	}
}

// try runs do with a limit of time, keeps the lease while it runs, and turns a panic into an error.
func try(ctx context.Context, db *store.DB, a store.Action, do Do) (err error) {
	ctx, cancel := context.WithTimeout(ctx, actionTime)
	defer cancel()
	done := make(chan struct{})
	defer close(done)
	go keepLease(context.WithoutCancel(ctx), db, a, done)
	defer func() {
		if p := recover(); p != nil {
			if slices.Contains(silent, a.Kind) {
				p = "not shown, for there may be personal data in it"
			}
			err = fmt.Errorf("panic: %v\n%s", p, debug.Stack())
		}
	}()
	return do(ctx, a)
}

func keepLease(ctx context.Context, db *store.DB, a store.Action, done <-chan struct{}) {
	renew := time.NewTicker(renewEvery)
	defer renew.Stop()
	for {
		select {
		case <-renew.C:
			_ = db.Renew(ctx, a) // the next tick tries again, well before the lease ends
		case <-done:
			return
		}
	}
}

// cancelSession closes a session at Stripe, if there still is a reason to.
func cancelSession(ctx context.Context, db *store.DB, stripe *gateway.Client, record *Recorder, sessionID string) error {
	v, must, err := db.MustCancel(ctx, sessionID)
	if err != nil || !must {
		return err
	}
	session, err := stripe.CancelSession(ctx, sessionID)
	if errors.Is(err, gateway.ErrNotCancelable) {
		session, err = stripe.RetrieveSession(ctx, sessionID) // it moved on without us hearing of it
	}
	if err != nil {
		return err
	}
	_, err = record.Answer(ctx, v, session)
	return err
}
