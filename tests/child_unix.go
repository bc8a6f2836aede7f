//go:build unix

package tests

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

// Child is the program in a process of its own, which real signals can reach.
type Child struct {
	*App
	Wrap    []string // a command that runs the program
	Disk    string   // where a database on a disk of its own can be seen
	Process *os.Process
	Ended   chan error
}

// NewChild prepares the program with a simulator of its own; Spawn starts it.
func NewChild(t *testing.T, settings ...string) *Child {
	t.Helper()
	sim, err := stripesim.Start(stripesim.Config{})
	if err != nil {
		t.Fatalf("start simulator: %v", err)
	}
	t.Cleanup(sim.Close)
	c := &Child{App: &App{T: t, Team: Team, Sim: sim, Database: Database(t), Settings: map[string]string{
		"STRIPE_SECRET_KEY": "sk_test_simulator", "STRIPE_CLIENT_ID": "ca_simulator", "STRIPE_WEBHOOK_SECRET": PlatformSecret,
		"STRIPE_API_BASE": sim.URL(), "STRIPE_CONNECT_BASE": sim.ConnectURL(),
		"ADDR": "localhost:0", "RATE_LIMIT_PER_MINUTE": "0", "STRIPE_REQUESTS_PER_SECOND": "0",
	}}}
	c.Set("DATABASE_URL=" + c.Database)
	c.Set(settings...)
	return c
}

// Spawn starts the program (again), on the address that it had before.
func (c *Child) Spawn() {
	c.T.Helper()
	binary, err := os.Executable()
	if err != nil {
		c.T.Fatal(err)
	}
	line := append(c.Wrap, binary)
	command := exec.Command(line[0], line[1:]...) // ended below, also when the test has failed
	command.Dir = c.T.TempDir()
	command.Env = []string{AsProgram + "=1", "PATH=" + os.Getenv("PATH")}
	for name, value := range c.Settings {
		command.Env = append(command.Env, name+"="+value)
	}
	c.Out = NewOutput()
	command.Stdout, command.Stderr = c.Out, c.Out
	if err := command.Start(); err != nil {
		c.T.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- command.Wait(); close(ended) }()
	c.Process, c.Ended = command.Process, ended
	c.T.Cleanup(func() {
		_ = command.Process.Kill() // most have ended before
		<-ended
	})
	c.URL = c.Out.Wait(c.T, ended)
	c.Set("ADDR="+strings.TrimPrefix(c.URL, "http://"), "BASE_URL="+c.URL)
}

// Signal sends the program a signal and returns with what it ended.
func (c *Child) Signal(s os.Signal) error {
	c.T.Helper()
	if err := c.Process.Signal(s); err != nil && !errors.Is(err, os.ErrProcessDone) {
		c.T.Fatal(err)
	}
	select {
	case err := <-c.Ended:
		return err
	case <-time.After(30 * time.Second):
		c.T.Fatalf("the program must end by %v; it said:\n%s", s, c.Out)
	}
	return nil
}

func (c *Child) Kill() { c.T.Helper(); _ = c.Signal(syscall.SIGKILL) }

// People have each a session at Stripe.
func (c *Child) People(n int) []stripesim.Session {
	c.T.Helper()
	for range n {
		if got := c.API().Click(); got.Status != 200 {
			c.T.Fatalf("Verify must answer 200, got %d %s", got.Status, got.Body)
		}
	}
	all := c.Sim.Sessions()
	if len(all) < n {
		c.T.Fatalf("there must be %d sessions, got %d", n, len(all))
	}
	return all[len(all)-n:]
}

// Stream delivers events from several sides at once, as Stripe does, and keeps
// account of what was acknowledged.
type Stream struct {
	C      *Child
	Client *http.Client
	mu     sync.Mutex
	Known  map[string]string // every event, by id
	Acked  map[string]bool
}

func (c *Child) NewStream() *Stream {
	transport := &http.Transport{MaxIdleConnsPerHost: 32}
	c.T.Cleanup(transport.CloseIdleConnections)
	return &Stream{C: c, Client: &http.Client{Transport: transport, Timeout: 30 * time.Second}, Known: map[string]string{}, Acked: map[string]bool{}}
}

// Deliver posts one event and returns the status; 0 where there was no answer.
func (s *Stream) Deliver(id, body string) int {
	s.C.T.Helper()
	request, err := http.NewRequestWithContext(s.C.T.Context(), "POST", s.C.URL+"/webhook", strings.NewReader(body))
	if err != nil {
		s.C.T.Error(err)
		return 0
	}
	request.Header.Set("Stripe-Signature", Sign(body, PlatformSecret, time.Now()))
	s.mu.Lock()
	s.Known[id] = body
	s.mu.Unlock()
	response, err := s.Client.Do(request)
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
		s.Acked[id] = true
	}
	return response.StatusCode
}

// All delivers lists of events, each list in its order, the lists beside each
// other, and counts the statuses. What has no answer ends its list.
func (s *Stream) All(lists [][]Object) map[int]int {
	s.C.T.Helper()
	counts := map[int]int{}
	var senders sync.WaitGroup
	for _, list := range lists {
		senders.Go(func() {
			for _, event := range list {
				status := s.Deliver(fmt.Sprint(event["id"]), event.JSON(s.C.T))
				s.mu.Lock()
				counts[status]++
				s.mu.Unlock()
			}
		})
	}
	senders.Wait()
	return counts
}

// Lost are the events that were not acknowledged so far.
func (s *Stream) Lost() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	var ids []string
	for id := range s.Known {
		if !s.Acked[id] {
			ids = append(ids, id)
		}
	}
	return ids
}

// MustBeRecorded compares what was acknowledged with what the file holds.
func (s *Stream) MustBeRecorded() {
	s.C.T.Helper()
	held := map[string]bool{}
	for _, id := range s.C.Rows("SELECT id FROM events") {
		held[id] = true
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for id := range s.Acked {
		if !held[id] {
			s.C.T.Errorf("%s was acknowledged and must be recorded", id)
		}
	}
}

// Redeliver sends again what was not acknowledged, as Stripe does, until all is.
func (s *Stream) Redeliver() {
	s.C.T.Helper()
	for _, id := range s.Lost() {
		if status := s.Deliver(id, s.Known[id]); status != 200 {
			s.C.T.Errorf("%s must be accepted when it is delivered again, got %d", id, status)
		}
	}
}

// Charges are events of something else.
func Charges(prefix string, lists, each int) [][]Object {
	all := make([][]Object, lists)
	for i := range all {
		for n := range each {
			all[i] = append(all[i], Snapshot(fmt.Sprintf("evt_%s_%d_%d", prefix, i, n), "charge.succeeded", Object{"id": "ch_1"}))
		}
	}
	return all
}

// Rows reads a copy where the database is on a disk of its own: SQLite cannot be led there.
func (c *Child) Rows(query string) []string {
	c.T.Helper()
	if c.Disk != "" {
		folder := c.T.TempDir()
		c.Database = filepath.Join(folder, "starter.db")
		for _, name := range []string{"starter.db", "starter.db-wal"} {
			content, err := os.ReadFile(filepath.Join(c.Disk, name))
			if err == nil {
				err = os.WriteFile(filepath.Join(folder, name), content, 0o600)
			}
			if err != nil {
				c.T.Fatal(err)
			}
		}
	}
	return c.App.Rows(query)
}
