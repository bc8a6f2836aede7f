package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime/debug"
	"syscall"

	"example.com/identity-starter/extras"
	"example.com/identity-starter/gateway"
	"example.com/identity-starter/outcomes"
	"example.com/identity-starter/settings"
	"example.com/identity-starter/store"
)

// Main is the program: it does what the command line says, and ends the process.
func Main(newTeam NewTeam) {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second Ctrl-C ends the program at once
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(400) // the heap is a few megabytes: collecting it at every doubling took a tenth of the time
	}
	look, doctor := readDoctor(os.Args[1:])
	if look.try {
		signal.Ignore(syscall.SIGPIPE, syscall.SIGHUP) // what it makes it clears away, also when nobody reads on or the terminal is closed
	}
	r, err := settings.Dotenv(".env", os.LookupEnv)
	if err == nil || doctor || asksHelp(os.Args[1:]) {
		err = Run(ctx, os.Args[1:], r, newTeam, os.Stdout)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// command is what the program can be told to do; its error is for people to read.
type command func(ctx context.Context, stdout io.Writer) error

// Run does what the arguments say; without any it serves until ctx ends, and returns
// when everything is stopped. Its error is for people to read, a problem a line.
func Run(ctx context.Context, args []string, r *settings.Reader, newTeam NewTeam, stdout io.Writer) error {
	p, err := load(r, newTeam)
	if asksHelp(args) {
		return p.help(args, stdout)
	}
	if look, ok := readDoctor(args); ok {
		return p.diagnose(ctx, look, err, stdout)
	}
	do, misread := p.command(args)
	if misread != nil {
		return misread
	}
	if err == nil {
		if err = do(ctx, stdout); errors.Is(err, context.Canceled) && ctx.Err() != nil {
			err = errors.New("interrupted") // by somebody at the terminal
		}
		return err
	}
	for _, doubt := range p.doubts { // which may be why
		err = errors.Join(err, errors.New(doubt))
	}
	err = errors.Join(err, store.CheckDriver(p.database)) // what is missing is told at once
	if p.gateway.SecretKey == "" {
		err = errors.Join(err, errors.New("no Stripe account at hand? The demo needs none: go run ./demo"))
	}
	return err
}

// command is what the arguments ask for. The error says how to use the program.
func (p *program) command(args []string) (command, error) {
	if len(args) == 0 {
		return p.serve, nil
	}
	if to, ok := readCopy(args); ok {
		return p.copyTo(to), nil
	}
	c, err := p.named(args[0])
	if err != nil {
		return nil, err
	}
	if c.Read != nil {
		if do, ok := c.Read(args[1:]); ok {
			return p.quietly(do), nil
		}
	}
	return nil, errors.New("usage: " + usage(c))
}

// quietly does a command with the database open and nothing logged: its every
// failure is a line of what it prints.
func (p *program) quietly(do func(context.Context, outcomes.Parts, io.Writer) error) command {
	return func(ctx context.Context, stdout io.Writer) error {
		parts, _, err := p.open(ctx, io.Discard)
		if err != nil {
			return err
		}
		if p.made {
			fmt.Fprintln(stdout, "database: "+p.calledDatabase())
		}
		return errors.Join(do(gateway.Awaited(ctx), parts, stdout), parts.DB.Close())
	}
}

// migrateCommand is for a server on which the program itself may not change the schema: somebody who may runs this first.
// It has nothing left to do, because each command opens the database, which brings it up to date.
func migrateCommand() extras.Command {
	return extras.Command{Name: "migrate", Does: "brings the tables up to date and ends; every start does so, too, if its role may",
		Read: func(args []string) (func(context.Context, outcomes.Parts, io.Writer) error, bool) {
			return func(_ context.Context, _ outcomes.Parts, stdout io.Writer) error {
				_, err := fmt.Fprintln(stdout, "the tables are up to date")
				return err
			}, len(args) == 0
		}}
}
