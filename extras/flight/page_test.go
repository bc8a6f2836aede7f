package flight_test

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"
	"time"

	"example.com/identity-starter/gateway"
)

func get(t *testing.T, url string, status int) string {
	t.Helper()
	response, err := http.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil || response.StatusCode != status {
		t.Fatalf("%s must answer %d, got %d %v\n%s", url, status, response.StatusCode, err, body)
	}
	return string(body)
}

// ended is a context that is over, of somebody who does not wait for more.
func ended(t *testing.T) context.Context {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	return ctx
}

func TestPage(t *testing.T) {
	recorder, url, _ := serve(t, time.Minute)
	recorder.Call(gateway.Call{Method: "GET", Path: "/v1/<b>", Status: 404})
	for path, want := range map[string]string{"/dev": "/v1/&lt;b&gt;", "/dev/script.js": "EventSource", "/dev/style.css": ".bad", "/dev/icon.svg": "<svg"} {
		if body := get(t, url+path, 200); !strings.Contains(body, want) {
			t.Errorf("%s must have %q, got\n%s", path, want, body)
		}
	}
	page := get(t, url+"/dev", 200)
	if !strings.Contains(page, `rel="icon"`) {
		t.Error("a page without an icon makes the browser ask for one that is not there")
	}
	for _, found := range regexp.MustCompile(`(?:href|src|data-events)="(/dev.*?)"`).FindAllStringSubmatch(page, -1) {
		request, answer := httptest.NewRequestWithContext(ended(t), "GET", strings.ReplaceAll(found[1], "&amp;", "&"), nil), httptest.NewRecorder()
		request.RemoteAddr = "127.0.0.1:1234"
		if recorder.ServeHTTP(answer, request); answer.Code == 404 {
			t.Errorf("what the page asks for must be there: %s", found[1])
		}
	}
	for _, peer := range []string{"192.0.2.1:1234", "", "[2001:db8::1]:1234"} {
		request, answer := httptest.NewRequest("GET", "/dev", nil), httptest.NewRecorder()
		request.RemoteAddr = peer
		recorder.ServeHTTP(answer, request)
		if answer.Code != 404 {
			t.Errorf("nobody but this machine may see the page, but %q got %d", peer, answer.Code)
		}
	}
	for _, header := range []http.Header{
		{"X-Forwarded-For": {"192.0.2.1"}}, {"Forwarded": {"for=192.0.2.1"}}, {"X-Real-Ip": {"192.0.2.1"}}, {"Via": {"1.1 tunnel"}},
		{"X-Forwarded-For": {"", "192.0.2.1"}}, // a proxy that adds a line of its own to what a stranger has sent
	} {
		request, answer := httptest.NewRequest("GET", "/dev", nil), httptest.NewRecorder()
		request.RemoteAddr, request.Header = "127.0.0.1:1234", header
		if recorder.ServeHTTP(answer, request); answer.Code != 404 {
			t.Errorf("what a tunnel passes on must not see the page, got %d with %v", answer.Code, header)
		}
	}
}
