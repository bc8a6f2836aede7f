//go:build unix

package main

import (
	"errors"
	"maps"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"example.com/identity-starter/stripesim"
)

// process is the program as a process of its own, which can be killed.
type process struct {
	t       *testing.T
	command *exec.Cmd
	out     *output
	done    chan error
}

// newApp is a simulator and the settings of a program that is not started yet.
func newApp(t *testing.T) *app {
	t.Helper()
	sim, err := stripesim.Start(stripesim.Config{RetryAfter: []time.Duration{50 * time.Millisecond, 200 * time.Millisecond}})
	if err != nil {
		t.Fatalf("start simulator: %v", err)
	}
	t.Cleanup(sim.Close)
	a := &app{t: t, sim: sim, database: filepath.Join(t.TempDir(), "starter.db"), settings: map[string]string{
		"STRIPE_SECRET_KEY": "sk_test_simulator", "STRIPE_WEBHOOK_SECRET": platformSecret, "STRIPE_API_BASE": sim.URL(),
		"ADDR": "localhost:0", "RATE_LIMIT_PER_MINUTE": "0"}}
	a.settings["DATABASE_URL"] = a.database
	return a
}

// spawn starts the program as a process, on the address that the app had before.
func (a *app) spawn() *process {
	a.t.Helper()
	binary, err := os.Executable()
	if err != nil {
		a.t.Fatal(err)
	}
	p := &process{t: a.t, command: exec.CommandContext(a.t.Context(), binary), out: &output{seen: make(chan struct{}, 1)}, done: make(chan error, 1)}
	p.command.Dir, p.command.Stdout, p.command.Stderr = a.t.TempDir(), p.out, p.out
	p.command.Env = []string{asProgram + "=1"}
	for name, value := range a.settings {
		p.command.Env = append(p.command.Env, name+"="+value)
	}
	if err := p.command.Start(); err != nil {
		a.t.Fatal(err)
	}
	exited := make(chan error, 1)
	go func() {
		err := p.command.Wait()
		exited <- err
		p.done <- err
	}()
	a.t.Cleanup(func() { _ = p.command.Process.Kill() }) // fails when it has ended, as it should
	a.url = p.out.wait(a.t, exited)
	if a.settings["BASE_URL"] == "" {
		a.set("ADDR="+strings.TrimPrefix(a.url, "http://"), "BASE_URL="+a.url)
		a.sim.AddEndpoint(stripesim.Endpoint{URL: a.url + "/webhook", Secret: platformSecret})
	}
	return p
}

// end sends the signal and waits until the process has ended.
func (p *process) end(signal os.Signal) error {
	p.t.Helper()
	if err := p.command.Process.Signal(signal); err != nil {
		p.t.Fatal(err)
	}
	return p.wait()
}

func (p *process) wait() error {
	p.t.Helper()
	select {
	case err := <-p.done:
		return err
	case <-time.After(20 * time.Second):
		p.t.Fatalf("the process did not end; it said:\n%s", p.out)
		return nil
	}
}

// A process that is killed between an outcome and what must follow from it leaves
// that to the next one.
func TestKilledBeforeAnAction(t *testing.T) {
	a := newApp(t)
	a.set("MAX_VERIFICATION_ATTEMPTS=1")
	killed := a.spawn()
	session := a.browser().verify(a)
	closing := sessionsPath + "/" + session.ID + "/cancel"
	a.sim.AddFault(stripesim.Fault{Path: closing, Hang: true}) // once: the next one goes through
	a.finish(session.ID, "document_expired")
	eventually(t, "the program asks Stripe to close the session", func() bool { return len(a.calls("POST", closing)) == 1 })
	var exit *exec.ExitError
	if err := killed.end(syscall.SIGKILL); !errors.As(err, &exit) {
		t.Fatalf("the process must have been killed, got %v", err)
	}
	if now, _ := a.sim.Session(session.ID); now.Status != "requires_input" {
		t.Fatalf("the session must still be open, got %s", now.Status)
	}
	if got := a.rows("SELECT count(*) FROM actions WHERE kind = 'cancel' AND done_at IS NULL"); got[0] != "1" {
		t.Fatalf("the action must be on disk, got %q", got)
	}
	a.change("UPDATE actions SET lease_until = 0") // as after two minutes
	next := a.spawn()
	eventually(t, "the next process closes the session", func() bool {
		now, _ := a.sim.Session(session.ID)
		return now.Status == "canceled"
	})
	eventually(t, "the action is done", func() bool {
		return a.rows("SELECT count(*) FROM actions WHERE done_at IS NULL")[0] == "0"
	})
	if got := a.rows("SELECT status, error_code FROM verifications"); len(got) != 1 || got[0] != "canceled|document_expired" {
		t.Errorf("the row must tell of it, got %q", got)
	}
	if err := next.end(syscall.SIGTERM); err != nil {
		t.Errorf("a process that is asked to end must end with 0: %v\n%s", err, next.out)
	}
}

// Two processes share a file: however a person's clicks are spread, there is one
// session to pay for.
func TestClicksOnTwoRealProcesses(t *testing.T) {
	a := newApp(t)
	a.spawn()
	twin := &app{t: t, sim: a.sim, database: a.database, settings: maps.Clone(a.settings)}
	twin.set("ADDR=localhost:0")
	other := twin.spawn()
	person := a.browser()
	person.user()
	requests := person.clicks(32)
	for _, request := range requests[:16] {
		request.Host = request.URL.Host // the public address is the same
		request.URL.Host = listening.FindStringSubmatch(other.out.String())[1]
		request.Header.Set("Cookie", person.cookies(a))
	}
	for i, got := range person.together(requests...) {
		if got.status != 200 {
			t.Errorf("click %d must be answered 200, got %d %s", i, got.status, got.body)
		}
	}
	if sessions, rows := len(a.sim.Sessions()), len(a.rows("SELECT id FROM verifications")); sessions != 1 || rows != 1 {
		t.Errorf("clicks on two processes must make one session and one row, got %d and %d", sessions, rows)
	}
}

// Who is being answered when the program is asked to end gets the answer.
func TestTerminatedDuringARequest(t *testing.T) {
	a := newApp(t)
	p := a.spawn()
	person := a.browser()
	person.user()
	a.sim.AddFault(stripesim.Fault{Path: sessionsPath, Method: "POST", Hang: true})
	click := later(person.click)
	eventually(t, "the click is at Stripe", func() bool { return len(a.creates()) == 1 })
	if err := p.command.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	eventually(t, "nobody else is let in", func() bool {
		connection, err := net.Dial("tcp", strings.TrimPrefix(a.url, "http://"))
		if err == nil {
			connection.Close()
		}
		return err != nil
	})
	a.sim.ClearFaults()
	if got := <-click; got.status != 200 {
		t.Errorf("the request under way must be answered, got %d %s", got.status, got.body)
	}
	if err := p.wait(); err != nil {
		t.Errorf("the program must end with 0: %v\n%s", err, p.out)
	}
	if got := a.rows("SELECT session_id FROM verifications"); len(got) != 1 || got[0] != a.sim.Sessions()[0].ID {
		t.Errorf("what was answered must be on disk, got %q", got)
	}
}
