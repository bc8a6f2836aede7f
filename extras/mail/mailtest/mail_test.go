package mailtest_test

import (
	"net"
	"strings"
	"testing"

	"github.com/emersion/go-smtp"
)

const address = "person@example.test"

// network reaches this machine, and is no address that the program takes for its own.
const network = "0.0.0.0"

func login(scheme, host, addr string) string {
	_, port, _ := net.SplitHostPort(addr)
	return scheme + "://" + user + ":" + password + "@" + host + ":" + port
}

// A mail arrives over each kind of connection, signed in, with the program's
// sender, and with an id by which a repeat is recognised.
func TestArrives(t *testing.T) {
	trusted, roots := certificate(t)
	for name, c := range map[string]struct {
		security     security
		scheme, host string
	}{
		"smtps":    {fromTheStart, "smtps", "localhost"},
		"STARTTLS": {startTLS, "smtp", network},
		"loopback": {none, "smtp", "localhost"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			box := serve(t, c.security, trusted, "")
			a := start(t, login(c.scheme, c.host, box.addr), roots)
			a.verdict(address)
			m := box.mail(t)
			if m.to != address || m.from != "starter@example.test" || m.auto != "auto-generated" || !strings.HasSuffix(m.id, "@localhost>") {
				t.Errorf("a mail must name its sender, that a machine sent it, and what it is about, got %+v", m)
			}
			if m.tls != (c.security != none) {
				t.Errorf("over the network a mail must go through TLS, got %v", m.tls)
			}
			if !strings.Contains(m.body, "multipart/alternative") || !strings.Contains(m.body, "text/plain") || !strings.Contains(m.body, "text/html") {
				t.Errorf("a mail must be plain text and HTML, got\n%s", m.body)
			}
			a.eventually("the action is done", func() bool {
				return a.row("SELECT count(*) FROM actions, mails WHERE key = action_key AND sent_at > 0 AND done_at > 0") == "1"
			})
		})
	}
}

// Without TLS, with a certificate that nobody vouches for, and with a wrong
// password, nothing is handed over, and it is tried again.
func TestUnsafeConnection(t *testing.T) {
	trusted, roots := certificate(t)
	stranger, _ := certificate(t)
	for name, c := range map[string]struct {
		box *server
		url func(addr string) string
	}{
		"no STARTTLS": {serve(t, none, trusted, ""), func(addr string) string { return login("smtp", network, addr) }},
		"no password either": {serve(t, open, trusted, ""), func(addr string) string {
			return strings.Replace(login("smtp", network, addr), user+":"+password+"@", "", 1)
		}},
		"unknown certificate": {serve(t, fromTheStart, stranger, ""), func(addr string) string { return login("smtps", "localhost", addr) }},
		"wrong password": {serve(t, fromTheStart, trusted, ""), func(addr string) string {
			return strings.Replace(login("smtps", "localhost", addr), password, "another", 1)
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := start(t, c.url(c.box.addr), roots)
			a.verdict(address)
			a.eventually("the try has failed", func() bool {
				return a.row("SELECT tries FROM actions WHERE kind = 'mail' AND due_at > created_at") == "1"
			})
			if len(c.box.asked) != 0 || a.row("SELECT count(*) FROM actions WHERE kind = 'mail' AND failed_at IS NULL AND done_at IS NULL") != "1" {
				t.Error("nothing may be sent, and it must stay to be sent")
			}
			if log := a.out.String(); strings.Contains(log, address) || strings.Contains(log, password) {
				t.Errorf("neither addresses nor passwords may be logged:\n%s", log)
			}
		})
	}
}

// A refusal for good is not repeated; one for now is, with the same message id.
func TestRefusals(t *testing.T) {
	trusted, roots := certificate(t)
	for code, repeated := range map[int]bool{550: false, 451: true} {
		t.Run(map[bool]string{true: "for now", false: "for good"}[repeated], func(t *testing.T) {
			t.Parallel()
			box := serve(t, fromTheStart, trusted, "")
			box.answers(func() error { return &smtp.SMTPError{Code: code, Message: "not for " + address} })
			a := start(t, login("smtps", "localhost", box.addr), roots)
			a.verdict(address)
			box.recipient(t)
			a.eventually("the try is over", func() bool {
				return a.row("SELECT lease_until FROM actions WHERE kind = 'mail' AND tries > 0") == "0"
			})
			if got := a.row("SELECT failed_at > 0 FROM actions WHERE kind = 'mail'"); (got == "1") == repeated {
				t.Errorf("%d must be given up: %v, got %q", code, !repeated, got)
			}
			if strings.Contains(a.out.String(), address) {
				t.Errorf("no address may be logged:\n%s", a.out)
			}
			box.answers(nil)
			if repeated {
				box.mail(t)
			}
		})
	}
}

// A server that is away for a while gets the mail when it is back.
func TestServerAwayAndBack(t *testing.T) {
	t.Parallel()
	trusted, roots := certificate(t)
	away := serve(t, fromTheStart, trusted, "")
	a := start(t, login("smtps", "localhost", away.addr), roots)
	away.stop()
	a.verdict(address)
	a.eventually("the try has failed", func() bool { return a.row("SELECT tries FROM actions WHERE kind = 'mail' AND lease_until = 0") == "1" })
	back := serve(t, fromTheStart, trusted, away.addr)
	if m := back.mail(t); m.to != address {
		t.Errorf("the mail must arrive, got %+v", m)
	}
}

// A program that is killed while the server has the mail and has not said so
// sends it again, with the same message id: at least once, and recognisably.
func TestKilledInBetween(t *testing.T) {
	t.Parallel()
	trusted, roots := certificate(t)
	box := serve(t, fromTheStart, trusted, "")
	hold := make(chan struct{})
	box.mu.Lock()
	box.hold = hold
	box.mu.Unlock()
	a := start(t, login("smtps", "localhost", box.addr), roots)
	a.verdict(address)
	first := box.mail(t)
	a.kill()
	box.mu.Lock()
	box.hold = nil
	box.mu.Unlock()
	close(hold)
	a.row("UPDATE actions SET lease_until = 0 RETURNING id") // the lease of a program that is gone ends in two minutes
	a.run()
	if second := box.mail(t); second.id != first.id || second.id == "" {
		t.Errorf("a repeat must have the same message id, got %q and %q", first.id, second.id)
	}
	a.eventually("the action is done", func() bool { return a.row("SELECT done_at > 0 FROM actions WHERE kind = 'mail'") == "1" })
}
