package outcomes

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"time"

	"example.com/identity-starter/store"
)

const (
	actionTime = time.Minute      // for one try
	grace      = 10 * time.Second // for a try to return once it was asked to end; well below what a stop may take
	mostLeft   = 32               // tries of one kind that go on all the same, each with what it holds
)

// errGoesOn means that a try does not look at its context.
var errGoesOn = errors.New("it goes on though it was asked to end")

// trying is Do, or GivenUp, about an action.
type trying struct {
	action  int64
	givenUp bool
}

// try calls Do, or GivenUp, about an action with a limit of time. What goes on in spite of it is left alone, so that it holds
// up nobody else: it is tried again like what has failed, but in this process not beside itself.
func (q *queue) try(ctx context.Context, a store.Action, givenUp bool) error {
	do, which := q.do, trying{a.ID, givenUp}
	if givenUp {
		do = q.GivenUp
	}
	if _, left := q.left.Load(which); left {
		return errGoesOn
	}
	asked, end := context.WithTimeout(ctx, actionTime)
	began, returned := time.Now(), make(chan error, 1)
	go func() {
		defer end()
		returned <- q.call(asked, a, do)
	}()
	<-asked.Done()
	late := time.NewTimer(grace)
	defer late.Stop()
	select {
	case err := <-returned:
		return err
	case <-late.C:
		q.leave(ctx, a, which, time.Since(began), returned)
		return errGoesOn
	}
}

// leave lets a try go on. Where too many do, it waits until one returns or the program stops, and with it whoever has tried:
// then nothing of this kind is begun any more here.
func (q *queue) leave(ctx context.Context, a store.Action, which trying, took time.Duration, returned <-chan error) {
	q.left.Store(which, nil)
	q.p.Log.ErrorContext(ctx, "an action goes on though it was asked to end: it is left alone",
		"kind", a.Kind, "object", a.ObjectID, "took", took.Round(time.Second))
	if len(q.places) == mostLeft {
		q.full.Do(func() {
			q.p.Log.ErrorContext(ctx, "too many actions do not end: nothing more of this kind is begun until some do, or until the next start",
				"kind", a.Kind, "actions", mostLeft)
		})
	}
	select {
	case q.places <- struct{}{}:
		go func() {
			<-returned
			q.left.Delete(which)
			<-q.places
		}()
	case <-returned:
		q.left.Delete(which)
	case <-ctx.Done():
	}
}

// do is the consumer's, which may succeed after it was left alone: then it is not tried again.
func (q *queue) do(ctx context.Context, p Parts, a store.Action) error {
	err := q.Do(ctx, p, a)
	if _, left := q.left.Load(trying{action: a.ID}); left && err == nil {
		return p.DB.Done(context.WithoutCancel(ctx), a)
	}
	return err
}

// call turns a panic into an error.
func (q *queue) call(ctx context.Context, a store.Action, do func(context.Context, Parts, store.Action) error) (err error) {
	defer func() {
		if panicked := recover(); panicked != nil {
			if q.Private {
				panicked = "not shown, for there may be personal data in it"
			}
			err = fmt.Errorf("panic: %v\n%s", panicked, debug.Stack())
		}
	}()
	return do(ctx, q.p, a)
}
