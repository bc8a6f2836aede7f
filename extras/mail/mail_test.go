package mail_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"example.com/identity-starter/store"
	"example.com/identity-starter/stripesim"
)

// Each outcome is one mail, which says that there is news and not which, and
// leads to the page and never to Stripe's.
func TestMail(t *testing.T) {
	a, box := withMail(t)
	person := a.Browser()
	session := startsWith(a, person, "person@example.test")
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
	if got := fmt.Sprint(a.Rows("SELECT livemode, user_id FROM mails")); got != strings.ReplaceAll("[0|X 0|X 0|X]", "X", person.User()) {
		t.Errorf("each mail that the server took must be remembered once, got %s", got)
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
	if strings.Contains(start(t).Browser().Get("/").Body, `name="email"`) {
		t.Error("without mail nobody may be asked for an address")
	}
	a, box := withMail(t)
	person := a.Browser()
	if !strings.Contains(person.Get("/").Body, `name="email"`) {
		t.Error("with mail the page must ask for an address")
	}
	startsWith(a, person, "tyop@example.test")
	person.Get("/?lang=de")
	session := startsWith(a, person, "typo@example.test")
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
	redacted := startsWith(a, a.Browser(), "redacted@example.test")
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
	session := startsWith(a, a.Browser(), "often@example.test")
	for range 7 {
		a.Finish(session, "document_expired")
		a.NothingIsLeft()
	}
	if got := len(box.Mails()); got != 5 {
		t.Errorf("at most five mails a day go to one user, got %d", got)
	}
	a.Change("UPDATE mails SET sent_at = sent_at - 86400")
	a.Finish(session, "document_expired")
	a.NothingIsLeft()
	if got := len(box.Mails()); got != 6 {
		t.Errorf("the next day there may be others, got %d", got)
	}
}

// A decision is news for the person; that a reviewer has Stripe delete is none.
func TestDecisionIsMailed(t *testing.T) {
	a, box, _ := reviewed(t)
	person, other := a.Browser(), a.Browser()
	startsWith(a, person, "person@example.test")
	for _, decision := range []string{store.OneMore, store.Cancel, store.Approve, store.Reject, store.Withdraw, store.Redact} {
		a.Decide(person.User(), decision)
		a.NothingIsLeft()
	}
	startsWith(a, other, "other@example.test")
	a.Decide(other.User(), store.Reject)
	a.NothingIsLeft()
	want := fmt.Sprintf("[%[1]s|one_more %[1]s|canceled %[1]s|approved %[1]s|revoked %[1]s|withdrawn %[2]s|rejected]", person.User(), other.User())
	if got := fmt.Sprint(a.Rows("SELECT user_id, outcome FROM actions WHERE kind = 'mail' ORDER BY id")); got != want {
		t.Errorf("each decision must be followed by a mail, want %s, got %s", want, got)
	}
	for address, want := range map[string]int{"person@example.test": 5, "other@example.test": 1} {
		got := 0
		for _, m := range box.Mails() {
			if strings.Contains(m.To, address) {
				got++
			}
		}
		if got != want {
			t.Errorf("%s must get a mail for each decision, want %d, got %d", address, want, got)
		}
	}
}

// Who is to be forgotten is nowhere in mail's own table.
func TestMailForgets(t *testing.T) {
	a, _, db := reviewed(t)
	person := a.Browser()
	a.Finish(startsWith(a, person, "person@example.test"), "verified")
	a.NothingIsLeft()
	err := db.InTx(t.Context(), func(ctx context.Context, tx *store.Tx) error {
		return db.ReplaceUser(ctx, tx, person.User(), "forgotten")
	})
	if got := fmt.Sprint(a.Rows("SELECT user_id FROM mails")); err != nil || got != "[forgotten]" {
		t.Errorf("the id must be replaced here, too, got %s, %v", got, err)
	}
}
