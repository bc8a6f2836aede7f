// Package flight is the flight recorder: a page, /dev, on which a developer sees
// every request, call to Stripe, webhook, change of a row and action as it
// happens, and in red what is missing and what to do. It holds the last few
// hundred lines, in memory, made of ids and codes only.
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

// happening is what a line is made of, once somebody looks: mostly nobody does, and a
// request should not take longer for a page that is not open.
type happening struct {
	number int
	at     time.Time
	tell   func() Line // of what cannot change any more, and always the same
}

// Recorder remembers what happens and shows it. It is safe for concurrent use.
type Recorder struct {
	page          *template.Template
	webhookWithin time.Duration

	mu       sync.Mutex
	address  string          // "": nobody can look yet
	stopping <-chan struct{} // closed when what is open must end
	happened [kept]happening // what has number n is at n modulo kept
	next     int
	more     chan struct{} // closed when there is another line; nil while nobody waits for one
	heard    map[string]time.Time
	waiting  map[string]*time.Timer // nil once it has been stopped
}

// NewRecorder makes a recorder. A webhook that is missing for so long is red.
func NewRecorder(webhookWithin time.Duration) *Recorder {
	return &Recorder{page: template.Must(template.ParseFS(files, "page.html")), webhookWithin: webhookWithin, next: 1,
		heard: map[string]time.Time{}, waiting: map[string]*time.Timer{}}
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

func (r *Recorder) add(tell func() Line) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.happened[r.next%kept] = happening{r.next, time.Now(), tell}
	r.next++
	if r.more != nil {
		close(r.more)
		r.more = nil
	}
}

// since are the lines after that number, and what is closed when there are more.
func (r *Recorder) since(number int) ([]Line, <-chan struct{}) {
	r.mu.Lock()
	var newer []happening
	for n := max(number+1, r.next-kept, 1); n < r.next; n++ {
		newer = append(newer, r.happened[n%kept])
	}
	if r.more == nil {
		r.more = make(chan struct{})
	}
	more := r.more
	r.mu.Unlock()
	lines := make([]Line, len(newer))
	for i, h := range newer {
		lines[i] = h.tell()
		lines[i].Number, lines[i].At = h.number, h.at
	}
	return lines, more
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
	if time.Since(r.heard[object]) < heardBefore || r.waiting[object] != nil || r.address == "" || r.waiting == nil {
		return
	}
	text := "none came about " + object + " within " + r.webhookWithin.String()
	fix := "run: stripe listen --forward-to " + r.address + "/webhook"
	r.waiting[object] = time.AfterFunc(r.webhookWithin, func() {
		r.mu.Lock()
		_, still := r.waiting[object]
		delete(r.waiting, object)
		r.mu.Unlock()
		if still {
			r.add(func() Line { return Line{Kind: "webhook", Bad: true, Text: text, Fix: fix} })
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
