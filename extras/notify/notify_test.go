package notify_test

import (
	"context"
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"

	"example.com/identity-starter/extras"
	"example.com/identity-starter/extras/notify"
	"example.com/identity-starter/outcomes"
	"example.com/identity-starter/store"
	"example.com/identity-starter/stripesim"
	"example.com/identity-starter/tests"
)

// Each outcome is one message, in order, and says where the user stands; a repeat of the news is no other one.
func TestWhatIsTold(t *testing.T) {
	a, box := start(t)
	a.Announces(t, "notify on")
	person, other, merchant := a.Browser(), a.Browser(), a.Merchant()
	session := person.Verify(a).ID
	for _, code := range []string{"abandoned", "document_expired", "selfie_face_mismatch", "document_expired"} {
		a.Finish(session, code)
		a.NothingIsLeft()
	}
	a.Finish(other.Verify(a).ID, "verified")
	merchant.Connect(a, stripesim.AccountA)
	a.NothingIsLeft()
	merchant.Post("/connect/accounts/"+stripesim.AccountA+"/disconnect", nil)
	for _, e := range a.Sim.Events() {
		if err := a.Sim.Redeliver(e.ID); err != nil {
			t.Fatal(err)
		}
	}
	a.Idle()
	a.NothingIsLeft()
	want := "verification.failed verification.failed verification.failed verification.failed verification.exhausted"
	if got := box.about(person.User()); got != want {
		t.Errorf("each failure must be told, and then that it was the last, want %s, got %s", want, got)
	}
	if got := box.about(other.User()); got != "verification.verified" {
		t.Errorf("a verdict must be told, got %s", got)
	}
	if got := box.about(merchant.User()); got != "account.connected account.disconnected" {
		t.Errorf("a connection must be told, and its end, got %s", got)
	}
	ids, left := map[string]bool{}, ""
	for _, m := range box.letters() {
		ids[m.ID] = true
		if m.Data.UserID == person.User() {
			left += fmt.Sprint(m.Data.AttemptsLeft)
		}
		if wanted := map[bool]string{true: stripesim.AccountA}[strings.HasPrefix(m.Type, "account")]; wanted != "" && m.Data.ObjectID != wanted {
			t.Errorf("a message about an account must name it, got %s", m.Body)
		}
		if strings.Contains(m.ID, m.Data.UserID) || !regexp.MustCompile(`^msg_[0-9a-f]{32}$`).MatchString(m.ID) {
			t.Errorf("an id names nobody, got %q", m.ID)
		}
	}
	if len(ids) != len(box.letters()) || left != "32100" {
		t.Errorf("each message must have an id of its own and count what is left: 3, 2, 1, 0, 0, got %v, %s", ids, left)
	}
	shape := regexp.MustCompile(`^{"type":"verification.failed","timestamp":"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ","data":{"user_id":"` + person.User() + `","object_id":"` +
		session + `","code":"document_expired","livemode":false,"verified":false,"attempts_left":2}}$`)
	if got := box.letters()[1].Body; !shape.MatchString(got) {
		t.Errorf("a message must have these fields in this order: want %s, got %s", shape, got)
	}
}

// What a reviewer decides is told; what only parts of this program have to do with, and what Stripe is asked to erase, is not.
func TestDecisionsAreTold(t *testing.T) {
	eraser := func(extras.Program) extras.Extra {
		return extras.Extra{Name: "eraser", Consumers: []outcomes.Consumer{{
			Consumer: store.Consumer{Name: "eraser", Decision: store.Redact, Wants: func(o outcomes.Outcome) bool { return o.What == outcomes.Redact }},
			Do:       func(context.Context, outcomes.Parts, store.Action) error { return nil }}}}
	}
	box := newInbox(t)
	a := tests.StartTeam(t, tests.With(notify.New, eraser), box.told()...)
	person := a.Browser()
	person.Verify(a)
	for _, decision := range []string{store.OneMore, store.Cancel, store.Approve, store.Reject, store.Withdraw, store.Redact} {
		a.Decide(person.User(), decision)
		a.NothingIsLeft()
	}
	want, verified := "one_more canceled approved revoked withdrawn", ""
	if got := strings.ReplaceAll(box.about(person.User()), "verification.", ""); got != want {
		t.Errorf("each decision but a redaction must be told, want %s, got %s", want, got)
	}
	for _, m := range box.letters() {
		verified += fmt.Sprint(m.Data.Verified, " ")
	}
	if verified != "false false true false true " {
		t.Errorf("each message must say whether the user is verified, which the approval is again once the reject is withdrawn, got %s", verified)
	}
	for _, what := range []string{store.OutcomeAtGate, store.OutcomeSuperfluous, store.OutcomeToAsk, store.OutcomeOwnEvent, store.OutcomeRedact, "new"} {
		if made(t, box.told()...).Consumers[0].Wants(store.Outcome{What: what}) {
			t.Errorf("nobody else may be told of %s", what)
		}
	}
}

// While a secret is rolled, who has the new one and who has the old one both find a signature that is right.
func TestSignedWithBoth(t *testing.T) {
	box := newInbox(t)
	a := tests.StartTeam(t, tests.With(notify.New), append(box.told(), "NOTIFY_SECRET="+old+", "+secret)...)
	a.Finish(a.Browser().Verify(a).ID, "verified")
	a.NothingIsLeft()
	m := box.letters()[0]
	signatures := strings.Split(m.Header.Get("webhook-signature"), " ")
	if len(signatures) != 2 {
		t.Fatalf("two secrets are two signatures, got %q", signatures)
	}
	for i, words := range []string{old, secret, secretOf("words that are somebody else's")} {
		hook, err := standardwebhooks.NewWebhook(words)
		if err != nil {
			t.Fatal(err)
		}
		for j := range signatures {
			m.Header.Set("webhook-signature", signatures[j])
			if right := hook.Verify([]byte(m.Body), m.Header) == nil; right != (i == j) {
				t.Errorf("signature %d must be right for secret %d: %v, got %v", j, i, i == j, right)
			}
		}
	}
}

// A repeat has the same id and the same time of the outcome, the time of this try, and where the user stands by now. Another
// database, or the other mode, does not use an id again.
func TestRepeat(t *testing.T) {
	box, now := newInbox(t), time.Unix(1_800_000_100, 0)
	tell, p := alone(t, box, func() time.Time { return now })
	box.answers(with(http.StatusInternalServerError))
	if err := tell(outcome("failed", "ann")); err == nil || err.Error() != "send webhook: the receiver answered 500" {
		t.Errorf("what is answered with 500 is not taken, got %v", err)
	}
	box.answers(nil)
	now = now.Add(7 * time.Hour)
	if _, err := p.DB.Begin(t.Context(), "ann", "", store.Made{}); err != nil {
		t.Fatal(err)
	}
	if err := tests.RecordVerdict(t.Context(), p.DB, "ann"); err != nil {
		t.Fatal(err)
	}
	if err := tell(outcome("failed", "ann")); err != nil {
		t.Error(err)
	}
	other, _ := alone(t, box, time.Now)
	live := outcome("failed", "ann")
	live.Livemode = true
	for _, err := range []error{other(outcome("failed", "ann")), tell(live), tell(outcome("failed", "bob"))} {
		if err != nil {
			t.Error(err)
		}
	}
	got := box.letters()
	if got[0].ID != got[1].ID || got[0].ID == got[2].ID || got[0].ID == got[3].ID || got[0].ID != got[4].ID {
		t.Errorf("an id is that of the outcome, of this database and mode, whatever the user is called, got %s %s %s %s %s", got[0].ID, got[1].ID, got[2].ID, got[3].ID, got[4].ID)
	}
	if got[0].At.Unix() != 1_800_000_100 || got[1].At.Sub(got[0].At) != 7*time.Hour {
		t.Errorf("each try has its own time, got %v and %v", got[0].At, got[1].At)
	}
	for i, verified := range []bool{false, true} {
		if m := got[i]; m.Data.Verified != verified || !strings.HasPrefix(m.Body, `{"type":"verification.failed","timestamp":"2027-01-15T08:00:00Z",`) {
			t.Errorf("it says when it happened, and whether the user is verified by now: %v, got %s", verified, m.Body)
		}
	}
}
