package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"example.com/identity-starter/handlers"
	"example.com/identity-starter/outcomes"
	"example.com/identity-starter/store"
)

const redactUsage = "redact [-forget] USER_ID"

// retaining says whether what is old is redacted by itself.
func retaining(c config) extra {
	e := extra{Name: "retention", State: "off", Setting: "RETENTION_DAYS"}
	if c.retentionDays > 0 {
		e.State = "on (" + howMany(c.retentionDays, "day") + ")"
	}
	return e
}

// redactArgs reads the command's arguments: a user's id, or the reference that a
// page shows, with -forget on either side of it.
func redactArgs(args []string) (user string, forget, ok bool) {
	if len(args) < 2 || args[0] != "redact" {
		return "", false, false
	}
	for _, arg := range args[1:] {
		switch {
		case arg == "-forget":
			forget = true
		case user != "" || arg == "" || arg[0] == '-':
			return "", false, false
		default:
			user = arg
		}
	}
	return user, forget, user != ""
}

// redact asks Stripe to redact a user's sessions, and says what has become of
// each. What takes longer the running program finishes, or the next call of this.
func redact(ctx context.Context, c config, user string, forget bool, stdout io.Writer) error {
	p, err := openParts(ctx, c, io.Discard, nil) // every failure is a line of its own below
	if err != nil {
		return err
	}
	defer p.db.Close()
	userID, err := p.db.FindUser(ctx, handlers.StoredUserID(user))
	if errors.Is(err, store.ErrNoUser) {
		return errors.New("redact: nothing is known of this user: give the user_id of the table users, or the reference of 8 characters of a page")
	}
	if err == nil {
		// Later, so that the running program does not ask at the same time.
		err = p.db.Redact(ctx, userID, time.Now().Add(time.Minute), forget)
	}
	if err != nil {
		return fmt.Errorf("redact: %w", err)
	}
	done, failed, err := redactNow(ctx, p, userID, stdout)
	if err != nil {
		return fmt.Errorf("redact: %w", err)
	}
	if _, err = p.db.Forget(ctx); err != nil {
		return fmt.Errorf("redact: %w", err)
	}
	waiting, err := p.db.ToRedact(ctx, userID) // nobody's, once the user is forgotten
	if err != nil {
		return fmt.Errorf("redact: %w", err)
	}
	fmt.Fprintf(stdout, "%d redacted, %d under way, %d failed\n", done[true], done[false], failed)
	if forget && len(waiting) > 0 {
		fmt.Fprintln(stdout, "the user id is replaced once Stripe has redacted everything: by the running program, or when you run this again")
	}
	if failed > 0 {
		return fmt.Errorf("redact: %d sessions could not be redacted yet: the running program tries again, or run this again", failed)
	}
	return nil
}

func redactNow(ctx context.Context, p parts, userID string, stdout io.Writer) (done map[bool]int, failed int, err error) {
	list, err := p.db.ToRedact(ctx, userID)
	if err != nil {
		return nil, 0, err
	}
	r := outcomes.Reconciler{DB: p.db, Stripe: p.stripe, Record: p.record, Now: time.Now}
	done = map[bool]int{}
	for _, v := range list {
		redacted, err := r.Redact(ctx, v)
		name := cmp.Or(v.SessionID, v.ID[:8]) // the reference that a page shows, where Stripe has no session
		switch {
		case ctx.Err() != nil:
			return done, failed, ctx.Err()
		case err != nil:
			failed++
			fmt.Fprintf(stdout, "%s  failed: %v\n", name, err)
			continue
		case redacted:
			fmt.Fprintf(stdout, "%s  redacted\n", name)
		default:
			fmt.Fprintf(stdout, "%s  asked: Stripe takes up to four days\n", name)
		}
		done[redacted]++
	}
	return done, failed, nil
}
