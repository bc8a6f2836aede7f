//go:build unix

package tests

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"example.com/identity-starter/stripesim"
)

// Child is the program in a process of its own, which real signals can reach.
type Child struct {
	*App
	Wrap    []string // a command that runs the program
	Disk    string   // where a database on a disk of its own can be seen
	Process *os.Process
	Ended   chan error
}

// NewChild prepares the program with a simulator of its own; Spawn starts it.
func NewChild(t *testing.T, settings ...string) *Child {
	t.Helper()
	return ChildOn(t, Database(t), settings...)
}

// ChildOn is NewChild with a database that is there.
func ChildOn(t *testing.T, database string, settings ...string) *Child {
	t.Helper()
	sim, err := stripesim.Start(stripesim.Config{})
	if err != nil {
		t.Fatalf("start simulator: %v", err)
	}
	t.Cleanup(sim.Close)
	c := &Child{App: &App{T: t, Team: Team, Sim: sim, Database: database, Settings: map[string]string{
		"STRIPE_SECRET_KEY": "sk_test_simulator", "STRIPE_CLIENT_ID": "ca_simulator", "STRIPE_WEBHOOK_SECRET": PlatformSecret,
		"STRIPE_API_BASE": sim.URL(), "STRIPE_CONNECT_BASE": sim.ConnectURL(),
		"ADDR": "localhost:0", "RATE_LIMIT_PER_MINUTE": "0", "STRIPE_REQUESTS_PER_SECOND": "0",
	}}}
	c.Set("DATABASE_URL=" + c.Database)
	c.Set(settings...)
	return c
}

// Spawn starts the program (again), on the address that it had before.
func (c *Child) Spawn() {
	c.T.Helper()
	binary, err := os.Executable()
	if err != nil {
		c.T.Fatal(err)
	}
	line := append(c.Wrap, binary)
	command := exec.Command(line[0], line[1:]...) // ended below, also when the test has failed
	command.Dir = c.T.TempDir()
	command.Env = []string{AsProgram + "=1", "PATH=" + os.Getenv("PATH")}
	for name, value := range c.Settings {
		command.Env = append(command.Env, name+"="+value)
	}
	c.Out = NewOutput()
	command.Stdout, command.Stderr = c.Out, c.Out
	if err := command.Start(); err != nil {
		c.T.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- command.Wait(); close(ended) }()
	c.Process, c.Ended = command.Process, ended
	c.T.Cleanup(func() {
		_ = command.Process.Kill() // most have ended before
		<-ended
	})
	c.URL = c.Out.Wait(c.T, ended)
	c.Set("ADDR="+strings.TrimPrefix(c.URL, "http://"), "BASE_URL="+c.URL)
}

// Signal sends the program a signal and returns with what it ended.
func (c *Child) Signal(s os.Signal) error {
	c.T.Helper()
	if err := c.Process.Signal(s); err != nil && !errors.Is(err, os.ErrProcessDone) {
		c.T.Fatal(err)
	}
	select {
	case err := <-c.Ended:
		return err
	case <-time.After(30 * time.Second):
		c.T.Fatalf("the program must end by %v; it said:\n%s", s, c.Out)
	}
	return nil
}

func (c *Child) Kill() { c.T.Helper(); _ = c.Signal(syscall.SIGKILL) }

// People have each a session at Stripe.
func (c *Child) People(n int) []stripesim.Session {
	c.T.Helper()
	for range n {
		if got := c.API().Click(); got.Status != 200 {
			c.T.Fatalf("Verify must answer 200, got %d %s", got.Status, got.Body)
		}
	}
	all := c.Sim.Sessions()
	if len(all) < n {
		c.T.Fatalf("there must be %d sessions, got %d", n, len(all))
	}
	return all[len(all)-n:]
}

// Rows reads a copy where the database is on a disk of its own: SQLite cannot be led there.
func (c *Child) Rows(query string, args ...any) []string {
	c.T.Helper()
	if c.Disk != "" {
		folder := c.T.TempDir()
		c.Database = filepath.Join(folder, "starter.db")
		for _, name := range []string{"starter.db", "starter.db-wal"} {
			content, err := os.ReadFile(filepath.Join(c.Disk, name))
			if err == nil {
				err = os.WriteFile(filepath.Join(folder, name), content, 0o600)
			}
			if err != nil {
				c.T.Fatal(err)
			}
		}
	}
	return c.App.Rows(query, args...)
}
