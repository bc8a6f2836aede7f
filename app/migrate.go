package app

import (
	"context"
	"fmt"
	"io"

	"example.com/identity-starter/extras"
	"example.com/identity-starter/outcomes"
)

// migrateCommand is for a server on which the program itself may not change the schema: somebody who may runs this first.
func migrateCommand() extras.Command {
	return extras.Command{Name: "migrate", Does: "brings the tables up to date and ends; every start does so, too, if its role may",
		Read: func(args []string) (func(context.Context, outcomes.Parts, io.Writer) error, bool) {
			return migrated, len(args) == 0
		}}
}

// migrated has nothing left to do: each command opens the database, which brings it up to date.
func migrated(_ context.Context, _ outcomes.Parts, stdout io.Writer) error {
	_, err := fmt.Fprintln(stdout, "the tables are up to date")
	return err
}
