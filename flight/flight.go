// Package flight is the flight recorder: a page, /dev, on which a developer sees
// every request, call to Stripe, webhook, change of a row and action as it
// happens, and in red what is missing and what to do. It holds the last few
// hundred lines, in memory, made of ids and codes only.
//
// It exists with a test key on a developer's own machine, and nowhere else.
// Deletable: this folder, and newFlight with what takes a recorder in main.go.
// The hooks that it hangs on (gateway's and store's Options.Observe, handlers'
// Settings.Dev) are nil then.
package flight

import (
	"context"
	"html/template"
	"sync"
	"time"
)

// Options say where the app is.
type Options struct {
	Address       string        // host:port, for the command that brings webhooks there
	WebhookWithin time.Duration // after which a missing webhook is red; 0: a minute
}

const kept = 200 // lines

// Line is something that happened.
type Line struct {
	Number int       `json:"number"`
	At     time.Time `json:"at"`
	Kind   string    `json:"kind"` // request, stripe, webhook, row, action, warning
	Text   string    `json:"text"`
	Bad    bool      `json:"bad"`
	Fix    string    `json:"fix"` // what to do about a bad one, where that is known
}

// Recorder remembers what happens and shows it. It is safe for concurrent use.
type Recorder struct {
	opt  Options
	page *template.Template
	done <-chan struct{}

	mu      sync.Mutex
	lines   []Line
	next    int
	more    chan struct{} // closed when there is another line
	heard   map[string]time.Time
	waiting map[string]*time.Timer
}

// New makes a recorder. When ctx ends, so does every page that is being watched.
func New(ctx context.Context, opt Options) *Recorder {
	if opt.WebhookWithin == 0 {
		opt.WebhookWithin = time.Minute
	}
	r := &Recorder{opt: opt, page: parsePage(), done: ctx.Done(), next: 1, more: make(chan struct{}),
		heard: map[string]time.Time{}, waiting: map[string]*time.Timer{}}
	context.AfterFunc(ctx, r.stopWaiting)
	return r
}

func (r *Recorder) add(l Line) {
	r.mu.Lock()
	defer r.mu.Unlock()
	l.Number, l.At = r.next, time.Now()
	r.next++
	if len(r.lines) == kept {
		r.lines = append(r.lines[:0], r.lines[1:]...)
	}
	r.lines = append(r.lines, l)
	close(r.more)
	r.more = make(chan struct{})
}

// since are the lines after that number, and what is closed when there are more.
func (r *Recorder) since(number int) ([]Line, <-chan struct{}) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for i, l := range r.lines {
		if l.Number > number {
			return append([]Line(nil), r.lines[i:]...), r.more
		}
	}
	return nil, r.more
}

const (
	heardBefore = 10 * time.Minute // a webhook may come before the answer that tells the same
	heardKept   = 1000
)

// hear takes note of a webhook about the object.
func (r *Recorder) hear(object string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.heard) >= heardKept {
		clear(r.heard) // at worst a red line that is wrong, after a thousand webhooks
	}
	r.heard[object] = time.Now()
	if t := r.waiting[object]; t != nil {
		t.Stop()
		delete(r.waiting, object)
	}
}

// expect makes a red line unless a webhook about the object comes in time.
func (r *Recorder) expect(object string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if time.Since(r.heard[object]) < heardBefore || r.waiting[object] != nil || r.stopped() {
		return
	}
	r.waiting[object] = time.AfterFunc(r.opt.WebhookWithin, func() {
		r.mu.Lock()
		_, still := r.waiting[object]
		delete(r.waiting, object)
		r.mu.Unlock()
		if still {
			r.add(Line{Kind: "webhook", Bad: true, Text: "none came about " + object + " within " + r.opt.WebhookWithin.String(),
				Fix: "run: stripe listen --forward-to " + r.opt.Address + "/webhook"})
		}
	})
}

func (r *Recorder) stopped() bool {
	select {
	case <-r.done:
		return true
	default:
		return false
	}
}

func (r *Recorder) stopWaiting() {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, t := range r.waiting {
		t.Stop()
	}
	clear(r.waiting)
}
