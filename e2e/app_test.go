package e2e_test

import (
	"bytes"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"example.com/identity-starter/stripesim"
)

const (
	platformSecret = "whsec_simulator"
	connectSecret  = "whsec_simulator_connect"
)

// app is the built program, running, and the simulated Stripe that it talks to.
type app struct {
	t    *testing.T
	url  string
	sim  *stripesim.Sim
	out  *output
	stop func()
}

// start runs the program against a simulator of its own. Settings are NAME=value
// and come on top of those that a test needs.
func start(t *testing.T, settings ...string) *app {
	t.Helper()
	sim, err := stripesim.Start(stripesim.Config{RetryAfter: []time.Duration{20 * time.Millisecond, 200 * time.Millisecond}})
	if err != nil {
		t.Fatalf("start simulator: %v", err)
	}
	t.Cleanup(sim.Close)
	a := &app{t: t, sim: sim}
	a.run(append([]string{"STRIPE_CLIENT_ID=ca_simulator",
		"STRIPE_API_BASE=" + sim.URL(), "STRIPE_CONNECT_BASE=" + sim.ConnectURL()}, settings...))
	sim.AddEndpoint(stripesim.Endpoint{URL: a.url + "/webhook", Secret: platformSecret, Events: []string{"*",
		"identity.verification_session.redacted"}})
	sim.AddEndpoint(stripesim.Endpoint{URL: a.url + "/webhook", Secret: connectSecret, Connect: true})
	return a
}

// startAlone runs the program without a simulator, as it is against the real
// Stripe, which such a test must not call.
func startAlone(t *testing.T, settings ...string) *app {
	t.Helper()
	a := &app{t: t}
	a.run(settings)
	return a
}

// needs skips a test whose extra is not in the program: its pages are 404 then.
func needs(t *testing.T, extra string) {
	t.Helper()
	if !strings.Contains(start(t).extras(), " "+extra+" ") {
		t.Skipf("the extra %s is not in team/extras.go", extra)
	}
}

// extras is the line in which the start tells of them; "" where there are none.
func (a *app) extras() string {
	return regexp.MustCompile(`(?m)^  extras .*`).FindString(a.out.String())
}

// run starts the program in an empty folder and waits for its address.
func (a *app) run(settings []string) {
	a.t.Helper()
	dir := a.t.TempDir()
	command := exec.Command(program)
	command.Dir = dir
	command.Env = append([]string{"STRIPE_SECRET_KEY=sk_test_simulator",
		"STRIPE_WEBHOOK_SECRET=" + platformSecret + "," + connectSecret,
		"DATABASE_URL=file:" + filepath.ToSlash(filepath.Join(dir, "starter.db")), "ADDR=localhost:0",
		"RATE_LIMIT_PER_MINUTE=0", "STRIPE_REQUESTS_PER_SECOND=0"}, settings...)
	a.out = &output{seen: make(chan struct{}, 1)}
	command.Stdout, command.Stderr = a.out, a.out
	if err := command.Start(); err != nil {
		a.t.Fatalf("start the program: %v", err)
	}
	ended := make(chan struct{})
	go func() { _ = command.Wait(); close(ended) }()
	a.stop = sync.OnceFunc(func() {
		if command.Process.Signal(os.Interrupt) != nil {
			_ = command.Process.Kill() // Windows has no such signal
		}
		select {
		case <-ended:
		case <-time.After(20 * time.Second):
			_ = command.Process.Kill()
			<-ended
			a.t.Error("the program must end after an interrupt")
		}
	})
	a.t.Cleanup(func() {
		a.stop()
		if a.t.Failed() {
			a.t.Logf("the program said:\n%s", a.out)
		}
	})
	a.url = a.out.address(a.t, ended)
}

// output keeps what the program prints.
type output struct {
	mu   sync.Mutex
	text bytes.Buffer
	seen chan struct{}
}

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	select {
	case o.seen <- struct{}{}:
	default:
	}
	return o.text.Write(p)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.String()
}

var opened = regexp.MustCompile(`(?m)^  open +(\S+)\r?$`)

// address is what the program tells people to open.
func (o *output) address(t *testing.T, ended <-chan struct{}) string {
	t.Helper()
	limit := time.After(20 * time.Second)
	for {
		if m := opened.FindStringSubmatch(o.String()); m != nil {
			return m[1]
		}
		select {
		case <-o.seen:
		case <-ended:
			t.Fatalf("the program ended at its start:\n%s", o)
		case <-limit:
			t.Fatalf("the program did not say where it listens:\n%s", o)
		}
	}
}

// session is the one verification session that there is at Stripe.
func (a *app) session() stripesim.Session {
	a.t.Helper()
	all := a.sim.Sessions()
	if len(all) != 1 {
		a.t.Fatalf("there must be one session at Stripe, got %d", len(all))
	}
	return all[0]
}

// finish lets Stripe come to an outcome.
func (a *app) finish(outcome string) {
	a.t.Helper()
	if err := a.sim.Finish(a.session().ID, outcome); err != nil {
		a.t.Fatalf("finish the session as %s: %v", outcome, err)
	}
}

// delivered waits until every webhook has been delivered.
func (a *app) delivered() {
	a.t.Helper()
	ctx, cancel := context.WithTimeout(a.t.Context(), 10*time.Second)
	defer cancel()
	if err := a.sim.Idle(ctx); err != nil {
		a.t.Fatalf("webhooks must be delivered: %v", err)
	}
}

// creates is how often Stripe was asked for a new session.
func (a *app) creates() (n int) {
	for _, r := range a.sim.Requests() {
		if r.Method == "POST" && strings.HasSuffix(r.Path, "/verification_sessions") {
			n++
		}
	}
	return n
}
