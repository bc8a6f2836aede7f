package outcomes

import (
	"context"
	"errors"
	"fmt"

	"example.com/identity-starter/store"
)

// Tally counts what Stripe was asked about, events or sessions: all, those that changed something here, those that failed,
// those that had to be left out, and those that are not ours. The rest was known already.
type Tally struct{ Asked, Changed, Failed, LeftOut, Others int }

// Plus is both together.
func (t Tally) Plus(o Tally) Tally {
	return Tally{t.Asked + o.Asked, t.Changed + o.Changed, t.Failed + o.Failed, t.LeftOut + o.LeftOut, t.Others + o.Others}
}

// String implements fmt.Stringer, for people.
func (t Tally) String() string {
	known := t.Asked - t.Changed - t.Failed - t.LeftOut - t.Others
	text := fmt.Sprintf("%d changed something, %d known already, %d not ours, ", t.Changed, known, t.Others)
	if t.LeftOut > 0 {
		text += fmt.Sprintf("%d left out, ", t.LeftOut)
	}
	return text + fmt.Sprintf("%d failed", t.Failed)
}

// add counts a session, and tells of a failure, which does not stop the rest. Its
// error is that the program stops.
func (t *Tally) add(ctx context.Context, r Reconciler, id string, news bool, err error) error {
	t.Asked++
	if r.Progress != nil {
		r.Progress(t.Asked)
	}
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case errors.Is(err, store.ErrAnotherOpen):
		t.LeftOut++
		r.Tell(id, "left out, but for its failed checks", err)
	case err != nil:
		t.Failed++
		r.Tell(id, "failed", err)
	case news:
		t.Changed++
	}
	return nil
}
