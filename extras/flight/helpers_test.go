package flight_test

import (
	"bufio"
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"
	"time"

	"example.com/identity-starter/extras/flight"
)

// line is a line as the page is sent it.
type line struct {
	flight.Line
	HTML string
	Look int
}

// watch reads the lines that the page is sent. It ends with the test.
func watch(t *testing.T, url, lastID string) <-chan line {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	if lastID != "" {
		request.Header.Set("Last-Event-ID", lastID)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = response.Body.Close() })
	if kind := response.Header.Get("Content-Type"); kind != "text/event-stream" {
		t.Fatalf("lines must come as server-sent events, got %q", kind)
	}
	lines := make(chan line, 1000)
	go func() {
		defer close(lines)
		for in := bufio.NewScanner(response.Body); in.Scan(); {
			var l line
			if text, ok := strings.CutPrefix(in.Text(), "data: "); ok && json.Unmarshal([]byte(text), &l) == nil {
				lines <- l
			}
		}
	}()
	return lines
}

// next is the next line; the test fails when none comes.
func next(t *testing.T, lines <-chan line) line {
	t.Helper()
	select {
	case l, open := <-lines:
		if !open {
			t.Fatal("the stream has ended")
		}
		return l
	case <-time.After(10 * time.Second):
		t.Fatal("a line must come at once")
	}
	return line{}
}

var aPart = regexp.MustCompile(`<span><i>(.*?)</i> (?:<a .*?>)?(.*?)(?:</a>)?</span>`)

// parts are the names and values of the line's last time.
func (l line) parts() string {
	var all []string
	for _, found := range aPart.FindAllStringSubmatch(l.HTML, -1) {
		all = append(all, found[1]+" "+found[2])
	}
	return strings.Join(all, ", ")
}

func serve(t *testing.T, webhookWithin time.Duration) (*flight.Recorder, string, context.CancelFunc) {
	t.Helper()
	ctx, stop := context.WithCancel(t.Context())
	recorder := flight.NewRecorder(webhookWithin)
	recorder.Open("localhost:4242", ctx.Done())
	server := httptest.NewServer(recorder)
	t.Cleanup(func() { stop(); server.Close() })
	return recorder, server.URL, stop
}

// open is the page as this machine sees it.
func open(t *testing.T, r *flight.Recorder, path string) string {
	t.Helper()
	request, answer := httptest.NewRequestWithContext(t.Context(), "GET", path, nil), httptest.NewRecorder()
	request.RemoteAddr = "127.0.0.1:1234"
	if r.ServeHTTP(answer, request); answer.Code != 200 {
		t.Fatalf("%s must be there, got %d", path, answer.Code)
	}
	return answer.Body.String()
}

var aLine = regexp.MustCompile(`(?s)<li id="line-.*?<code>(.*?)</code>`)

// texts are the lines of the page, in order.
func texts(page string) (all []string) {
	for _, found := range aLine.FindAllStringSubmatch(page, -1) {
		all = append(all, found[1])
	}
	return all
}
