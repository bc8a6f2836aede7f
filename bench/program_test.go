// Package bench measures how fast the built program is, beside a server that does
// the least that one can do. It has tests only:
//
//	go test -bench . ./bench
//
// docs/performance.md says what the figures mean.
package bench_test

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stripe/stripe-go/v82/webhook"
)

const (
	secret     = "whsec_simulator"
	asBaseline = "IDENTITY_STARTER_BENCH_BASELINE"
)

func TestMain(m *testing.M) {
	if os.Getenv(asBaseline) != "" {
		baseline()
		return
	}
	os.Exit(m.Run())
}

// baseline is what Stripe's own samples do with a webhook: check the signature,
// read the event, store nothing.
func baseline() {
	http.HandleFunc("POST /webhook", func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, 65536))
		if err != nil {
			w.WriteHeader(http.StatusServiceUnavailable)
			return
		}
		_, err = webhook.ConstructEventWithOptions(body, r.Header.Get("Stripe-Signature"), secret,
			webhook.ConstructEventOptions{IgnoreAPIVersionMismatch: true})
		if err != nil {
			w.WriteHeader(http.StatusBadRequest)
			return
		}
		w.WriteHeader(http.StatusOK)
	})
	listener, err := net4()
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	fmt.Printf("  open       http://%s\n", listener.Addr())
	fmt.Fprintln(os.Stderr, http.Serve(listener, nil))
}

// process is a server under test.
type process struct {
	address string
	ready   time.Duration // from its start until it says where it listens
	pid     int
}

var opened = regexp.MustCompile(`(?m)^  listening +(\S+)$|^  open +http://(\S+)$`)

// launch starts a program and waits until it says where it listens. Its log goes to a file, as a service's does.
func launch(t testing.TB, binary string, env ...string) process {
	t.Helper()
	path := filepath.Join(t.TempDir(), "log")
	log, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { log.Close() })
	command := exec.Command(binary) // ended below, by a signal that it can hear
	command.Dir, command.Stdout, command.Stderr, command.Env = t.TempDir(), log, log, env
	began := time.Now()
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := command.Process.Signal(os.Interrupt); err != nil {
			t.Error(err)
		}
		_ = command.Wait() // the baseline ends by the signal, which counts as an error
	})
	tick, limit := time.NewTicker(time.Millisecond), time.After(20*time.Second)
	defer tick.Stop()
	for {
		text, err := os.ReadFile(path)
		if m := opened.FindSubmatch(text); err == nil && m != nil {
			return process{string(m[1]) + string(m[2]), time.Since(began), command.Process.Pid}
		}
		select {
		case <-tick.C:
		case <-limit:
			t.Fatalf("the server did not say where it listens; it said:\n%s", text)
		}
	}
}

// startBaseline starts the baseline, which is this test binary in another role.
func startBaseline(t testing.TB) process {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	return launch(t, self, asBaseline+"=1")
}

// build makes the program as it is shipped, but for what a team writes.
func build(t testing.TB) string {
	t.Helper()
	binary := filepath.Join(t.TempDir(), "identity-starter")
	command := exec.CommandContext(t.Context(), "go", "build", "-o", binary, "../tests/program")
	if out, err := command.CombinedOutput(); err != nil {
		t.Fatalf("build the program: %v\n%s", err, out)
	}
	return binary
}

// startProgram starts the built program on a database, against a Stripe at that address.
func startProgram(t testing.TB, binary, database, stripe string) process {
	t.Helper()
	return launch(t, binary, "STRIPE_SECRET_KEY=sk_test_simulator", "STRIPE_WEBHOOK_SECRET="+secret, "ADDR=127.0.0.1:0",
		"STRIPE_API_BASE="+stripe, "STRIPE_CONNECT_BASE="+stripe, "STRIPE_CLIENT_ID=ca_simulator", "DATABASE_URL="+database,
		"RATE_LIMIT_PER_MINUTE=0", "STRIPE_REQUESTS_PER_SECOND=0")
}

// peak is the most memory that a process has had in use so far, in MiB; 0 where the system does not tell.
func (p process) peak() float64 {
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", p.pid))
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
func (p process) cpu() time.Duration {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", p.pid))
	_, after, found := strings.Cut(string(stat), ") ")
	fields := strings.Fields(after)
	if err != nil || !found || len(fields) < 13 {
		return 0
	}
	user, _ := strconv.Atoi(fields[11])
	system, _ := strconv.Atoi(fields[12])
	return time.Duration(user+system) * 10 * time.Millisecond // in hundredths of a second: proc(5)
}
