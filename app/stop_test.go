package app

import (
	"context"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"syscall"
	"testing"
	"time"
)

// Another program may close the app on more than one of its ways out.
func TestCloseTwice(t *testing.T) {
	getenv := environmentOf("BASE_URL=http://localhost:4242", "DATABASE_URL="+t.TempDir()+"/starter.db", "STRIPE_API_BASE=http://127.0.0.1:1")
	a, err := New(t.Context(), getenv, nobody, io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := a.Close(); err != nil {
			t.Errorf("the app must close, and say the same when it is closed already, got %v", err)
		}
	}
}

// Connections that a browser keeps in reserve do not hold up a stop; the request that
// is under way may finish.
func TestStopWithConnectionsInReserve(t *testing.T) {
	listener, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := listener.Addr().String()
	for range 3 {
		reserve, err := new(net.Dialer).DialContext(t.Context(), "tcp", address)
		if err != nil {
			t.Fatal(err)
		}
		defer reserve.Close()
	}
	ctx, stop := context.WithCancel(t.Context())
	answer, ended, began := make(chan int, 1), make(chan error, 1), time.Now()
	handler := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		stop()
		<-time.After(300 * time.Millisecond) // in which the stop has begun
		w.WriteHeader(http.StatusTeapot)
	})
	go func() { ended <- serveHTTP(ctx, listener, handler, slog.New(slog.DiscardHandler)) }()
	go func() {
		request, _ := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+address, nil)
		response, err := http.DefaultClient.Do(request)
		if err != nil {
			answer <- 0
			return
		}
		response.Body.Close()
		answer <- response.StatusCode
	}()
	if got := <-answer; got != http.StatusTeapot {
		t.Errorf("the request under way must be answered, got %d", got)
	}
	if err := <-ended; err != nil || time.Since(began) > 4*time.Second {
		t.Errorf("unused connections must not hold up a stop, which took %v, %v", time.Since(began), err)
	}
}

// Whoever's port is taken is told so on every system: Windows does not answer what other systems do.
func TestPortInUse(t *testing.T) {
	for _, number := range []syscall.Errno{syscall.EADDRINUSE, 10048} {
		if err := error(&net.OpError{Op: "listen", Err: os.NewSyscallError("bind", number)}); !isInUse(err) {
			t.Errorf("%d must be known for a port in use", number)
		}
	}
	if isInUse(&net.OpError{Op: "listen", Err: os.NewSyscallError("bind", syscall.EACCES)}) {
		t.Error("a port that nobody may have is not in use")
	}
}

// Whoever ends a command at the terminal knows why it has ended.
func TestCommandThatIsInterrupted(t *testing.T) {
	gone, leave := context.WithCancel(t.Context())
	leave()
	for _, args := range [][]string{{"reconcile"}, {"migrate"}} {
		err := Run(gone, args, settingsOf("DATABASE_URL="+t.TempDir()+"/starter.db"), nobody, io.Discard)
		if err == nil || err.Error() != "interrupted" {
			t.Errorf("%q must end with one word that says so, got %v", args, err)
		}
	}
}
