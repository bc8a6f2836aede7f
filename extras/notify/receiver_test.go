package notify_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"example.com/identity-starter/extras/notify"
	"example.com/identity-starter/tests"
)

// A 2xx ends it, and nothing else does. No redirect is followed, and of an answer nothing but the status is told.
func TestWhatEndsIt(t *testing.T) {
	box := newInbox(t)
	tell, _ := alone(t, box, time.Now)
	for _, status := range []int{200, 201, 202, 204, 299, 300, 301, 302, 303, 304, 307, 308, 400, 401, 404, 410, 429, 500, 503} {
		before := len(box.letters())
		box.answers(with(status))
		err := tell(outcome("verified", "ann"))
		if (err == nil) != (status/100 == 2) || err != nil && !strings.Contains(err.Error(), fmt.Sprint(" ", status)) {
			t.Errorf("%d must end it: %v, else be told, got %v", status, status/100 == 2, err)
		}
		if err != nil && (strings.Contains(err.Error(), "words") || strings.Contains(err.Error(), "elsewhere")) {
			t.Errorf("of an answer nothing but the status may be told, got %v", err)
		}
		if got := len(box.letters()) - before; got != 1 {
			t.Errorf("a try is one request, and none where an answer of %d leads, got %d", status, got)
		}
	}
	box.answers(func(w http.ResponseWriter, _ *http.Request, _ letter) {
		for range 1000 {
			if _, err := w.Write(make([]byte, 64<<10)); err != nil {
				return
			}
		}
	})
	if err := tell(outcome("verified", "ann")); err != nil {
		t.Errorf("a long answer is a good one, and not read, got %v", err)
	}
}

// What a receiver sends behind its answer, such as a body behind a 204, is its own affair: Go's client would quote it in a log
// of its own, once it waits on the connection for the next answer.
func TestNothingBehindAnAnswerIsLogged(t *testing.T) {
	var logged strings.Builder
	log.SetOutput(&logged)
	t.Cleanup(func() { log.SetOutput(os.Stderr) })
	box, ended := newInbox(t), make(chan struct{})
	tell, _ := alone(t, box, time.Now)
	box.answers(func(w http.ResponseWriter, _ *http.Request, _ letter) {
		defer close(ended)
		c, _, err := http.NewResponseController(w).Hijack()
		if err != nil {
			t.Error(err)
			return
		}
		defer c.Close()
		_, _ = io.WriteString(c, "HTTP/1.1 204 No Content\r\n\r\nwords of the receiver")
		_, _ = io.Copy(io.Discard, c) // until the other side has had enough
	})
	if err := tell(outcome("verified", "ann")); err != nil {
		t.Errorf("a 204 ends it, whatever is behind, got %v", err)
	}
	<-ended
	log.SetOutput(os.Stderr)
	if strings.Contains(logged.String(), "words") {
		t.Errorf("nothing of what a receiver sends may be logged, got %s", &logged)
	}
}

// Who takes a message and says nothing has 15 seconds.
func TestNoAnswer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ours, theirs := net.Pipe()
		defer theirs.Close()
		go func() {
			for buffer := make([]byte, 1024); ; {
				if _, err := theirs.Read(buffer); err != nil {
					return
				}
			}
		}()
		began := time.Now()
		_, err := notify.Post(t.Context(), "http://marker.example/marker?marker", func(context.Context, string, string) (net.Conn, error) { return ours, nil })
		if err == nil || err.Error() != "cannot reach NOTIFY_URL: no answer in time" || time.Since(began) != 15*time.Second {
			t.Errorf("there must be no answer after 15 seconds, got %v after %v", err, time.Since(began))
		}
	})
}

// A 2xx ends it, also where the rest of the answer takes its time: the user's next message does not wait for that.
func TestRestOfAnAnswer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ours, theirs := net.Pipe()
		defer theirs.Close()
		go func() {
			if _, err := http.ReadRequest(bufio.NewReader(theirs)); err == nil {
				_, _ = io.WriteString(theirs, "HTTP/1.1 202 Accepted\r\nContent-Length: 9\r\n\r\nslow")
			}
		}()
		began := time.Now()
		status, err := notify.Post(t.Context(), "http://shop.example", func(context.Context, string, string) (net.Conn, error) { return ours, nil })
		if took := time.Since(began); err != nil || status != 202 || took > time.Second {
			t.Errorf("a 202 must end it within a second, got %d, %v after %v", status, err, took)
		}
	})
}

// Why there is no answer is told, and never where the message was to go.
func TestWhyThereIsNoAnswer(t *testing.T) {
	for says, err := range map[string]error{
		"its name is not found":  &net.DNSError{Name: "marker.example", Err: "no such host", IsNotFound: true},
		"connection refused":     &net.OpError{Op: "dial", Net: "marker", Err: syscall.ECONNREFUSED},
		"none as expected":       errors.New("marker"),
		"no answer in time":      &net.OpError{Op: "marker", Err: context.DeadlineExceeded},
		"NOTIFY_URL: no answer,": context.Canceled,
	} {
		_, got := notify.Post(t.Context(), "http://marker.example/marker?marker", func(context.Context, string, string) (net.Conn, error) { return nil, err })
		if got == nil || !strings.Contains(got.Error(), says) || strings.Contains(got.Error(), "marker") {
			t.Errorf("the error must say %q, and never the address, got %v", says, got)
		}
	}
	sealed, plain := httptest.NewTLSServer(http.NotFoundHandler()), httptest.NewServer(http.NotFoundHandler())
	t.Cleanup(sealed.Close)
	t.Cleanup(plain.Close)
	sealed.Config.ErrorLog = log.New(io.Discard, "", 0) // of those who do not know its certificate
	for address, says := range map[string]string{sealed.URL: "its certificate has expired, is not for that name, or is not known here",
		strings.Replace(plain.URL, "http:", "https:", 1): "it speaks http and not https"} {
		_, err := notify.Post(t.Context(), address, new(net.Dialer).DialContext)
		if err == nil || !strings.HasSuffix(err.Error(), says) || strings.Contains(err.Error(), "127.0.0.1") {
			t.Errorf("the error must say %q, got %v", says, err)
		}
	}
}

// Neither the address nor the secret is in the log, whatever happens, nor in what commands print.
func TestNothingIsLogged(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	l.Close()
	hidden := secretOf("marker marker marker marker")
	a := tests.StartTeam(t, tests.With(notify.New), "LOG_LEVEL=debug", "NOTIFY_URL=http://"+l.Addr().String()+"/marker?marker=marker", "NOTIFY_SECRET="+hidden)
	a.Finish(a.Browser().Verify(a).ID, "verified")
	a.Says(`cannot reach NOTIFY_URL: `)
	a.Change("UPDATE actions SET failed_at = 1, lease_until = 0 WHERE kind = 'notify'")
	said := a.Out.String()
	for _, args := range [][]string{{"doctor"}, {"notify", "-again"}} {
		out, err := a.Command(args...)
		said += fmt.Sprint(out, err)
	}
	if strings.Count(said, "cannot reach NOTIFY_URL: ") != 3 {
		t.Errorf("the log, the doctor and the command must say that nobody is there, got\n%s", said)
	}
	for _, never := range []string{"marker", "whsec_", strings.TrimPrefix(hidden, "whsec_"), l.Addr().String()} {
		if strings.Contains(said, never) {
			t.Errorf("%q must never be told, got\n%s", never, said)
		}
	}
}

// The doctor sends a signed test, and says what to do where it is not taken.
func TestDoctorSendsATest(t *testing.T) {
	box := newInbox(t)
	probe := made(t, box.told()...).Probe
	for status, fix := range map[int]string{204: "", 301: "redirects are not followed", 401: "NOTIFY_SECRET", 403: "CSRF", 404: "the path", 419: "CSRF", 422: "CSRF", 500: "the receiver's log"} {
		box.answers(with(status))
		what, got := probe(t.Context())
		if (fix == "") != (got == "") || !strings.Contains(got, fix) || !strings.Contains(what, fmt.Sprint(status)) {
			t.Errorf("after an answer of %d the doctor must say what to do, %q, got %q, %q", status, fix, what, got)
		}
	}
	ids := map[string]bool{}
	for _, m := range box.letters() {
		ids[m.ID] = true
		if m.Type != "test" || !strings.HasSuffix(m.Body, `Z","data":{}}`) || time.Since(m.At).Abs() > time.Minute {
			t.Errorf("a test must be of that type, without data, and of now, got %s", m.Body)
		}
	}
	if len(ids) != 8 {
		t.Errorf("each test must have an id of its own, got %d", len(ids))
	}
	a := tests.StartTeam(t, tests.With(notify.New), box.told()...)
	box.answers(with(401))
	if out, err := a.Command("doctor"); err == nil || !strings.Contains(out, "FAIL  notify: the receiver answers a signed test with 401 (") {
		t.Errorf("a test that is not taken must be a FAIL, got %v\n%s", err, out)
	}
	box.answers(nil)
	if out, _ := a.Command("doctor"); !strings.Contains(out, "PASS  notify (NOTIFY_URL): on\nPASS  notify: the receiver answers a signed test with 204\n") {
		t.Errorf("a test that is taken must be a PASS, got\n%s", out)
	}
	if made(t).Probe != nil {
		t.Error("without NOTIFY_URL nothing may be sent")
	}
}
