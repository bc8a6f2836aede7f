package stripesim_test

import (
	"bytes"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"

	"example.com/identity-starter/stripesim"
)

// lines is a log that several goroutines write to.
type lines struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lines) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

func TestTheLogHasALineForEachCallAndNoSecret(t *testing.T) {
	var log lines
	s, _ := listening(t, stripesim.Config{Log: slog.New(slog.NewTextHandler(&log, nil))})
	v := create(t, s)
	request(t, http.MethodGet, v.URL, nil)
	code := codeFor(t, s, "")
	connect(t, s, "")
	q := url.Values{"response_type": {"code"}, "client_id": {"ca_simulator"}, "scope": {"read_write"}, "redirect_uri": {callback}, "state": {"very secret"}}
	visit := request(t, http.MethodGet, s.ConnectURL()+"/oauth/authorize", q).header.Get("Location")
	idle(t, s)
	got := log.String()
	for _, says := range []string{sessionsPath, "/oauth/token", "/oauth/authorize", "identity.verification_session.created"} {
		if !strings.Contains(got, says) {
			t.Errorf("no line tells of %s:\n%s", says, got)
		}
	}
	for _, hidden := range []string{testKey, secret, code, v.URL, v.ClientSecret, visit, "very secret", "ac_", "test_"} {
		if strings.Contains(got, hidden) {
			t.Errorf("the log holds %q:\n%s", hidden, got)
		}
	}
}
