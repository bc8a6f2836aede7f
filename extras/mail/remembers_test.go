package mail_test

import (
	"context"
	"fmt"
	"net"
	"testing"

	"example.com/identity-starter/extras/mail/mailbox"
	"example.com/identity-starter/store"
	"example.com/identity-starter/tests"
)

// Who is forgotten while the server takes its time must not come back with the mail.
func TestForgottenWhileTheMailIsOnItsWay(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	a, _, db := reviewed(t, "SMTP_URL=smtp://"+l.Addr().String())
	person := a.Browser()
	a.Finish(startsWith(a, person, "person@example.test"), "verified")
	slow, err := l.Accept() // it is connected, and waits for a greeting
	if err != nil {
		t.Fatal(err)
	}
	if err := db.InTx(t.Context(), func(ctx context.Context, tx *store.Tx) error {
		return db.ReplaceUser(ctx, tx, person.User(), "forgotten")
	}); err != nil {
		t.Fatal(err)
	}
	box := &mailbox.Mailbox{}
	go box.Serve(&waiting{l, []net.Conn{slow}})
	tests.Eventually(t, "the mail is remembered", func() bool { return a.Rows("SELECT count(*) FROM mails")[0] == "1" })
	if got := fmt.Sprint(a.Rows("SELECT user_id FROM mails")); got != "[forgotten]" {
		t.Errorf("the file must not have the id again, got %s", got)
	}
}

// waiting is a listener to whom somebody has connected already.
type waiting struct {
	net.Listener
	first []net.Conn
}

func (w *waiting) Accept() (net.Conn, error) {
	if len(w.first) > 0 {
		c := w.first[0]
		w.first = nil
		return c, nil
	}
	return w.Listener.Accept()
}

// Only a day of mails counts: whoever's are older goes with the next ones, a few at a time.
func TestOldMailsAreRemoved(t *testing.T) {
	a, _ := withMail(t, "MAX_VERIFICATION_ATTEMPTS=100")
	a.Change(`WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 25)
		INSERT INTO mails (action_key, livemode, user_id, sent_at) SELECT 'mail:' || i, 0, 'user' || i, unixepoch() - 86400 FROM n`)
	a.Change("INSERT INTO mails (action_key, livemode, user_id, sent_at) VALUES ('young', 0, 'young', unixepoch() - 86300), ('live', 1, 'live', 1)")
	session := startsWith(a, a.Browser(), "often@example.test")
	for _, left := range []string{"15", "5", "0"} {
		a.Finish(session, "document_expired")
		a.NothingIsLeft()
		if got := a.Rows("SELECT count(*) FROM mails WHERE action_key LIKE 'mail:%' AND user_id LIKE 'user%'")[0]; got != left {
			t.Errorf("of the old ones %s must be left, got %s", left, got)
		}
	}
	if got := a.Rows("SELECT count(*) FROM mails WHERE user_id IN ('young', 'live')")[0]; got != "2" {
		t.Errorf("what counts, and the other mode's, must stay, got %s", got)
	}
	if got := a.Rows("SELECT count(*) FROM mails")[0]; got != "5" {
		t.Errorf("new mails must be remembered, got %s", got)
	}
}
