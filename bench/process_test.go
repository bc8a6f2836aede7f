package bench_test

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// process is a server under test.
type process struct {
	address string
	ready   time.Duration // from its start until it says that it is ready
	command *exec.Cmd
	log     string
	stopped sync.Once
	ended   chan struct{} // closed once it has
}

// listening is what servers say once they can be asked; the address is in the parentheses.
var listening = regexp.MustCompile(`(?m)^  listening +(\S+)$`)

// launch starts a server in a folder and waits until it says that it is ready. Its log goes to a file, as a service's does.
func launch(t testing.TB, ready *regexp.Regexp, folder string, env []string, name string, args ...string) *process {
	t.Helper()
	path := filepath.Join(t.TempDir(), "log")
	log, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { log.Close() })
	// Ended by stop, with a signal that it can hear.
	p := &process{command: exec.Command(name, args...), log: path, ended: make(chan struct{})}
	p.command.Dir, p.command.Stdout, p.command.Stderr, p.command.Env = folder, log, log, env
	began := time.Now()
	if err := p.command.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		_ = p.command.Wait() // who ends by the signal counts as an error
		close(p.ended)
	}()
	t.Cleanup(func() { p.stop(t) })
	tick, limit := time.NewTicker(time.Millisecond), time.After(20*time.Second)
	defer tick.Stop()
	for {
		text, err := os.ReadFile(path)
		if m := ready.FindSubmatch(text); err == nil && m != nil {
			p.ready, p.address = time.Since(began), string(m[len(m)-1])
			return p
		}
		select {
		case <-tick.C:
		case <-p.ended:
			t.Fatalf("%s must not end by itself", name) // stop says why it did
		case <-limit:
			t.Fatalf("%s did not say that it is ready; it said:\n%s", name, text)
		}
	}
}

// stop ends the server and waits until it has ended. It may be called again.
func (p *process) stop(t testing.TB) {
	t.Helper()
	p.stopped.Do(func() {
		select {
		case <-p.ended:
			text, _ := os.ReadFile(p.log)
			t.Errorf("%s has ended by itself; it said:\n%s", p.command.Path, text)
			return
		default:
		}
		if err := p.command.Process.Signal(os.Interrupt); err != nil {
			t.Error(err)
		}
		select {
		case <-p.ended:
		case <-time.After(30 * time.Second):
			t.Errorf("%s did not end within 30 seconds of a signal", p.command.Path)
			_ = p.command.Process.Kill()
			<-p.ended
		}
	})
}

// peak is the most memory that a process has had in use so far, in MiB; 0 where the system does not tell.
func (p *process) peak() float64 {
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", p.command.Process.Pid))
	if err != nil {
		return 0
	}
	for line := range bytes.Lines(status) {
		if text, found := strings.CutPrefix(string(line), "VmHWM:"); found {
			kib, _ := strconv.ParseFloat(strings.Fields(text)[0], 64)
			return kib / 1024
		}
	}
	return 0
}

// cpu is the processor time that a process has used so far; 0 where the system does not tell.
func (p *process) cpu() time.Duration {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", p.command.Process.Pid))
	_, after, found := strings.Cut(string(stat), ") ")
	fields := strings.Fields(after)
	if err != nil || !found || len(fields) < 13 {
		return 0
	}
	user, _ := strconv.Atoi(fields[11])
	system, _ := strconv.Atoi(fields[12])
	return time.Duration(user+system) * 10 * time.Millisecond // in hundredths of a second: proc(5)
}
