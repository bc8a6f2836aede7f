package bench_test

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// connections is how many requests are under way at a time.
const connections = 32

// figures are what a load measured.
type figures struct {
	rate     float64 // requests a second
	p50, p99 time.Duration
}

// request renders a whole request, so that sending it costs the load next to nothing.
func request(method, path, body string, headers ...string) []byte {
	lines := append([]string{method + " " + path + " HTTP/1.1", "Host: localhost",
		fmt.Sprint("Content-Length: ", len(body))}, headers...)
	return []byte(strings.Join(lines, "\r\n") + "\r\n\r\n" + body)
}

// load sends each request once, over so many connections that are kept open, and
// expects 200 for all.
func load(t testing.TB, address string, conns int, requests [][]byte) figures {
	t.Helper()
	took := make([]time.Duration, len(requests))
	var next atomic.Int64
	var all sync.WaitGroup
	began := time.Now()
	for range conns {
		all.Go(func() {
			conn, err := (&net.Dialer{Timeout: 5 * time.Second}).DialContext(t.Context(), "tcp", address)
			if err != nil {
				t.Errorf("connect: %v", err)
				return
			}
			defer conn.Close()
			answers := bufio.NewReader(conn)
			for i := int(next.Add(1)) - 1; i < len(requests); i = int(next.Add(1)) - 1 {
				sent := time.Now()
				if err := exchange(conn, answers, requests[i]); err != nil {
					t.Errorf("request %d: %v", i, err)
					return
				}
				took[i] = time.Since(sent)
			}
		})
	}
	all.Wait()
	total := time.Since(began)
	slices.Sort(took)
	return figures{float64(len(requests)) / total.Seconds(), took[len(took)/2], took[len(took)*99/100]}
}

func exchange(conn net.Conn, answers *bufio.Reader, request []byte) error {
	if err := conn.SetDeadline(time.Now().Add(time.Minute)); err != nil {
		return err
	}
	if _, err := conn.Write(request); err != nil {
		return err
	}
	response, err := http.ReadResponse(answers, nil)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err == nil && response.StatusCode != http.StatusOK {
		err = fmt.Errorf("answered %d %s", response.StatusCode, body)
	}
	return err
}
