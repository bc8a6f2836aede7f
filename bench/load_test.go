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

const (
	connections = 32               // how many requests are under way at a time
	longest     = 30 * time.Second // of a load; what it has not asked by then it leaves out
)

// figures are what a load measured.
type figures struct {
	rate     float64 // answers a second, until the last one
	p50, p99 time.Duration
	cpu      time.Duration // of the server for each request; 0 where nobody looked
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
			for time.Since(began) < longest {
				i := int(next.Add(1)) - 1
				if i >= len(requests) {
					return
				}
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
	took = slices.DeleteFunc(took, func(d time.Duration) bool { return d == 0 })
	if t.Failed() || len(took) == 0 {
		t.Fatal("a load must be answered with 200")
	}
	slices.Sort(took)
	return figures{rate: float64(len(took)) / total.Seconds(), p50: took[len(took)/2], p99: took[len(took)*99/100]}
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
