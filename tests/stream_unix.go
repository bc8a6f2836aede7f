//go:build unix

package tests

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"time"
)

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
func (s *Stream) Deliver(id, body string) int { s.C.T.Helper(); return s.DeliverTo(s.C.URL, id, body) }

// DeliverTo is Deliver to any program of the same database.
func (s *Stream) DeliverTo(origin, id, body string) int {
	s.C.T.Helper()
	request, err := http.NewRequestWithContext(s.C.T.Context(), "POST", origin+"/webhook", strings.NewReader(body))
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

// acknowledged is how many events were.
func (s *Stream) acknowledged() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.Acked)
}

// mustOnlyFail expects that what was not acknowledged was answered 500.
func (s *Stream) mustOnlyFail(when string, counts map[int]int) {
	s.C.T.Helper()
	for status, n := range counts {
		if status != 200 && status != 500 {
			s.C.T.Errorf("%s: an event is recorded or answered 500, got %d %d times", when, status, n)
		}
	}
}
