// Demo starts a simulated Stripe and the real program against it, on loopback:
// no Stripe account, no keys, no network. The program, with a team of the demo's own
// (demo/program) and the extras of team/extras.go, is built and started as its own
// process, with nothing but settings to tell it that Stripe is another.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"

	"example.com/identity-starter/stripesim"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := demo(ctx, os.Args[1:]); errors.Is(err, flag.ErrHelp) {
		fmt.Print(usage)
	} else if err != nil {
		fmt.Fprintln(os.Stderr, "demo:", err)
		os.Exit(1)
	}
}

const usage = `go run ./demo [-db FILE] [-team] [-v]
  runs the app with a simulated Stripe, on this machine only: no account, no keys, no network
  -db FILE  keeps the database in FILE; without it all is gone at the end
  -team     runs your own program, with what is in team/, in place of the demo's
  -v        logs what the simulated Stripe is asked, and what it sends
  API_TOKEN, API_RETURN_URL, NOTIFY_URL and NOTIFY_SECRET of the environment are for a product of yours beside it: docs/beside.md
`

func demo(ctx context.Context, args []string) error {
	flags := flag.NewFlagSet("demo", flag.ContinueOnError)
	flags.SetOutput(io.Discard) // its words are not ours
	database, own, verbose := flags.String("db", "", ""), flags.Bool("team", false, ""), flags.Bool("v", false, "")
	if err := flags.Parse(args); errors.Is(err, flag.ErrHelp) {
		return err
	} else if err != nil || flags.NArg() > 0 {
		return errors.New("usage: " + strings.TrimSpace(usage))
	}
	product, err := beside()
	if err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "identity-starter-demo-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	if *database == "" {
		*database = filepath.Join(dir, "starter.db")
	} else if *database, err = filepath.Abs(*database); err != nil {
		return err
	}
	program, companions, err := build(ctx, dir, *own)
	if ctx.Err() != nil {
		return nil
	} else if err != nil {
		return err
	}
	sim, err := simulator(*verbose)
	if err != nil {
		return err
	}
	defer sim.Close()
	return serve(ctx, program, companions, dir, append(product, "DATABASE_URL="+*database), sim)
}

// simulator starts the simulated Stripe on its usual ports, or on free ones.
func simulator(verbose bool) (*stripesim.Sim, error) {
	config := stripesim.Config{Addr: freeAddr("localhost:4243"), ConnectAddr: freeAddr("localhost:4244")}
	if verbose {
		config.Log = slog.New(slog.NewTextHandler(os.Stdout, nil)).With("from", "stripesim")
	}
	return stripesim.Start(config)
}

// freeAddr is the usual address, or one with a free port when that is taken.
func freeAddr(usual string) string {
	for _, addr := range []string{usual, "localhost:0"} {
		if l, err := net.Listen("tcp", addr); err == nil {
			_, port, _ := net.SplitHostPort(l.Addr().String())
			_ = l.Close() // only asked for the port
			return net.JoinHostPort("localhost", port)
		}
	}
	return usual
}

// serve runs the program, and what its extras need, until it or the demo is stopped. These settings are for it in place of
// those of the extras.
func serve(ctx context.Context, program string, companions []string, dir string, settings []string, sim *stripesim.Sim) error {
	addr := freeAddr("localhost:4242")
	var theirs []string
	says := ""
	for _, path := range companions {
		c, err := accompany(path)
		if err != nil {
			return err
		}
		if replaces(settings, c.settings) {
			c.end()
			continue
		}
		defer c.end()
		theirs, says = append(theirs, c.settings...), says+strings.ReplaceAll(c.says, "{base}", "http://"+addr)
	}
	command, err := start(program, dir, addr, sim, append(theirs, settings...)...)
	if err != nil {
		return fmt.Errorf("start the program: %w", err)
	}
	ended := make(chan error, 1)
	go func() { ended <- command.Wait() }()
	ready := make(chan struct{})
	go awaitHealth(ctx, "http://"+addr+"/healthz", ready)
	for {
		select {
		case <-ready:
			fmt.Printf("\nStripe is simulated: nothing leaves this machine. Its own page, with all sessions and webhooks:\n  %s\n%s"+
				"Ctrl-C stops everything. Open this:\n  http://%s\n", sim.URL(), says, addr)
			ready = nil
		case err := <-ended:
			if err != nil {
				return fmt.Errorf("the program ended by itself: %w", err)
			}
			return nil
		case <-ctx.Done():
			return end(command, ended)
		}
	}
}

// start runs the program with the simulator for Stripe, and these settings.
func start(program, dir, addr string, sim *stripesim.Sim, settings ...string) (*exec.Cmd, error) {
	const secret, connectSecret = "whsec_simulator", "whsec_simulator_connect"
	for _, e := range []stripesim.Endpoint{
		{Secret: secret, Events: []string{"*", "identity.verification_session.redacted"}},
		{Secret: connectSecret, Connect: true},
	} {
		e.URL = "http://" + addr + "/webhook"
		sim.AddEndpoint(e)
	}
	command := exec.Command(program)
	command.Dir = dir // not the project's: a .env there is for the real Stripe
	command.Stdout, command.Stderr = os.Stdout, os.Stderr
	command.Env = append(systemEnv(),
		"STRIPE_SECRET_KEY=sk_test_simulator", "STRIPE_WEBHOOK_SECRET="+secret+","+connectSecret,
		"STRIPE_CLIENT_ID=ca_simulator", "STRIPE_API_BASE="+sim.URL(), "STRIPE_CONNECT_BASE="+sim.ConnectURL(),
		"ADDR="+addr, "BASE_URL=http://"+addr, "SUPPORT_URL=mailto:support@example.com")
	command.Env = append(command.Env, settings...)
	return command, command.Start()
}

// end stops the program. A terminal's Ctrl-C has reached it, too, so it is given
// a moment to stop by itself before it is told to.
func end(command *exec.Cmd, ended <-chan error) error {
	for _, tell := range []func() error{
		func() error { return nil },
		func() error { return command.Process.Signal(syscall.SIGTERM) },
		command.Process.Kill,
	} {
		_ = tell() // it may have ended just now
		select {
		case <-ended:
			return nil
		case <-time.After(time.Second):
		}
	}
	return errors.New("the program does not stop")
}

// systemEnv is what programs need to run at all, without anybody's settings but a team's.
func systemEnv() []string {
	env := slices.DeleteFunc(os.Environ(), func(v string) bool { return !strings.HasPrefix(v, "TEAM_") })
	for _, name := range []string{"PATH", "HOME", "TMPDIR", "TEMP", "TMP", "SystemRoot"} {
		if v, ok := os.LookupEnv(name); ok {
			env = append(env, name+"="+v)
		}
	}
	return env
}

// awaitHealth closes ready once the program answers.
func awaitHealth(ctx context.Context, address string, ready chan<- struct{}) {
	for ctx.Err() == nil {
		if response, err := http.Get(address); err == nil {
			_ = response.Body.Close()
			close(ready)
			return
		}
		time.Sleep(50 * time.Millisecond)
	}
}
