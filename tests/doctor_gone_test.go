//go:build unix

package tests

import (
	"bufio"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"example.com/identity-starter/stripesim"
)

// What doctor -try has made at Stripe is cleared away also when nobody reads what it prints any more (| head -1), or its terminal is
// closed. What it has found is in the report all the same.
func TestDoctorClearsAwayWhenNobodyIsThere(t *testing.T) {
	for name, leave := range map[string]func(*os.Process, io.Closer) error{
		"the reader": func(_ *os.Process, out io.Closer) error { return out.Close() },
		"the terminal": func(p *os.Process, out io.Closer) error {
			if err := p.Signal(syscall.SIGHUP); err != nil {
				return err
			}
			return out.Close()
		},
	} {
		t.Run(name, func(t *testing.T) {
			sim, err := stripesim.Start(stripesim.Config{})
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(sim.Close)
			sim.AddFault(stripesim.Fault{Method: "GET", Ends: "/verification_sessions", Skip: 1, Hang: true}) // while there is an open session
			binary, err := os.Executable()
			if err != nil {
				t.Fatal(err)
			}
			command := exec.CommandContext(t.Context(), binary, "doctor", "-try", "-report", "tried.txt")
			command.Dir, command.Env = t.TempDir(), append(Enough(), AsProgram+"=1", "BASE_URL=http://localhost:4242", "STRIPE_API_BASE="+sim.URL(), "STRIPE_CONNECT_BASE="+sim.ConnectURL())
			out, err := command.StdoutPipe()
			if err == nil {
				err = command.Start()
			}
			if err != nil {
				t.Fatal(err)
			}
			for lines := bufio.NewScanner(out); lines.Scan() && !strings.HasPrefix(lines.Text(), "PASS  try create"); {
			}
			if err := leave(command.Process, out); err != nil {
				t.Fatal(err)
			}
			sim.ClearFaults()
			if err := command.Wait(); err != nil {
				t.Errorf("without %s it must go on to its end, got %v", name, err)
			}
			open := func(s stripesim.Session) bool { return s.Status != "canceled" }
			if all := sim.Sessions(); len(all) == 0 || slices.ContainsFunc(all, open) {
				t.Errorf("without %s, too, sessions must be made and none be left open, got %+v", name, all)
			}
			if report := Read(t, filepath.Join(command.Dir, "tried.txt")); !strings.Contains(report, "PASS  try clean up") {
				t.Errorf("without %s the report must still have every line, got\n%s", name, report)
			}
		})
	}
}
