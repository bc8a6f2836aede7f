//go:build unix

package main

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"example.com/identity-starter/stripesim"
)

// child is the program in a process of its own, which real signals can reach.
type child struct {
	*app
	wrap    []string // a command that runs the program
	disk    string   // where a database on a disk of its own can be seen
	process *os.Process
	ended   chan error
}

// newChild prepares the program with a simulator of its own; spawn starts it.
func newChild(t *testing.T, settings ...string) *child {
	t.Helper()
	sim, err := stripesim.Start(stripesim.Config{})
	if err != nil {
		t.Fatalf("start simulator: %v", err)
	}
	t.Cleanup(sim.Close)
	c := &child{app: &app{t: t, sim: sim, database: filepath.Join(t.TempDir(), "starter.db"), settings: map[string]string{
		"STRIPE_SECRET_KEY": "sk_test_simulator", "STRIPE_CLIENT_ID": "ca_simulator", "STRIPE_WEBHOOK_SECRET": platformSecret,
		"STRIPE_API_BASE": sim.URL(), "STRIPE_CONNECT_BASE": sim.ConnectURL(),
		"ADDR": "localhost:0", "RATE_LIMIT_PER_MINUTE": "0", "STRIPE_REQUESTS_PER_SECOND": "0",
	}}}
	c.set("DATABASE_URL=" + c.database)
	c.set(settings...)
	return c
}

// spawn starts the program (again), on the address that it had before.
func (c *child) spawn() {
	c.t.Helper()
	binary, err := os.Executable()
	if err != nil {
		c.t.Fatal(err)
	}
	line := append(c.wrap, binary)
	command := exec.Command(line[0], line[1:]...) // ended below, also when the test has failed
	command.Dir = c.t.TempDir()
	command.Env = []string{asProgram + "=1", "PATH=" + os.Getenv("PATH")}
	for name, value := range c.settings {
		command.Env = append(command.Env, name+"="+value)
	}
	c.out = &output{seen: make(chan struct{}, 1)}
	command.Stdout, command.Stderr = c.out, c.out
	if err := command.Start(); err != nil {
		c.t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- command.Wait(); close(ended) }()
	c.process, c.ended = command.Process, ended
	c.t.Cleanup(func() {
		_ = command.Process.Kill() // most have ended before
		<-ended
	})
	c.url = c.out.wait(c.t, ended)
	c.set("ADDR="+strings.TrimPrefix(c.url, "http://"), "BASE_URL="+c.url)
}

// signal sends the program a signal and returns with what it ended.
func (c *child) signal(s os.Signal) error {
	c.t.Helper()
	if err := c.process.Signal(s); err != nil && !errors.Is(err, os.ErrProcessDone) {
		c.t.Fatal(err)
	}
	select {
	case err := <-c.ended:
		return err
	case <-time.After(30 * time.Second):
		c.t.Fatalf("the program must end by %v; it said:\n%s", s, c.out)
	}
	return nil
}

func (c *child) kill() { c.t.Helper(); _ = c.signal(syscall.SIGKILL) }

// people have each a session at Stripe.
func (c *child) people(n int) []stripesim.Session {
	c.t.Helper()
	for range n {
		if got := c.api().click(); got.status != 200 {
			c.t.Fatalf("Verify must answer 200, got %d %s", got.status, got.body)
		}
	}
	all := c.sim.Sessions()
	if len(all) < n {
		c.t.Fatalf("there must be %d sessions, got %d", n, len(all))
	}
	return all[len(all)-n:]
}

// stream delivers events from several sides at once, as Stripe does, and keeps
// account of what was acknowledged.
type stream struct {
	c      *child
	client *http.Client
	mu     sync.Mutex
	known  map[string]string // every event, by id
	acked  map[string]bool
}

func (c *child) newStream() *stream {
	transport := &http.Transport{MaxIdleConnsPerHost: 32}
	c.t.Cleanup(transport.CloseIdleConnections)
	return &stream{c: c, client: &http.Client{Transport: transport, Timeout: 30 * time.Second}, known: map[string]string{}, acked: map[string]bool{}}
}

// deliver posts one event and returns the status; 0 where there was no answer.
func (s *stream) deliver(id, body string) int {
	s.c.t.Helper()
	request, err := http.NewRequestWithContext(s.c.t.Context(), "POST", s.c.url+"/webhook", strings.NewReader(body))
	if err != nil {
		s.c.t.Error(err)
		return 0
	}
	request.Header.Set("Stripe-Signature", sign(body, platformSecret, time.Now()))
	s.mu.Lock()
	s.known[id] = body
	s.mu.Unlock()
	response, err := s.client.Do(request)
	if err != nil {
		return 0
	}
	defer response.Body.Close()
	if _, err := io.Copy(io.Discard, response.Body); err != nil {
		return 0
	}
	if response.StatusCode == http.StatusOK {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.acked[id] = true
	}
	return response.StatusCode
}

// all delivers lists of events, each list in its order, the lists beside each
// other, and counts the statuses. What has no answer ends its list.
func (s *stream) all(lists [][]object) map[int]int {
	s.c.t.Helper()
	counts := map[int]int{}
	var senders sync.WaitGroup
	for _, list := range lists {
		senders.Go(func() {
			for _, event := range list {
				status := s.deliver(fmt.Sprint(event["id"]), event.json(s.c.t))
				s.mu.Lock()
				counts[status]++
				s.mu.Unlock()
			}
		})
	}
	senders.Wait()
	return counts
}

// lost are the events that were not acknowledged so far.
func (s *stream) lost() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	var ids []string
	for id := range s.known {
		if !s.acked[id] {
			ids = append(ids, id)
		}
	}
	return ids
}

// mustBeRecorded compares what was acknowledged with what the file holds.
func (s *stream) mustBeRecorded() {
	s.c.t.Helper()
	held := map[string]bool{}
	for _, id := range s.c.rows("SELECT id FROM events") {
		held[id] = true
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for id := range s.acked {
		if !held[id] {
			s.c.t.Errorf("%s was acknowledged and must be recorded", id)
		}
	}
}

// redeliver sends again what was not acknowledged, as Stripe does, until all is.
func (s *stream) redeliver() {
	s.c.t.Helper()
	for _, id := range s.lost() {
		if status := s.deliver(id, s.known[id]); status != 200 {
			s.c.t.Errorf("%s must be accepted when it is delivered again, got %d", id, status)
		}
	}
}

// charges are events of something else.
func charges(prefix string, lists, each int) [][]object {
	all := make([][]object, lists)
	for i := range all {
		for n := range each {
			all[i] = append(all[i], snapshot(fmt.Sprintf("evt_%s_%d_%d", prefix, i, n), "charge.succeeded", object{"id": "ch_1"}))
		}
	}
	return all
}
