//go:build unix

package tests

import (
	"errors"
	"net"
	"os/exec"
	"strings"
	"syscall"
	"testing"

	"example.com/identity-starter/stripesim"
)

// A process that is killed between an outcome and what must follow from it leaves
// that to the next one.
func TestKilledBeforeAnAction(t *testing.T) {
	a := NewApp(t)
	a.Set("MAX_VERIFICATION_ATTEMPTS=1")
	killed := a.Spawn()
	session := a.Browser().Verify(a)
	closing := SessionsPath + "/" + session.ID + "/cancel"
	a.Sim.AddFault(stripesim.Fault{Path: closing, Hang: true}) // once: the next one goes through
	a.Finish(session.ID, "document_expired")
	Eventually(t, "the program asks Stripe to close the session", func() bool { return len(a.Calls("POST", closing)) == 1 })
	var exit *exec.ExitError
	if err := killed.End(syscall.SIGKILL); !errors.As(err, &exit) {
		t.Fatalf("the process must have been killed, got %v", err)
	}
	if now, _ := a.Sim.Session(session.ID); now.Status != "requires_input" {
		t.Fatalf("the session must still be open, got %s", now.Status)
	}
	if got := a.Rows("SELECT count(*) FROM actions WHERE kind = 'cancel' AND done_at IS NULL"); got[0] != "1" {
		t.Fatalf("the action must be on disk, got %q", got)
	}
	a.Change("UPDATE actions SET lease_until = 0") // as after two minutes
	next := a.Spawn()
	Eventually(t, "the next process closes the session", func() bool {
		now, _ := a.Sim.Session(session.ID)
		return now.Status == "canceled"
	})
	Eventually(t, "the action is done", func() bool {
		return a.Rows("SELECT count(*) FROM actions WHERE done_at IS NULL")[0] == "0"
	})
	if got := a.Rows("SELECT status, error_code FROM verifications"); len(got) != 1 || got[0] != "canceled|document_expired" {
		t.Errorf("the row must tell of it, got %q", got)
	}
	if err := next.End(syscall.SIGTERM); err != nil {
		t.Errorf("a process that is asked to end must end with 0: %v\n%s", err, next.Out)
	}
}

// Two processes share a file: however a person's clicks are spread, there is one
// session to pay for.
func TestClicksOnTwoRealProcesses(t *testing.T) {
	a := NewApp(t)
	a.Spawn()
	other := a.twin().Spawn()
	clickAtBoth(t, a, other.Out)
	if sessions, rows := len(a.Sim.Sessions()), len(a.Rows("SELECT id FROM verifications")); sessions != 1 || rows != 1 {
		t.Errorf("clicks on two processes must make one session and one row, got %d and %d", sessions, rows)
	}
}

// Who is being answered when the program is asked to end gets the answer.
func TestTerminatedDuringARequest(t *testing.T) {
	a := NewApp(t)
	p := a.Spawn()
	person := a.Browser()
	person.User()
	a.Sim.AddFault(stripesim.Fault{Path: SessionsPath, Method: "POST", Hang: true})
	click := Later(person.Click)
	Eventually(t, "the click is at Stripe", func() bool { return len(a.Creates()) == 1 })
	if err := p.Command.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	Eventually(t, "nobody else is let in", func() bool {
		connection, err := net.Dial("tcp", strings.TrimPrefix(a.URL, "http://"))
		if err == nil {
			connection.Close()
		}
		return err != nil
	})
	a.Sim.ClearFaults()
	if got := <-click; got.Status != 200 {
		t.Errorf("the request under way must be answered, got %d %s", got.Status, got.Body)
	}
	if err := p.Wait(); err != nil {
		t.Errorf("the program must end with 0: %v\n%s", err, p.Out)
	}
	if got := a.Rows("SELECT session_id FROM verifications"); len(got) != 1 || got[0] != a.Sim.Sessions()[0].ID {
		t.Errorf("what was answered must be on disk, got %q", got)
	}
}
