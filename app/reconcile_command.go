package app

import (
	"context"
	"fmt"
	"io"
	"os"
	"time"

	"example.com/identity-starter/outcomes"
)

// reconcile asks Stripe what was missed, records it, and prints a line for each
// change and a sum. It can run while the program serves: both write by the same rules.
func reconcile(ctx context.Context, parts outcomes.Parts, stdout io.Writer) error {
	return ask(ctx, parts, false, stdout)
}

// reconcileAll also rebuilds verifications and attempts, in an empty file, too.
func reconcileAll(ctx context.Context, parts outcomes.Parts, stdout io.Writer) error {
	return ask(ctx, parts, true, stdout)
}

func ask(ctx context.Context, parts outcomes.Parts, all bool, stdout io.Writer) error {
	r := outcomes.Reconciler{Parts: parts, Now: time.Now,
		Tell: func(id, what string, err error) {
			if err != nil {
				what += ": " + err.Error()
			}
			fmt.Fprintf(stdout, "%s  %s\n", id, what)
		}}
	if stat, err := os.Stderr.Stat(); err == nil && stat.Mode()&os.ModeCharDevice != 0 {
		r.Progress = func(n int) { fmt.Fprintf(os.Stderr, "\r%d sessions read ", n) } // for somebody who waits
	}
	var sessions, rebuilt, failed, failures int
	// What this file knows comes first: from it actions follow, from the past nothing does.
	events, err := r.Events(ctx)
	if err == nil {
		sessions, failed, err = r.Open(ctx)
	}
	if err == nil && all {
		rebuilt, failures, err = r.All(ctx)
	}
	if err != nil {
		return fmt.Errorf("reconcile: %w", err)
	}
	failed += failures
	fmt.Fprintf(stdout, "%d events, %d sessions and %d rebuilt sessions were news, %d failed\n", events, sessions, rebuilt, failed)
	if failed > 0 {
		return fmt.Errorf("reconcile: %d sessions could not be read: run it again", failed)
	}
	return nil
}
