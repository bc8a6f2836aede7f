package tests

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"
)

// raw sends bytes as they are and returns the answer; nil where the connection was only closed.
func (a *App) raw(request string) *http.Response {
	a.T.Helper()
	conn := a.dial()
	if _, err := io.WriteString(conn, request); err != nil {
		return nil // the program has hung up in the middle, which is an answer, too
	}
	response, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		return nil
	}
	a.T.Cleanup(func() { response.Body.Close() })
	return response
}

func (a *App) dial() net.Conn {
	a.T.Helper()
	conn, err := (&net.Dialer{}).DialContext(a.T.Context(), "tcp", strings.TrimPrefix(a.URL, "http://"))
	if err != nil {
		a.T.Fatal(err)
	}
	a.T.Cleanup(func() { conn.Close() })
	if err := conn.SetDeadline(time.Now().Add(30 * time.Second)); err != nil {
		a.T.Fatal(err)
	}
	return conn
}

// Large headers are refused, and odd ones cost next to nothing.
func TestHeaderBombs(t *testing.T) {
	a := Start(t)
	host := strings.TrimPrefix(a.URL, "http://")
	for name, c := range map[string]struct {
		header string
		status int
	}{
		"a header of 100 KB": {"X-Bomb: " + strings.Repeat("x", 100<<10), 431},
		"4,000 headers":      {strings.TrimSuffix(strings.Repeat("X-Bomb: xxxxxxxx\r\n", 4000), "\r\n"), 431},
		"1,000 cookies":      {"Cookie: " + strings.Repeat("user=x; ", 1000), 200},
		"many signatures":    {"Stripe-Signature: t=1" + strings.Repeat(",v1=00", 4000), 200},
		"a header twice":     {"Host: elsewhere.example", 400},
	} {
		began := time.Now()
		got := a.raw("GET / HTTP/1.1\r\nHost: " + host + "\r\n" + c.header + "\r\n\r\n")
		if got == nil || got.StatusCode != c.status || time.Since(began) > 2*time.Second {
			t.Errorf("%s must be answered %d at once, got %v after %v", name, c.status, got, time.Since(began))
		}
	}
	many := Sign("{}", PlatformSecret, time.Now()) + strings.Repeat(",v1="+strings.Repeat("0", 64), 400)
	began := time.Now()
	if got := a.Knock("x", many); got.Status != 400 || time.Since(began) > time.Second {
		t.Errorf("400 signatures must be refused at once, got %d after %v", got.Status, time.Since(began))
	}
}

// Bodies that come slowly, or never, are cut off and in nobody's way.
func TestSlowBodies(t *testing.T) {
	t.Parallel() // beside other tests that wait
	a := Start(t)
	host := strings.TrimPrefix(a.URL, "http://")
	slow := make([]net.Conn, 200)
	for i := range slow {
		slow[i] = a.dial()
		request := "POST /webhook HTTP/1.1\r\nHost: " + host + "\r\nContent-Length: 1000\r\n\r\n{"
		if i%2 == 0 {
			request = "POST /webhook HTTP/1.1\r\nHost: " + host + "\r\nX-Slow" // a header without an end
		}
		if _, err := io.WriteString(slow[i], request); err != nil {
			t.Fatal(err)
		}
	}
	began := time.Now()
	if got := a.Browser().Get("/"); got.Status != 200 || time.Since(began) > time.Second {
		t.Errorf("slow requests must be in nobody's way, got %d after %v", got.Status, time.Since(began))
	}
	for _, i := range Length([]int{0}, []int{0, 1}) { // a header has 5 s, a body 15 s
		if _, err := io.Copy(io.Discard, slow[i]); err != nil {
			t.Errorf("a slow request must be cut off, got %v after %v", err, time.Since(began))
		}
	}
	if took := time.Since(began); took > 20*time.Second {
		t.Errorf("a slow request must be cut off in time, took %v", took)
	}
}

// Who only looks leaves nothing behind, with or without a cookie.
func TestFloodOfVisitors(t *testing.T) {
	a := Start(t)
	for range 100 {
		for _, path := range []string{"/", "/connect", "/verification/status", "/verification/return", "/members"} {
			a.Browser().Get(path)
		}
	}
	for _, table := range []string{"verifications", "oauth_states", "accounts", "actions"} {
		if got := a.Rows("SELECT count(*) FROM " + table); got[0] != "0" {
			t.Errorf("visitors must leave no row in %s, got %s", table, got[0])
		}
	}
	if n := len(a.Asked()); n != 0 {
		t.Errorf("visitors must cost no call to Stripe, got %d", n)
	}
}

// Nothing leads a browser to a place that somebody else has chosen.
func TestNoOpenRedirect(t *testing.T) {
	a := Start(t)
	host := strings.TrimPrefix(a.URL, "http://")
	_, port, _ := net.SplitHostPort(host)
	for _, h := range []string{host, "127.0.0.1:" + port, "127.0.0.1", "[::1]:" + port, "localhost:99@evil.example", "127.0.0.1:1@evil.example", "evil.example", "127.0.0.1.evil.example", ""} {
		for _, path := range []string{"/", "//evil.example/", "//evil.example/%2e%2e", "/%2f%2fevil.example", "/\\evil.example", "/%5cevil.example",
			"/@evil.example", "/members?next=//evil.example", "/verification/return?return_url=https://evil.example",
			"/connect/callback?redirect_uri=https://evil.example&error=x", "http://evil.example/", "/static//evil.example", "/static/..%2f..%2f.env"} {
			for _, method := range []string{"GET", "POST"} {
				got := a.raw(method + " " + path + " HTTP/1.1\r\nHost: " + h + "\r\nX-Forwarded-Host: evil.example\r\nContent-Length: 0\r\nAccept: text/html\r\n\r\n")
				if got == nil {
					continue
				}
				to := got.Header.Get("Location")
				ours := to == "" || strings.HasPrefix(to, "http://localhost:") && !strings.Contains(strings.SplitN(to, "/", 4)[2], "evil") ||
					strings.HasPrefix(to, "/") && !strings.HasPrefix(to, "//") && !strings.HasPrefix(to, "/\\")
				if !ours || got.StatusCode >= 500 {
					t.Errorf("%s %s at %q must not lead away, got %d to %q", method, path, h, got.StatusCode, to)
				}
			}
		}
	}
}

// Whatever is sent, wherever: no header of the answer and no line of the log is made of it.
func TestNoInjection(t *testing.T) {
	a := Start(t, "AUTH_USER_HEADER=X-User")
	host := strings.TrimPrefix(a.URL, "http://")
	const evil, encoded = "x\x1b[31m\u2028level=ERROR msg=forged", "%0d%0aX-Injected:%201%0alevel=ERROR%20msg=forged%1b[31m"
	for _, request := range []string{
		"GET /" + encoded + " HTTP/1.1\r\nHost: " + host + "\r\n\r\n",
		"GET /static/" + encoded + " HTTP/1.1\r\nHost: " + host + "\r\n\r\n",
		"GET /connect/callback?state=" + encoded + "&error=" + encoded + " HTTP/1.1\r\nHost: " + host + "\r\nX-User: somebody\r\n\r\n",
		"GET /connect/accounts/" + encoded + "/disconnect HTTP/1.1\r\nHost: " + host + "\r\nX-User: somebody\r\n\r\n",
		"GET / HTTP/1.1\r\nHost: " + host + "\r\nX-User: " + evil + "\r\nUser-Agent: " + evil + "\r\nReferer: " + evil + "\r\nAccept-Language: " + evil + "\r\n\r\n",
		"GET / HTTP/1.1\r\nHost: " + host + "\r\nX-User: somebody\r\nX-Forwarded-For: " + evil + "\r\nX-Request-Id: " + evil + "\r\n\r\n",
		"FORGED" + " / HTTP/1.1\r\nHost: " + host + "\r\n\r\n",
		"POST /create-verification-session HTTP/1.1\r\nHost: " + host + "\r\nX-User: somebody\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: " +
			fmt.Sprint(len("email="+encoded)) + "\r\n\r\nemail=" + encoded,
	} {
		got := a.raw(request)
		if got == nil {
			continue
		}
		if got.Header.Get("X-Injected") != "" {
			t.Errorf("no header may be made of what was sent: %q gave %v", request, got.Header)
		}
		body, _ := io.ReadAll(got.Body)
		if strings.Contains(string(body), "forged") {
			t.Errorf("a page must not repeat what was sent: %q gave %s", request, body)
		}
	}
	id := "evt_\r\nlevel=ERROR msg=forged \x1b[31m\u2028"
	a.Deliver(Snapshot(id, id, Object{"id": id}).JSON(t), PlatformSecret)
	if err := a.Stop(); err != nil {
		t.Fatal(err)
	}
	_, lines, _ := strings.Cut(a.Out.String(), "open ")
	_, lines, _ = strings.Cut(lines, "\n")
	for line := range strings.Lines(lines) {
		if !strings.HasPrefix(line, "time=") || strings.Contains(line, "level=ERROR msg=forged") && !strings.Contains(line, `\n`) || strings.ContainsAny(line, "\x1b\u2028\r") {
			t.Errorf("no line of the log may be made of what was sent, got %q", line)
		}
	}
}
