package mail_test

import (
	"fmt"
	"net"
	"strings"
	"testing"

	"example.com/identity-starter/tests"
)

// An operator reads in the log why no mail goes out: another thing is to be done for a wrong password than for a wrong port.
// The server's own words, which may quote anything, are not there.
func TestWhyTheServerCannotBeReached(t *testing.T) {
	nobody, wrongPassword := listen(t), listen(t)
	nobody.Close()
	go func() {
		for {
			conn, err := wrongPassword.Accept()
			if err != nil {
				return
			}
			answers := []string{"220 here", "250-here\r\n250 AUTH PLAIN", "535 5.7.8 no Wilhelmina here", "221 bye"}
			buffer := make([]byte, 1024)
			for i, answer := range answers {
				if i > 0 {
					_, _ = conn.Read(buffer)
				}
				fmt.Fprintf(conn, "%s\r\n", answer)
			}
			conn.Close()
		}
	}()
	for address, says := range map[string]string{
		nobody.Addr().String():                           "refused",
		"user:password@" + wrongPassword.Addr().String(): "smtp 535",
	} {
		a := start(t, "SMTP_URL=smtp://"+address, "MAIL_FROM=starter@example.test")
		session := startsWith(a, a.Browser(), "person@example.test")
		a.Finish(session, "verified")
		tests.Eventually(t, "the log says "+says, func() bool {
			return strings.Contains(a.Out.String(), "cannot connect, or sign in, to the server of SMTP_URL: ") && strings.Contains(a.Out.String(), says)
		})
		if strings.Contains(a.Out.String(), "Wilhelmina") {
			t.Errorf("the server's words must not be logged, got\n%s", a.Out)
		}
	}
}

func listen(t *testing.T) net.Listener {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	return l
}
