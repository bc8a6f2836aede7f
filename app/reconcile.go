package app

import (
	"context"
	"fmt"
	"io"
	"os"
	"strings"

	"example.com/identity-starter/extras"
	"example.com/identity-starter/outcomes"
)

// wish is what the command reconcile is told to do besides.
type wish struct {
	all   bool   // rebuild verifications and attempts, in an empty file, too
	tag   string // under which an empty file is to take up; "": the one that is found
	adopt bool   // also take sessions of others
}

func reconcileCommand() extras.Command {
	return extras.Command{Name: "reconcile", Does: "asks Stripe what was missed, and records it", Read: readReconcile,
		Flags: []extras.Flag{
			{Name: "-all", Does: "rebuilds verifications and attempts from Stripe, in an empty database, too"},
			{Name: "-tag TAG", Does: "says which database's sessions an empty one takes up, where there are several"},
			{Name: "-adopt", Does: "also takes sessions that another app has made, if they name a user"},
		}}
}

// readReconcile reads the command's arguments, in any order. What only makes sense with -all stands for it, too.
func readReconcile(args []string) (run func(context.Context, outcomes.Parts, io.Writer) error, ok bool) {
	var w wish
	for len(args) > 0 {
		switch {
		case args[0] == "-all":
			w.all = true
		case args[0] == "-adopt":
			w.all, w.adopt = true, true
		case args[0] == "-tag" && len(args) > 1:
			args = args[1:]
			w.all, w.tag = true, strings.ToUpper(args[0])
		default:
			return nil, false
		}
		args = args[1:]
	}
	return w.reconcile, true
}

// reconcile asks Stripe what was missed, records it, and prints a line for each
// change and a sum of each list. It can run while the program serves: both write by the same rules.
func (w wish) reconcile(ctx context.Context, parts outcomes.Parts, stdout io.Writer) error {
	r := outcomes.Reconciler{Parts: parts, Progress: progress("sessions read"), Tell: func(id, what string, err error) {
		if err != nil {
			what += ": " + err.Error()
		}
		fmt.Fprintf(stdout, "%s  %s\n", id, what)
	}}
	list := r.Unknown
	if w.all {
		if err := r.TakeTag(ctx, w.tag); err != nil {
			return fmt.Errorf("reconcile: %w", err)
		}
		list = func(ctx context.Context) (outcomes.Tally, error) { return r.All(ctx, w.adopt) }
	}
	var events, asked, listed outcomes.Tally
	for _, step := range []struct {
		sum *outcomes.Tally
		ask func(context.Context) (outcomes.Tally, error)
	}{ // what this database knows comes first: from it actions follow, from the past nothing does
		{&events, r.Events}, {&asked, r.Unclear}, {&asked, r.Open}, {&listed, list},
	} {
		more, err := step.ask(ctx)
		if err != nil {
			return fmt.Errorf("reconcile: %w", err)
		}
		*step.sum = step.sum.Plus(more)
	}
	fmt.Fprintf(stdout, "events listed:   %v\nsessions asked:  %v\nsessions listed: %v\n", events, asked, listed)
	if failed := asked.Failed + listed.Failed; failed > 0 {
		return fmt.Errorf("reconcile: %d could not be read: run it again", failed)
	}
	return nil
}

// progress counts for somebody who waits at a terminal; nil: there is none.
func progress(what string) func(n int) {
	if stat, err := os.Stderr.Stat(); err != nil || stat.Mode()&os.ModeCharDevice == 0 {
		return nil
	}
	return func(n int) { fmt.Fprintf(os.Stderr, "\r%d %s ", n, what) }
}
