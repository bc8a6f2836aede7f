package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"example.com/identity-starter/extras"
	"example.com/identity-starter/settings"
	"example.com/identity-starter/store"
)

func copyCommand() extras.Command {
	return extras.Command{Name: "copy", Args: "-to URL", Does: "copies the whole database into a new one, a file or a PostgreSQL server, and compares"}
}

// readCopy reads whether the arguments are those for a copy, which only reads the database, so that nothing opens it before.
func readCopy(args []string) (to string, ok bool) {
	if len(args) != 3 || args[0] != "copy" || args[1] != "-to" || args[2] == "" {
		return "", false
	}
	return args[2], true
}

// copyTo copies the database of the settings into the one at the address, and prints a line for each table. It can run while
// the program serves: what that records meanwhile is not in the copy. No address is printed, as a password may be in it.
func (p *program) copyTo(to string) command {
	return func(ctx context.Context, stdout io.Writer) (err error) {
		r := settings.New(func(string) string { return "" })
		to := p.readDatabase(r, "-to", to)
		if err := r.Err(); err != nil {
			return err
		}
		from, err := store.Look(ctx, p.database, p.store)
		if err != nil {
			return fmt.Errorf("DATABASE_URL: %w", err)
		}
		defer func() { err = errors.Join(err, from.Close()) }()
		told := progress("rows copied")
		done, err := from.CopyTo(ctx, to, told)
		if told != nil {
			fmt.Fprintln(os.Stderr)
		}
		if errors.Is(err, context.Canceled) {
			err = errors.New("it was interrupted, and nothing is copied")
		}
		if err != nil {
			return fmt.Errorf("copy to %s: %w", store.Called(to), err)
		}
		tell(stdout, done)
		return nil
	}
}

// tell says what was copied, and what to do then.
func tell(w io.Writer, done store.Copy) {
	rows := 0
	for _, t := range done.Tables {
		fmt.Fprintf(w, "%-16s %9d rows\n", t.Name, t.Rows)
		rows += t.Rows
		if t.Replaced > 0 {
			fmt.Fprintf(w, "%-16s %9d of these have bytes in a text that PostgreSQL does not take: each is a \uFFFD there\n", "", t.Replaced)
		}
	}
	for _, name := range done.LeftOut {
		fmt.Fprintf(w, "%-16s is left out: it is no table of this program\n", name)
	}
	fmt.Fprintf(w, "copied, read again and compared: %d rows\n"+
		"Now set DATABASE_URL to it, start the program there, and run `reconcile`: it finds at Stripe what has come in since.\n", rows)
}
