//go:build unix

package tests

import (
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"example.com/identity-starter/stripesim"
)

// Process is the program as a process of its own, which can be killed.
type Process struct {
	T       *testing.T
	Command *exec.Cmd
	Out     *Output
	Done    chan error
}

// NewApp is a simulator and the settings of a program that is not started yet.
func NewApp(t *testing.T) *App {
	t.Helper()
	sim, err := stripesim.Start(stripesim.Config{RetryAfter: []time.Duration{50 * time.Millisecond, 200 * time.Millisecond}})
	if err != nil {
		t.Fatalf("start simulator: %v", err)
	}
	t.Cleanup(sim.Close)
	a := &App{T: t, Team: Team, Sim: sim, Database: Database(t), Settings: map[string]string{
		"STRIPE_SECRET_KEY": "sk_test_simulator", "STRIPE_WEBHOOK_SECRET": PlatformSecret, "STRIPE_API_BASE": sim.URL(),
		"ADDR": "localhost:0", "RATE_LIMIT_PER_MINUTE": "0"}}
	a.Settings["DATABASE_URL"] = a.Database
	return a
}

// Spawn starts the program as a process, on the address that the app had before.
func (a *App) Spawn() *Process {
	a.T.Helper()
	binary, err := os.Executable()
	if err != nil {
		a.T.Fatal(err)
	}
	p := &Process{T: a.T, Command: exec.CommandContext(a.T.Context(), binary), Out: NewOutput(), Done: make(chan error, 1)}
	p.Command.Dir, p.Command.Stdout, p.Command.Stderr = a.T.TempDir(), p.Out, p.Out
	p.Command.Env = []string{AsProgram + "=1"}
	for name, value := range a.Settings {
		p.Command.Env = append(p.Command.Env, name+"="+value)
	}
	if err := p.Command.Start(); err != nil {
		a.T.Fatal(err)
	}
	exited := make(chan error, 1)
	go func() {
		err := p.Command.Wait()
		exited <- err
		p.Done <- err
	}()
	a.T.Cleanup(func() { _ = p.Command.Process.Kill() }) // fails when it has ended, as it should
	a.URL = p.Out.Wait(a.T, exited)
	if a.Settings["BASE_URL"] == "" {
		a.Set("ADDR="+strings.TrimPrefix(a.URL, "http://"), "BASE_URL="+a.URL)
		a.Sim.AddEndpoint(stripesim.Endpoint{URL: a.URL + "/webhook", Secret: PlatformSecret})
	}
	return p
}

// End sends the signal and waits until the process has ended.
func (p *Process) End(signal os.Signal) error {
	p.T.Helper()
	if err := p.Command.Process.Signal(signal); err != nil {
		p.T.Fatal(err)
	}
	return p.Wait()
}

func (p *Process) Wait() error {
	p.T.Helper()
	select {
	case err := <-p.Done:
		return err
	case <-time.After(20 * time.Second):
		p.T.Fatalf("the process did not end; it said:\n%s", p.Out)
		return nil
	}
}
