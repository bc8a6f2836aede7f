package flight_test

import (
	"io"
	"net"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"example.com/identity-starter/extras/flight"
)

// oneConn is a listener that has one connection.
type oneConn chan net.Conn

func (l oneConn) Accept() (net.Conn, error) {
	if conn, open := <-l; open {
		return conn, nil
	}
	return nil, net.ErrClosed
}
func (l oneConn) Close() error   { return nil }
func (l oneConn) Addr() net.Addr { return &net.TCPAddr{} }

// fromHere is a connection from this machine.
type fromHere struct{ net.Conn }

func (fromHere) RemoteAddr() net.Addr { return &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 1234} }

// A page that is no longer read, such as one of a browser that is stopped in a debugger, does not hold up a stop.
func TestWhoDoesNotReadHoldsUpNoStop(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		stopping, ended := make(chan struct{}), make(chan struct{})
		recorder := flight.NewRecorder(time.Minute)
		recorder.Open("localhost:4242", stopping)
		here, there := net.Pipe()
		listener := make(oneConn, 1)
		listener <- fromHere{there}
		server := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, request *http.Request) {
			recorder.ServeHTTP(w, request)
			close(ended)
		})}
		go func() { _ = server.Serve(listener) }()
		if _, err := io.WriteString(here, "GET /dev/events HTTP/1.1\r\nHost: localhost\r\n\r\n"); err != nil {
			t.Fatal(err)
		}
		synctest.Wait() // the answer has begun, and nobody reads it
		close(stopping)
		begun := time.Now()
		select {
		case <-ended:
		case <-time.After(time.Minute):
			t.Fatal("a page that is not read must not hold up a stop")
		}
		if took := time.Since(begun); took > 10*time.Second {
			t.Errorf("a stop must not wait for a page that is not read, it took %v", took)
		}
		_ = here.Close()
		close(listener)
		synctest.Wait()
	})
}
