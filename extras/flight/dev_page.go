package flight

import (
	"bytes"
	"embed"
	"encoding/json"
	"fmt"
	"net/http"
	"net/netip"
	"slices"
	"strconv"
	"time"
)

//go:embed page.html script.js style.css
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
		r.servePage(w)
	case "/dev/events":
		r.serveEvents(w, request)
	case "/dev/script.js", "/dev/style.css":
		http.StripPrefix("/dev", http.FileServerFS(files)).ServeHTTP(w, request)
	default:
		http.NotFound(w, request)
	}
}

func (r *Recorder) servePage(w http.ResponseWriter) {
	address, _ := r.open()
	lines, _ := r.since(0)
	last := 0
	if len(lines) > 0 {
		last = lines[len(lines)-1].Number
	}
	var out bytes.Buffer
	if err := r.page.Execute(&out, map[string]any{"Lines": lines, "Last": last, "Address": address}); err != nil {
		http.Error(w, "the page cannot be made", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	_, _ = out.WriteTo(w) // the developer left
}

// beat keeps a connection on which nothing happens from being taken for dead.
const beat = 15 * time.Second

// serveEvents sends lines as they come (html.spec.whatwg.org, server-sent events)
// until the browser leaves or the program stops.
func (r *Recorder) serveEvents(w http.ResponseWriter, request *http.Request) {
	number, _ := strconv.Atoi(request.URL.Query().Get("after")) // else from the first line
	if seen, err := strconv.Atoi(request.Header.Get("Last-Event-ID")); err == nil {
		number = seen // the browser has connected again
	}
	control := http.NewResponseController(w)
	// The server's limits of time are for pages; after the one for reading, the request would end.
	if control.SetWriteDeadline(time.Time{}) != nil || control.SetReadDeadline(time.Time{}) != nil {
		http.Error(w, "this connection cannot stay open", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/event-stream")
	_, stopping := r.open()
	for alive := time.Tick(beat); ; {
		lines, more := r.since(number)
		for _, l := range lines {
			number = l.Number
			text, err := json.Marshal(l)
			if err != nil {
				return
			}
			fmt.Fprintf(w, "id: %d\ndata: %s\n\n", l.Number, text)
		}
		if len(lines) == 0 {
			fmt.Fprint(w, ": alive\n\n")
		}
		if control.Flush() != nil {
			return
		}
		select {
		case <-more:
		case <-alive:
		case <-request.Context().Done():
			return
		case <-stopping:
			return
		}
	}
}
