// Package flight is the flight recorder: a page, /dev, on which a developer sees
// every request, call to Stripe, webhook, change of a row and action as it
// happens, and in red what is missing and what to do. What happens again is one line
// that counts. It holds a few hundred lines, in memory, made of ids and codes only.
//
// It is on with a test key on a developer's own machine, and nowhere else.
package flight

import (
	"html/template"
	"sync"
	"time"

	"github.com/labstack/echo/v4"

	"example.com/identity-starter/extras"
	"example.com/identity-starter/handlers"
)

// New makes the extra.
func New(p extras.Program) extras.Extra {
	e := extras.Extra{Name: "flight", State: "off", Setting: "a test key and a loopback BASE_URL"}
	if !p.Local {
		return e
	}
	r := NewRecorder(time.Minute)
	e.State, e.Tell = "on", "{base}/dev: each request, call to Stripe and webhook as it happens"
	e.Watch = extras.Watch{Log: r.Log, Call: r.Call, Change: r.Change}
	e.Routes = func(w *handlers.Web) {
		r.Open(w.Settings.BaseURL.Host, w.Stopping)
		w.Get("/dev", echo.WrapHandler(r))
		w.Get("/dev/*", echo.WrapHandler(r))
	}
	return e
}

// Recorder remembers what happens and shows it. It is safe for concurrent use.
type Recorder struct {
	page          *template.Template
	webhookWithin time.Duration

	mu       sync.Mutex
	address  string          // "": nobody can look yet
	stopping <-chan struct{} // closed when what is open must end
	lines    map[sameness]*group
	next     int
	more     chan struct{} // closed when something happens; nil while nobody waits for it
	heard    map[string]time.Time
	waiting  map[string]*time.Timer // nil once it has been stopped
}

// NewRecorder makes a recorder. A webhook that is missing for so long is red.
func NewRecorder(webhookWithin time.Duration) *Recorder {
	return &Recorder{page: template.Must(template.ParseFS(files, "page.html")), webhookWithin: webhookWithin,
		next:  int(time.Now().UnixMicro()), // a page that was open before a restart asks for what is newer than that
		lines: map[sameness]*group{}, heard: map[string]time.Time{}, waiting: map[string]*time.Timer{}}
}

// Open is called before the recorder is asked for a page. Address is the app's
// host:port, for the command that brings webhooks there. When stopping is closed,
// every page that is being watched ends.
func (r *Recorder) Open(address string, stopping <-chan struct{}) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.address, r.stopping = address, stopping
	if stopping != nil {
		go func() { <-stopping; r.stopWaiting() }()
	}
}

// open is what Open was told.
func (r *Recorder) open() (address string, stopping <-chan struct{}) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.address, r.stopping
}

const (
	heardBefore = 10 * time.Minute // a webhook may come before the answer that tells the same
	heardKept   = 1000             // and as many are waited for
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
	if time.Since(r.heard[object]) < heardBefore || r.waiting[object] != nil || r.address == "" || r.waiting == nil || len(r.waiting) >= heardKept {
		return
	}
	missing := Line{Kind: "webhook", Bad: true, Text: "none came within " + r.webhookWithin.String() + " about " + object,
		Fix: "run: stripe listen --forward-to " + r.address + "/webhook"}
	r.waiting[object] = time.AfterFunc(r.webhookWithin, func() {
		r.mu.Lock()
		_, still := r.waiting[object]
		delete(r.waiting, object)
		r.mu.Unlock()
		if still {
			r.add(missing, nil)
		}
	})
}

func (r *Recorder) stopWaiting() {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, t := range r.waiting {
		t.Stop()
	}
	r.waiting = nil
}
