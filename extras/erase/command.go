package erase

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"

	"example.com/identity-starter/outcomes"
)

// readArguments reads the command's arguments: a user's id, or the reference that a
// page shows, with -forget on either side of it.
func readArguments(args []string) (run func(context.Context, outcomes.Parts, io.Writer) error, ok bool) {
	user, forget := "", false
	for _, arg := range args {
		switch {
		case arg == "-forget":
			forget = true
		case user != "" || arg == "" || arg[0] == '-':
			return nil, false
		default:
			user = arg
		}
	}
	return func(ctx context.Context, p outcomes.Parts, out io.Writer) error {
		if err := command(ctx, p, user, forget, out); err != nil {
			return fmt.Errorf("redact: %w", err)
		}
		return nil
	}, user != ""
}

// command asks Stripe to redact a user's sessions, and says what has become of
// each. What takes longer the running program finishes, or the next call of this.
func command(ctx context.Context, p outcomes.Parts, user string, forget bool, out io.Writer) error {
	userID, err := findUser(ctx, p.DB, user)
	if errors.Is(err, errNoUser) {
		return errors.New("nothing is known of this user: give the id that your sign-in names, the user_id of the table users, or the reference of 8 characters of a page")
	}
	if err == nil && forget {
		err = nobodyAbsent(ctx, p.DB, p.DB)
	}
	if err == nil {
		// Later, so that the running program does not ask at the same time.
		err = want(ctx, p.DB, userID, p.DB.Now()+60, everything, forget)
	}
	if err != nil {
		return err
	}
	redacted, asked, failed, err := redactNow(ctx, p, userID, out)
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "%d redacted, %d under way, %d failed\n", redacted, asked, failed)
	if _, err = forgetAll(ctx, p.DB, userID); err != nil {
		return err
	}
	waiting, err := toRedact(ctx, p.DB, userID) // nobody's, once the user is forgotten
	if err != nil {
		return err
	}
	if forget && len(waiting) > 0 {
		fmt.Fprintln(out, "the user id is replaced once Stripe has redacted everything: by the running program, or when you run this again")
	}
	if failed > 0 {
		return fmt.Errorf("%d sessions could not be redacted yet: the running program tries again, or run this again", failed)
	}
	return nil
}

func redactNow(ctx context.Context, p outcomes.Parts, userID string, out io.Writer) (redacted, asked, failed int, err error) {
	list, err := toRedact(ctx, p.DB, userID)
	for _, v := range list {
		done, err := redact(ctx, p, v)
		name := cmp.Or(v.SessionID, v.Reference()) // where Stripe has no session
		switch {
		case ctx.Err() != nil:
			return redacted, asked, failed, ctx.Err()
		case err != nil:
			failed++
			fmt.Fprintf(out, "%s  failed: %v\n", name, err)
		case done:
			redacted++
			fmt.Fprintf(out, "%s  redacted\n", name)
		default:
			asked++
			fmt.Fprintf(out, "%s  asked: Stripe takes up to four days\n", name)
		}
	}
	return redacted, asked, failed, err
}
