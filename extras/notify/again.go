package notify

import (
	"context"
	"errors"
	"fmt"
	"io"

	"example.com/identity-starter/extras"
	"example.com/identity-starter/outcomes"
	"example.com/identity-starter/store"
)

func (r receiver) command() *extras.Command {
	return &extras.Command{Name: name, Args: "-again [ID]",
		Does: "sends again what NOTIFY_URL did not take within a day: all, or the one with that webhook-id",
		Read: func(args []string) (func(context.Context, outcomes.Parts, io.Writer) error, bool) {
			if len(args) < 1 || len(args) > 2 || args[0] != "-again" || len(args) == 2 && args[1] == "" {
				return nil, false
			}
			only := append(args, "")[1]
			return func(ctx context.Context, p outcomes.Parts, out io.Writer) error {
				if err := r.again(ctx, p, only, out); err != nil {
					return fmt.Errorf("notify: %w", err)
				}
				return nil
			}, true
		}}
}

// again sends what was given up, one after the other, whether or not the program runs: what was given up it leaves alone.
func (r receiver) again(ctx context.Context, p outcomes.Parts, only string, out io.Writer) error {
	if r.url == "" {
		return errors.New("NOTIFY_URL is not set, so there is nobody to send anything to")
	}
	list, err := p.DB.GivenUp(ctx, name)
	if err != nil {
		return err
	}
	sent, failed, elsewhere := 0, 0, 0
	for _, a := range list {
		id, err := idOf(ctx, p.DB, a)
		if err != nil {
			return err
		}
		if only != "" && only != id {
			continue
		}
		result := "sent"
		switch taken, err := r.once(ctx, p, a); {
		case ctx.Err() != nil:
			return ctx.Err()
		case err != nil:
			result = "failed: " + err.Error()
			failed++
		case !taken:
			result = "left out: another command sends it, or has"
			elsewhere++
		default:
			sent++
		}
		fmt.Fprintf(out, "%s  %s  %s\n", id, typeOf(a.What), result)
	}
	if only != "" && sent+failed+elsewhere == 0 {
		return errors.New("no message with this webhook-id was given up")
	}
	fmt.Fprintf(out, "%d sent, %d failed, %d left out\n", sent, failed, elsewhere)
	if failed > 0 {
		return errors.New("not everything was taken: what failed stays, for the next call of this")
	}
	return nil
}

// once sends the message of an action that was given up, unless somebody else does; then it is false.
func (r receiver) once(ctx context.Context, p outcomes.Parts, a store.Action) (taken bool, err error) {
	a, taken, err = p.DB.TakeUp(ctx, a)
	if err != nil || !taken {
		return false, err
	}
	whole := context.WithoutCancel(ctx)
	if err := r.tell(ctx, p, a); err != nil {
		return true, errors.Join(err, p.DB.LeaveGivenUp(whole, a))
	}
	return true, p.DB.DoneAfterAll(whole, a)
}
