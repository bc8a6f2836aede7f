package stripesim

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"
)

// reorderWindow is how long Switches.Reorder collects events before it sends them, newest first.
const reorderWindow = 100 * time.Millisecond

// Delivery is one attempt to deliver an event.
type Delivery struct {
	EventID, Type string
	Endpoint      string // the endpoint's id
	Attempt       int    // 1 for the first
	Status        int    // the answer's status; 0 without an answer
	Err           string // why there is no answer
}

func (d Delivery) ok() bool { return d.Status >= 200 && d.Status < 300 }

// Switches change how events are delivered from now on. The zero value delivers each once, at once, in parallel.
type Switches struct {
	Duplicate int           // further deliveries of each event
	Delay     time.Duration // wait before the first attempt
	Reorder   bool          // what is emitted, or held, together arrives newest first, one after the other
	Drop      bool          // nothing is sent, nor retried later
}

// webhooks is what the simulator knows of endpoints, events and deliveries.
type webhooks struct {
	endpoints  []*Endpoint
	events     []*eventObject
	deliveries []Delivery
	switches   Switches
	held       bool
	queue      []*job        // waiting for Release
	shuffle    []*job        // waiting for the reorder window to end
	busy       int           // first attempts that are queued or under way, and redactions
	idle       chan struct{} // closed and replaced whenever busy gets to 0
}

func newWebhooks() webhooks { return webhooks{idle: make(chan struct{})} }

// job is one event on its way to one endpoint.
type job struct {
	event    *eventObject
	endpoint *Endpoint
	attempt  int
	counted  bool // in busy
}

// SetDelivery changes how events are delivered from now on.
func (s *Sim) SetDelivery(sw Switches) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.switches = sw
}

// Hold keeps back all deliveries, retries too, until Release.
func (s *Sim) Hold() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.held = true
}

// Release sends what was held, one after the other in the order of the events, or newest first with
// Switches.Reorder.
func (s *Sim) Release() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.held = false
	jobs := s.queue
	s.queue = nil
	if s.switches.Reorder {
		slices.Reverse(jobs)
	}
	s.spawnLocked(func() { s.inTurn(jobs) })
}

// Redeliver sends an event, by its id or its thin twin's, again, now, to every endpoint that listens for it, whatever the switches and Hold say,
// like "Resend" in Stripe's Dashboard.
func (s *Sim) Redeliver(eventID string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	i := slices.IndexFunc(s.events, func(e *eventObject) bool { return e.ID == eventID || e.twin == eventID })
	if i < 0 {
		return fmt.Errorf("no event %q", eventID)
	}
	for _, ep := range s.listeners(s.events[i]) {
		j := s.newJobLocked(s.events[i], ep)
		s.spawnLocked(func() { s.attempt(j) })
	}
	return nil
}

// Deliveries returns the attempts so far, oldest first. Dropped ones are among them.
func (s *Sim) Deliveries() []Delivery {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.deliveries)
}

// Idle waits until every event was attempted once, and every redaction is done. Held events keep it waiting,
// retries do not. It returns the context's error when that ends first.
func (s *Sim) Idle(ctx context.Context) error {
	for {
		s.mu.Lock()
		busy, idle := s.busy, s.idle
		s.mu.Unlock()
		if busy == 0 {
			return nil
		}
		select {
		case <-idle:
		case <-ctx.Done():
			return ctx.Err()
		case <-s.ctx.Done():
			return errors.New("the simulator is closed")
		}
	}
}

func (s *Sim) newJobLocked(e *eventObject, ep *Endpoint) *job {
	s.busy++
	return &job{event: e, endpoint: ep, counted: true}
}

func (s *Sim) doneLocked() {
	s.busy--
	if s.busy == 0 {
		close(s.idle)
		s.idle = make(chan struct{})
	}
}

// enqueueLocked starts the delivery of an event as the switches want it.
func (s *Sim) enqueueLocked(e *eventObject, ep *Endpoint) {
	sw := s.switches
	if sw.Drop {
		s.deliveries = append(s.deliveries, Delivery{EventID: e.idAt(ep), Type: e.typeAt(ep), Endpoint: ep.ID, Attempt: 1, Err: "dropped"})
		return
	}
	for range 1 + max(sw.Duplicate, 0) {
		j := s.newJobLocked(e, ep)
		switch {
		case s.held:
			s.queue = append(s.queue, j)
		case sw.Reorder:
			s.shuffle = append(s.shuffle, j)
			if len(s.shuffle) == 1 {
				s.spawnLocked(func() { s.sendShuffled(reorderWindow + sw.Delay) })
			}
		default:
			s.spawnLocked(func() { s.later(j, sw.Delay) })
		}
	}
}

func (s *Sim) later(j *job, d time.Duration) {
	if s.pause(s.ctx, d) {
		s.attempt(j)
	}
}

func (s *Sim) sendShuffled(wait time.Duration) {
	if !s.pause(s.ctx, wait) {
		return
	}
	s.mu.Lock()
	jobs := s.shuffle
	s.shuffle = nil
	s.mu.Unlock()
	slices.Reverse(jobs)
	s.inTurn(jobs)
}

func (s *Sim) inTurn(jobs []*job) {
	for _, j := range jobs {
		s.attempt(j)
	}
}

// attempt delivers once and, when that fails, plans the next attempt.
func (s *Sim) attempt(j *job) {
	j.attempt++
	d := s.post(j)
	if s.ctx.Err() != nil {
		return
	}
	s.log.Info("simulated Stripe delivered", "event", d.EventID, "type", d.Type, "endpoint", d.Endpoint,
		"attempt", d.Attempt, "status", d.Status, "err", d.Err)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.deliveries = append(s.deliveries, d)
	if j.counted {
		j.counted = false
		s.doneLocked()
	}
	if d.ok() || j.attempt > len(s.cfg.RetryAfter) {
		return
	}
	s.spawnLocked(func() { s.retry(j) })
}

func (s *Sim) retry(j *job) {
	if !s.pause(s.ctx, s.cfg.RetryAfter[j.attempt-1]) {
		return
	}
	s.mu.Lock()
	held := s.held
	if held {
		s.queue = append(s.queue, j)
	}
	s.mu.Unlock()
	if !held {
		s.attempt(j)
	}
}

// deliveredLocked reports whether no endpoint still waits for the event.
func (s *Sim) deliveredLocked(eventID string) bool {
	open := map[string]bool{}
	for _, d := range s.deliveries {
		if d.EventID == eventID {
			open[d.Endpoint] = !d.ok() && (open[d.Endpoint] || d.Attempt == 1)
		}
	}
	for _, waits := range open {
		if waits {
			return false
		}
	}
	return true
}
