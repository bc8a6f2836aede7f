package main

import (
	"net"
	"net/url"
	"strings"
	"testing"

	"example.com/identity-starter/demo/mailbox"
	"example.com/identity-starter/stripesim"
)

// withMail is a program that sends mail, and the mailbox that it reaches.
func withMail(t *testing.T, settings ...string) (*App, *mailbox.Mailbox) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	box := &mailbox.Mailbox{}
	go box.Serve(l)
	return Start(t, append([]string{"SMTP_URL=smtp://" + l.Addr().String(), "MAIL_FROM=Starter <starter@example.test>", "APP_NAME=Kiosk"}, settings...)...), box
}

// startsWith clicks Verify with an address given.
func (b *Browser) startsWith(a *App, email string) string {
	b.T.Helper()
	if got := b.Post(CreatePath, url.Values{"email": {email}}); got.Status != 303 {
		b.T.Fatalf("a click with an address: %d %s", got.Status, got.Body)
	}
	return a.Rows("SELECT session_id FROM verifications WHERE user_id = ? ORDER BY rowid DESC LIMIT 1", b.User())[0]
}

// Each outcome is one mail, which says that there is news and not which, and
// leads to the page and never to Stripe's.
func TestMail(t *testing.T) {
	a, box := withMail(t)
	person := a.Browser()
	session := person.startsWith(a, "person@example.test")
	for _, outcome := range []string{"abandoned", "document_expired", "selfie_face_mismatch", "verified"} {
		a.Finish(session, outcome)
		a.NothingIsLeft()
	}
	for _, e := range a.Sim.Events() { // a repeat of the news is no other mail
		if err := a.Sim.Redeliver(e.ID); err != nil {
			t.Fatal(err)
		}
	}
	a.Idle()
	a.NothingIsLeft()
	mails, ids := box.Mails(), map[string]bool{}
	if len(mails) != 3 {
		t.Fatalf("two failed checks and a verdict must be three mails, got %d: %+v", len(mails), mails)
	}
	for _, m := range mails {
		ids[m.ID] = true
		if !strings.Contains(m.To, "person@example.test") || m.Subject != "News about your verification – Kiosk" {
			t.Errorf("a mail must go to the address that was given, with a subject that says nothing, got %q %q", m.To, m.Subject)
		}
		for _, text := range []string{m.Text, m.HTML} {
			if !strings.Contains(text, a.URL+"/verification.html") || !strings.Contains(text, "ignore") {
				t.Errorf("a mail must lead to the page and say what a stranger does, got %q", text)
			}
			for _, never := range []string{a.Sim.URL(), "expired", "verified", "failed", "vs_", person.User()} {
				if strings.Contains(strings.ToLower(text), never) {
					t.Errorf("a mail must not say %q: %q", never, text)
				}
			}
		}
	}
	if len(ids) != 3 {
		t.Errorf("each outcome must have a message id of its own, got %v", ids)
	}
	if a.Remembers("person@example.test") || strings.Contains(a.Out.String(), "person@example.test") {
		t.Error("no address may be kept or logged")
	}
}

// The page asks for the address only where mail is on, a corrected one replaces
// the first, and the mail is in the language of the person who gave it.
func TestMailAddress(t *testing.T) {
	if strings.Contains(Start(t).Browser().Get("/").Body, `name="email"`) {
		t.Error("without mail nobody may be asked for an address")
	}
	a, box := withMail(t)
	person := a.Browser()
	if !strings.Contains(person.Get("/").Body, `name="email"`) {
		t.Error("with mail the page must ask for an address")
	}
	person.startsWith(a, "tyop@example.test")
	person.Get("/?lang=de")
	session := person.startsWith(a, "typo@example.test")
	if got := len(a.Creates()); got != 1 {
		t.Errorf("a corrected address must not make another session, got %d", got)
	}
	a.Finish(session, "verified")
	a.NothingIsLeft()
	if got := box.Mails(); len(got) != 1 || !strings.Contains(got[0].To, "typo@") || !strings.Contains(got[0].Text, "Falls Sie das nicht waren") {
		t.Errorf("the corrected address must get the mail, in its language, got %+v", got)
	}
}

// Who gave no address, or is redacted, gets no mail; nobody gets more than five a day.
func TestWhoGetsNoMail(t *testing.T) {
	a, box := withMail(t, "MAX_VERIFICATION_ATTEMPTS=100")
	a.Finish(a.Browser().Verify(a).ID, "verified")
	redacted := a.Browser().startsWith(a, "redacted@example.test")
	a.Sim.SetDelivery(stripesim.Switches{Drop: true})
	a.Finish(redacted, "verified")
	a.AtStripe("redact", redacted)
	a.Sim.SetDelivery(stripesim.Switches{})
	for _, e := range a.Sim.Events() {
		if err := a.Sim.Redeliver(e.ID); err != nil {
			t.Fatal(err)
		}
	}
	a.Idle()
	a.NothingIsLeft()
	if got := box.Mails(); len(got) != 0 {
		t.Errorf("without an address there is no mail, got %+v", got)
	}
	session := a.Browser().startsWith(a, "often@example.test")
	for range 7 {
		a.Finish(session, "document_expired")
		a.NothingIsLeft()
	}
	if got := len(box.Mails()); got != 5 {
		t.Errorf("at most five mails a day go to one user, got %d", got)
	}
	a.Change("UPDATE actions SET sent_at = sent_at - 86400")
	a.Finish(session, "document_expired")
	a.NothingIsLeft()
	if got := len(box.Mails()); got != 6 {
		t.Errorf("the next day there may be others, got %d", got)
	}
}

// With a live key an address that an anonymous visitor types may be a stranger's.
func TestLiveMailIsForPeopleWhoSignedIn(t *testing.T) {
	live := []string{"STRIPE_SECRET_KEY=sk_live_simulator", "BASE_URL=https://verify.example.test", "DATABASE_URL=file:/srv/a.db",
		"SUPPORT_URL=mailto:help@example.test", "SMTP_URL=smtps://user:secret@mail.example.test", "MAIL_FROM=a@example.test"}
	for setting, on := range map[string]bool{"AUTH_USER_HEADER=X-Auth-User": true, "ALLOW_ANONYMOUS_USERS=true": false} {
		c, err := loadConfig(SettingsOf(append(live, setting)...))
		if err != nil || c.mailOn() != on {
			t.Errorf("with a live key and %s mail must be on: %v, got %v, %v", setting, on, c.mailOn(), err)
		}
	}
}

// Whether mail goes out is announced, without the password; also that it does not,
// though a server is set.
func TestMailIsAnnounced(t *testing.T) {
	a := Start(t, "SMTP_URL=smtp://marker:marker@localhost:9", "MAIL_FROM=shop@example.test")
	a.Announces(t, "mail on")
	if got := a.Out.String(); strings.Contains(got, "marker") {
		t.Errorf("no password must be printed, got\n%s", got)
	}
	if e := mailing(config{smtp: &url.URL{Scheme: "smtp", Host: "localhost"}, live: true}); e.State != "off" || !strings.Contains(e.Warning, "AUTH_USER_HEADER") {
		t.Errorf("with a live key and without AUTH_USER_HEADER no mail goes out, and that must be a warning, got %+v", e)
	}
}
