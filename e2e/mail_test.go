package e2e_test

import (
	"net"
	"net/http/httptest"
	"testing"

	"example.com/identity-starter/demo/mailbox"
)

// A person gives an address, fails, and finds in the demo's
// mailbox that there is news.
func TestMailbox(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	box := &mailbox.Mailbox{}
	go box.Serve(l)
	shown := httptest.NewServer(box)
	t.Cleanup(shown.Close)
	person(t, shown.URL).open("/").wait("the empty mailbox", `document.body.textContent.includes("none yet")`).look("mailbox-empty")

	a := start(t, "SMTP_URL=smtp://"+l.Addr().String(), "MAIL_FROM=starter@example.test")
	p := a.person(t).open("/").state("none")
	p.look("asks-for-address")
	p.click("#email").keys("person@example.test").toStripe().outcome("document_expired").state("requires_input")
	mails := person(t, shown.URL)
	wait(t, "the mail arrives", func() bool { return len(box.Mails()) == 1 }, a.out.String)
	mails.open("/").wait("the mail", `document.body.textContent.includes("`+a.url+`/verification.html")`).look("mailbox")
}
