package mailtest_test

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	_ "github.com/mattn/go-sqlite3" // to look into the program's file

	"example.com/identity-starter/stripesim"
)

var program string // path of the built program, made by TestMain

func TestMain(m *testing.M) {
	code, err := buildAndRun(m)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	os.Exit(code)
}

func buildAndRun(m *testing.M) (code int, err error) {
	dir, err := os.MkdirTemp("", "identity-starter-mail-")
	if err != nil {
		return 1, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	program = filepath.Join(dir, "identity-starter.exe") // Windows wants the ending, nobody else minds it
	build := exec.Command("go", "build", "-o", program, "mailtest/testdata/program.go")
	build.Dir = ".." // in the program's module
	if out, err := build.CombinedOutput(); err != nil {
		return 1, fmt.Errorf("build the program: %w\n%s", err, out)
	}
	return m.Run(), nil
}

// app is the built program and the simulated Stripe that it talks to.
type app struct {
	t        *testing.T
	sim      *stripesim.Sim
	url      string
	settings map[string]string
	out      *output
	command  *exec.Cmd
	ended    chan struct{}
}

// start runs the program; roots is a file of the only certificates that it trusts.
func start(t *testing.T, smtpURL, roots string) *app {
	t.Helper()
	sim, err := stripesim.Start(stripesim.Config{RetryAfter: []time.Duration{50 * time.Millisecond, 200 * time.Millisecond, time.Second}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(sim.Close)
	a := &app{t: t, sim: sim, settings: map[string]string{"STRIPE_SECRET_KEY": "sk_test_simulator", "STRIPE_WEBHOOK_SECRET": "whsec_simulator",
		"STRIPE_API_BASE": sim.URL(), "ADDR": "localhost:0", "DATABASE_URL": filepath.Join(t.TempDir(), "starter.db"), "RATE_LIMIT_PER_MINUTE": "0",
		"SMTP_URL": smtpURL, "MAIL_FROM": "Starter <starter@example.test>", "SSL_CERT_FILE": roots, "SSL_CERT_DIR": t.TempDir()}}
	a.run()
	sim.AddEndpoint(stripesim.Endpoint{URL: a.url + "/webhook", Secret: "whsec_simulator"})
	return a
}

var opened = regexp.MustCompile(`(?m)^  open +(\S+)$`)

// run starts the program (again), on the address that it had before.
func (a *app) run() {
	a.t.Helper()
	a.out, a.ended = &output{}, make(chan struct{})
	a.command = exec.CommandContext(context.WithoutCancel(a.t.Context()), program)
	a.command.Dir, a.command.Stdout, a.command.Stderr = a.t.TempDir(), a.out, a.out
	for name, value := range a.settings {
		a.command.Env = append(a.command.Env, name+"="+value)
	}
	if err := a.command.Start(); err != nil {
		a.t.Fatal(err)
	}
	command, ended := a.command, a.ended
	go func() { _ = command.Wait(); close(ended) }() // it is killed
	a.t.Cleanup(a.kill)
	a.eventually("the program starts", func() bool { return opened.MatchString(a.out.String()) })
	a.url = opened.FindStringSubmatch(a.out.String())[1]
	a.settings["ADDR"], a.settings["BASE_URL"] = strings.TrimPrefix(a.url, "http://"), a.url
}

// kill ends the program as a power cut does.
func (a *app) kill() {
	_ = a.command.Process.Kill() // fails when it has ended
	<-a.ended
}

// verdict has a person give that address and be verified.
func (a *app) verdict(email string) {
	a.t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		a.t.Fatal(err)
	}
	client := &http.Client{Jar: jar, Timeout: 20 * time.Second}
	response, err := client.PostForm(a.url+"/create-verification-session", url.Values{"email": {email}})
	if err != nil {
		a.t.Fatal(err)
	}
	response.Body.Close()
	for _, s := range a.sim.Sessions() {
		if s.Email == email {
			if err := a.sim.Finish(s.ID, "verified"); err != nil {
				a.t.Fatal(err)
			}
			return
		}
	}
	a.t.Fatalf("a click with an address must make a session at Stripe, got %d", response.StatusCode)
}

// row is what a query on the program's file returns; "" for nothing and NULL.
func (a *app) row(query string) string {
	a.t.Helper()
	db, err := sql.Open("sqlite3", "file:"+a.settings["DATABASE_URL"]+"?_busy_timeout=5000")
	if err != nil {
		a.t.Fatal(err)
	}
	defer db.Close()
	var got sql.NullString
	if err := db.QueryRowContext(a.t.Context(), query).Scan(&got); err != nil && !errors.Is(err, sql.ErrNoRows) {
		a.t.Fatalf("%s: %v", query, err)
	}
	return got.String
}

func (a *app) eventually(what string, ok func() bool) {
	a.t.Helper()
	tick, limit := time.NewTicker(20*time.Millisecond), time.After(30*time.Second)
	defer tick.Stop()
	for !ok() {
		select {
		case <-tick.C:
		case <-limit:
			a.t.Fatalf("must happen in time: %s; the program said:\n%s", what, a.out)
		}
	}
}

// output keeps what the program prints.
type output struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.Write(p)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.String()
}
