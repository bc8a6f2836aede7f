package gateway

import (
	"context"
	"time"

	"golang.org/x/time/rate"
)

// paceWait is how long a call waits for its turn.
const paceWait = 3 * time.Second

// pace holds calls back to what the merchant allows, because Stripe's rate limit is shared with his payments.
type pace struct {
	all  *rate.Limiter
	rest *rate.Limiter // what nobody awaits has half of it, so that however much of that there is, somebody who clicks is served
}

func newPace(perSecond int) pace {
	if perSecond == 0 {
		none := rate.NewLimiter(rate.Inf, 0)
		return pace{none, none}
	}
	all := rate.Limit(perSecond)
	return pace{rate.NewLimiter(all, perSecond), rate.NewLimiter(all/2, max(perSecond/2, 1))}
}

type awaitedKey struct{}

// Awaited marks what is asked with the context as asked for somebody who cannot go on without the answer: who has clicked, or
// runs a command. Pages, which show what is known instead, and what is done in the background come after it.
func Awaited(ctx context.Context) context.Context { return context.WithValue(ctx, awaitedKey{}, true) }

// wait returns when it is the turn of a call, or with an error when that is too far off.
func (p pace) wait(ctx context.Context) error {
	awaited := ctx.Value(awaitedKey{}) != nil
	ctx, cancel := context.WithTimeout(ctx, paceWait)
	defer cancel()
	if !awaited {
		if err := p.rest.Wait(ctx); err != nil {
			return err
		}
	}
	return p.all.Wait(ctx)
}
