// Package bench measures how fast the built program is, beside a server that does
// the least that one can do, beside others, and beside itself. It has tests only:
//
//	go test -run '^$' -bench . -benchtime 1x ./bench
//
// With -short it takes seconds and shows that the benchmarks work, no figures.
// Files are made where TMPDIR says: it must be on the disk that is meant.
//
// Some measurements need something that is not here, and are left out without it:
//
//   - On a server, PostgreSQL's programs, 15 or later, on the PATH or where Debian has
//     them. Each measurement starts a server of its own, which listens to nobody else.
//   - IDENTITY_STARTER_BENCH_PEER=1 measures beside a package that is then downloaded
//     with npm. It needs node, npm, and PostgreSQL.
//   - IDENTITY_STARTER_BENCH_BEFORE=/path/of/a/program measures beside the program as
//     it was at the commit that fillBefore names, built with `go build .`
//
// docs/performance.md says what the figures mean.
package bench_test

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"

	"github.com/stripe/stripe-go/v82/webhook"

	"example.com/identity-starter/stripesim"
)

const (
	secret     = "whsec_simulator"
	asSample   = "IDENTITY_STARTER_BENCH_SAMPLE"
	withPeer   = "IDENTITY_STARTER_BENCH_PEER"
	withBefore = "IDENTITY_STARTER_BENCH_BEFORE"
)

// shared is a folder for what is made once for all measurements. Its name is short, because a
// socket's may not be long, and other users may go through it, which those of tests forbid.
var shared string

func TestMain(m *testing.M) {
	if os.Getenv(asSample) != "" {
		fmt.Fprintln(os.Stderr, sample())
		os.Exit(1)
	}
	var err error
	if shared, err = os.MkdirTemp("", "bench"); err == nil {
		err = os.Chmod(shared, 0o755)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	code := m.Run()
	_ = os.RemoveAll(shared)
	os.Exit(code)
}

// sample is what Stripe's own samples do with a webhook: check the signature,
// read the event, store nothing.
func sample() error {
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
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	fmt.Printf("  listening  %s\n", listener.Addr())
	return http.Serve(listener, nil)
}

// startSample starts the sample, which is this test binary in another role.
func startSample(t testing.TB) *process {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	return launch(t, listening, t.TempDir(), []string{asSample + "=1"}, self)
}

// build makes the program as it is shipped, but for what a team writes. All that
// measure it share it.
func build(t testing.TB) string {
	t.Helper()
	binary, err := built()
	if err != nil {
		t.Fatalf("build the program: %v", err)
	}
	return binary
}

var built = sync.OnceValues(func() (string, error) {
	binary := filepath.Join(shared, "identity-starter")
	out, err := exec.Command("go", "build", "-trimpath", "-o", binary, "../tests/program").CombinedOutput()
	if err != nil {
		err = fmt.Errorf("%w\n%s", err, out)
	}
	return binary, err
})

// startProgram starts the built program on a database, against a Stripe at that
// address. BASE_URL is not this machine: what is on for developers alone is off.
func startProgram(t testing.TB, binary, database, stripe string) *process {
	t.Helper()
	env := []string{"STRIPE_SECRET_KEY=sk_test_simulator", "STRIPE_WEBHOOK_SECRET=" + secret, "ADDR=127.0.0.1:0",
		"BASE_URL=https://starter.test", "STRIPE_API_BASE=" + stripe, "STRIPE_CONNECT_BASE=" + stripe, "STRIPE_CLIENT_ID=ca_simulator",
		"DATABASE_URL=" + database, "RATE_LIMIT_PER_MINUTE=0", "STRIPE_REQUESTS_PER_SECOND=0"}
	return launch(t, listening, t.TempDir(), env, binary)
}

// simulated is a Stripe on loopback.
func simulated(t testing.TB) *stripesim.Sim {
	t.Helper()
	sim, err := stripesim.Start(stripesim.Config{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(sim.Close)
	return sim
}
