package flight

import (
	"bytes"
	"embed"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

//go:embed page.html script.js style.css icon.svg
var files embed.FS

// ServeHTTP answers everything under /dev. Only this machine may ask: the page
// names users and sessions, and the app itself may listen for others, too. What
// a proxy or a tunnel passes on comes from elsewhere, whatever the peer's address.
func (r *Recorder) ServeHTTP(w http.ResponseWriter, request *http.Request) {
	peer, err := netip.ParseAddrPort(request.RemoteAddr)
	passedOn := slices.ContainsFunc([]string{"X-Forwarded-For", "Forwarded", "X-Real-Ip", "Via"}, func(name string) bool {
		return request.Header[name] != nil // also where the first of two lines is empty: a stranger may have sent that one
	})
	if err != nil || !peer.Addr().Unmap().IsLoopback() || passedOn {
		http.NotFound(w, request)
		return
	}
	switch request.URL.Path {
	case "/dev":
		r.servePage(w, viewOf(request))
	case "/dev/events":
		r.serveEvents(w, request)
	case "/dev/script.js", "/dev/style.css", "/dev/icon.svg":
		http.StripPrefix("/dev", http.FileServerFS(files)).ServeHTTP(w, request)
	default:
		http.NotFound(w, request)
	}
}

// viewOf is what an address asks for.
func viewOf(request *http.Request) view {
	q := request.URL.Query()
	v := view{onlyBad: q.Has("bad"), about: q.Get("about")}
	v.after, _ = strconv.Atoi(q.Get("after")) // else from the first
	if number, err := strconv.Atoi(request.Header.Get("Last-Event-ID")); err == nil {
		v.after = number // the browser has connected again
	}
	return v
}

// address is the view's, below /dev.
func (v view) address(path string) string {
	q := url.Values{}
	if v.onlyBad {
		q.Set("bad", "")
	}
	if v.about != "" {
		q.Set("about", v.about)
	}
	if v.after > 0 {
		q.Set("after", strconv.Itoa(v.after))
	}
	return strings.TrimSuffix(path+"?"+q.Encode(), "?")
}

func (r *Recorder) servePage(w http.ResponseWriter, v view) {
	address, _ := r.open()
	s := r.look(v)
	v.after = s.last
	data := map[string]any{"Lines": s.lines, "Bad": s.bad, "OnlyBad": v.onlyBad, "About": v.about, "Address": address,
		"Events": v.address("/dev/events"), "KeptGood": keptGood, "KeptBad": keptBad}
	var out bytes.Buffer
	if err := r.page.Execute(&out, data); err != nil {
		http.Error(w, "the page cannot be made", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	_, _ = out.WriteTo(w) // the developer left
}

const (
	beat   = 15 * time.Second       // keeps a connection on which nothing happens from being taken for dead
	unread = 5 * time.Second        // how long a browser may not read: it would hold up a stop. It connects again
	breath = 150 * time.Millisecond // between two news: what repeats meanwhile is told once
)

// serveEvents sends lines as they come (html.spec.whatwg.org, server-sent events)
// until the browser leaves or the program stops.
func (r *Recorder) serveEvents(w http.ResponseWriter, request *http.Request) {
	control := http.NewResponseController(w)
	// The server's limits of time are for pages; after the one for reading, the request would end.
	if control.SetReadDeadline(time.Time{}) != nil {
		http.Error(w, "this connection cannot stay open", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/event-stream")
	_, stopping := r.open()
	alive := time.Tick(beat)
	for v := viewOf(request); ; {
		s := r.look(v)
		if control.SetWriteDeadline(time.Now().Add(unread)) != nil || r.send(w, s) != nil || control.Flush() != nil {
			return
		}
		v.after = s.last
		select {
		case <-time.After(breath):
		case <-request.Context().Done():
			return
		case <-stopping:
			return
		}
		select {
		case <-s.more:
		case <-alive:
		case <-request.Context().Done():
			return
		case <-stopping:
			return
		}
	}
}

// send sends what is to be seen: a line as JSON, with how it looks on the page.
func (r *Recorder) send(w io.Writer, s seen) error {
	for _, l := range s.lines {
		var html strings.Builder
		if err := r.page.ExecuteTemplate(&html, "line", l); err != nil {
			return err
		}
		text, err := json.Marshal(struct {
			Line
			HTML string `json:"html"`
			Look int    `json:"look"` // how many lines need a look
		}{l, html.String(), s.bad})
		if err != nil {
			return err
		}
		fmt.Fprintf(w, "data: %s\n\n", text)
	}
	_, err := fmt.Fprintf(w, "id: %d\n: alive\n\n", s.last)
	return err
}
