package erase

import (
	"bufio"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"example.com/identity-starter/extras"
	"example.com/identity-starter/outcomes"
)

// order is what the command is told to do.
type order struct {
	user    string // an id, or the reference that a page shows
	forget  bool
	settled bool // what Stripe has refused for good is settled by hand
	yes     bool // ask nobody
}

func redactCommand() *extras.Command {
	return &extras.Command{Name: "redact", Args: "USER_ID", Read: readArguments,
		Does: "asks Stripe to erase for good what it holds about a person",
		Flags: []extras.Flag{
			{Name: "-forget", Does: "also ends their connections at Stripe, and replaces the user id here once all is done"},
			{Name: "-settled", Does: "with -forget: takes your word for what Stripe refuses to erase"},
			{Name: "-yes", Does: "asks nobody at the terminal first"},
			{Name: "--", Does: "comes before a USER_ID that begins with a dash"},
		}}
}

// readArguments reads the command's arguments, in any order; behind -- there is only an id.
func readArguments(args []string) (run func(context.Context, outcomes.Parts, io.Writer) error, ok bool) {
	var o order
	named := false
	for _, arg := range args {
		switch {
		case arg == "--" && !named:
			named = true
		case arg == "-forget" && !named:
			o.forget = true
		case arg == "-settled" && !named:
			o.settled = true
		case arg == "-yes" && !named:
			o.yes = true
		case o.user != "" || arg == "" || arg[0] == '-' && !named:
			return nil, false
		default:
			o.user = arg
		}
	}
	return func(ctx context.Context, p outcomes.Parts, out io.Writer) error {
		if err := command(ctx, p, o, out); err != nil {
			return fmt.Errorf("redact: %w", err)
		}
		return nil
	}, o.user != "" && (o.forget || !o.settled)
}

// command asks Stripe to redact a user's sessions, and says what has become of
// each. What takes longer the running program finishes, or the next call of this.
func command(ctx context.Context, p outcomes.Parts, o order, out io.Writer) error {
	userID, err := findUser(ctx, p.DB, o.user)
	if errors.Is(err, errNoUser) {
		return errors.New("nothing is known of this user: give the id that your sign-in names, the user_id of the table users, or the reference of 8 characters of a page")
	}
	if err == nil && o.forget {
		err = nobodyAbsent(ctx, p.DB, p.DB)
	}
	if err == nil && !o.yes && isTerminal(os.Stdin) {
		err = confirm(ctx, os.Stdin, out, o.user, o.forget)
	}
	if err == nil {
		// Later, so that the running program does not ask at the same time.
		err = want(ctx, p.DB, userID, p.DB.Now()+60, everything, o.forget)
	}
	if err != nil {
		return err
	}
	return errors.Join(carryOut(ctx, p, o, userID, out), scrub(ctx, p, out))
}

// carryOut does of a wish what can be done now.
func carryOut(ctx context.Context, p outcomes.Parts, o order, userID string, out io.Writer) error {
	var connected error
	if o.forget {
		connected = disconnect(ctx, p, userID, func(account string, err error) {
			if err != nil {
				fmt.Fprintf(out, "%s  failed: %v\n", account, err)
			} else {
				fmt.Fprintf(out, "%s  disconnected\n", account)
			}
		})
	}
	t, err := redactNow(ctx, p, userID, out)
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "%d redacted, %d under way, %d failed\n", t.redacted, t.asked, t.failed)
	if o.settled {
		if err := settle(ctx, p.DB, userID); err != nil {
			return err
		}
	}
	if err := forget(ctx, p.DB, userID); err != nil {
		return err
	}
	switch _, waits, err := whatRemains(ctx, p.DB, p.DB, userID); { // the wish is gone, once the user is forgotten
	case err != nil:
		return err
	case waits:
		fmt.Fprintln(out, "the user id is replaced once nothing is left: by the running program, or when you run this again")
	case o.forget:
		fmt.Fprintln(out, "the user id is replaced: nothing here says any more who it was")
	}
	switch {
	case t.failed > 0 || connected != nil:
		return errors.New("not everything could be done yet: the running program tries again in a minute, or run this again")
	case t.refused > 0 && !o.settled:
		return fmt.Errorf("stripe refuses for good to redact %d sessions: %s. Once that is done, run this again; "+
			"with -forget -settled where Stripe cannot say so: it takes your word", t.refused, byHand)
	}
	return nil
}

// tally counts sessions by what has become of them.
type tally struct{ redacted, asked, failed, refused int }

func redactNow(ctx context.Context, p outcomes.Parts, userID string, out io.Writer) (t tally, err error) {
	list, err := toRedact(ctx, p.DB, userID)
	for _, v := range list {
		how, err := redact(ctx, p, v)
		name := cmp.Or(v.SessionID, v.Reference()) // where Stripe has no session
		switch {
		case ctx.Err() != nil:
			return t, ctx.Err()
		case how == refused:
			t.refused++
		case err != nil:
			t.failed++
			fmt.Fprintf(out, "%s  failed: %v\n", name, err)
			continue
		case how == done || how == nothing:
			t.redacted++
		default:
			t.asked++
		}
		fmt.Fprintf(out, "%s  %s\n", name, how)
	}
	return t, err
}

// scrub takes what was erased here out of the database's files.
func scrub(ctx context.Context, p outcomes.Parts, out io.Writer) error {
	for try := 0; ; try++ {
		clean, err := p.DB.Scrub(ctx)
		switch {
		case clean || err != nil:
			return err
		case try == 20:
			fmt.Fprintln(out, "somebody reads the database, a backup perhaps: until a while after, its files still have what was erased; run this again then")
			return nil
		}
		select {
		case <-time.After(time.Second / 10):
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

var errNotConfirmed = errors.New("nothing was done")

// confirm has somebody at a terminal say yes. Errors: errNotConfirmed, or that the program stops.
func confirm(ctx context.Context, in io.Reader, out io.Writer, user string, forget bool) error {
	fmt.Fprintf(out, "Stripe will erase for good what it holds about %s", user)
	if forget {
		fmt.Fprint(out, ", connected accounts are disconnected, and nobody here will know who the user was")
	}
	fmt.Fprint(out, ".\nType yes to go on: ")
	answer := make(chan string, 1)
	go func() { // nothing ends a read from a terminal
		line, _ := bufio.NewReader(in).ReadString('\n')
		answer <- strings.TrimSpace(line)
	}()
	select {
	case line := <-answer:
		if line == "yes" {
			return nil
		}
		return errNotConfirmed
	case <-ctx.Done():
		return ctx.Err()
	}
}

// isTerminal says whether a person may sit there. What has no input reads from the null device, which is a device, too.
func isTerminal(in *os.File) bool {
	stat, err := in.Stat()
	null, e := os.Stat(os.DevNull)
	return err == nil && stat.Mode()&os.ModeCharDevice != 0 && (e != nil || !os.SameFile(stat, null))
}
