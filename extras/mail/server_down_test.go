package mail_test

import (
	"net"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"example.com/identity-starter/extras/mail/mailbox"
	"example.com/identity-starter/tests"
)

// While the mail server is what is down, Stripe is asked for the address once, and not before each try.
func TestServerIsDown(t *testing.T) {
	t.Parallel() // it waits for looks
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := l.Addr().String()
	l.Close()
	a := start(t, "SMTP_URL=smtp://"+address, "MAIL_FROM=starter@example.test")
	session := startsWith(a, a.Browser(), "person@example.test")
	before := len(a.Calls("GET", tests.SessionsPath+"/"+session))
	a.Finish(session, "verified")
	asked := func() int { return len(a.Calls("GET", tests.SessionsPath+"/"+session)) - before }
	for try := 1; try <= 4; try++ {
		tests.Eventually(t, "the mail is tried", func() bool {
			return a.Rows("SELECT count(*) FROM actions WHERE kind = 'mail' AND tries = ? AND lease_until = 0", try)[0] == "1"
		})
		if try < 4 {
			a.Change("UPDATE actions SET due_at = 0 WHERE kind = 'mail'")
		}
	}
	if got := asked(); got != 1 {
		t.Errorf("Stripe must be asked for the address once while the mail server is down, got %d", got)
	}
	tests.Eventually(t, "each try says what is down", func() bool { return strings.Count(a.Out.String(), "cannot connect") == 4 })
	if l, err = net.Listen("tcp", address); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	box := &mailbox.Mailbox{}
	go box.Serve(l)
	a.Change("UPDATE actions SET due_at = 0 WHERE kind = 'mail'")
	tests.Eventually(t, "the mail arrives once the server is there again", func() bool { return len(box.Mails()) == 1 })
}

// A server that takes connections and says nothing is given up within a try.
func TestServerSaysNothing(t *testing.T) {
	t.Parallel()                               // it waits
	l, err := net.Listen("tcp", "127.0.0.1:0") // the system takes connections for it
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	a := start(t, "SMTP_URL=smtp://"+l.Addr().String(), "MAIL_FROM=starter@example.test")
	session := startsWith(a, a.Browser(), "person@example.test")
	began := time.Now()
	a.Finish(session, "verified")
	for tick := time.Tick(100 * time.Millisecond); !strings.Contains(a.Out.String(), "cannot connect") && time.Since(began) < time.Minute; {
		<-tick
	}
	if took := time.Since(began); took > 20*time.Second {
		t.Errorf("a try must end by itself where the mail server says nothing, got %v\n%s", took, a.Out)
	}
}

// Who takes their time to answer is waited for once in a try: the connection that has shown that the server is there is the
// one over which the mail goes. A try would not end within its time otherwise, and the mail be sent by two of them.
func TestServerIsGreetedOnce(t *testing.T) {
	t.Parallel() // it waits for looks
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	box := &mailbox.Mailbox{}
	counted := &counting{Listener: l}
	go func() {
		if first, err := counted.Accept(); err == nil {
			first.Close() // it is busy
		}
		box.Serve(counted)
	}()
	a := start(t, "SMTP_URL=smtp://"+l.Addr().String(), "MAIL_FROM=starter@example.test")
	session := startsWith(a, a.Browser(), "person@example.test")
	a.Finish(session, "verified")
	tests.Eventually(t, "the first try fails", func() bool {
		return a.Rows("SELECT count(*) FROM actions WHERE kind = 'mail' AND tries = 1 AND lease_until = 0")[0] == "1"
	})
	a.Change("UPDATE actions SET due_at = 0 WHERE kind = 'mail'")
	a.NothingIsLeft()
	if got := counted.accepted.Load(); got != 2 || len(box.Mails()) != 1 {
		t.Errorf("one connection for each of two tries must do, and the second bring the mail, got %d, and %d mails", got, len(box.Mails()))
	}
}

// counting counts connections.
type counting struct {
	net.Listener
	accepted atomic.Int64
}

func (c *counting) Accept() (net.Conn, error) {
	conn, err := c.Listener.Accept()
	if err == nil {
		c.accepted.Add(1)
	}
	return conn, err
}
