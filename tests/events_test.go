package tests

import (
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"testing"

	"example.com/identity-starter/stripesim"
)

// What is not for us is written down, acknowledged, and moves nobody.
func TestEventsNotForUs(t *testing.T) {
	a := Start(t)
	session := a.Browser().Verify(a)
	stranger, otherUser, otherReference := session, session, session
	stranger.ID, stranger.Reference, stranger.UserID = "vs_of_another_app", "", ""
	otherUser.ID, otherUser.UserID = "vs_of_another_user", "somebody"
	otherReference.ID, otherReference.Reference = "vs_without_reference", "somewhere"
	swapped := session
	swapped.ID = "vs_swapped" // reference and user are right, but that row has its session
	for _, c := range []struct {
		id, want string
		event    Object
	}{
		{"evt_type", "ignored", Snapshot("evt_type", "payment_intent.succeeded", Object{"id": "pi_1"})},
		{"evt_created", "ignored", Snapshot("evt_created", "identity.verification_session.created", About(session, "requires_input"))},
		{"evt_future", "ignored", Snapshot("evt_future", "identity.verification_session.approved", About(session, "verified"))},
		{"evt_odd", "ignored", Snapshot("evt_odd", "some.thing", Object{"id": 7, "status": []int{1}})},
		{"evt_live", "", Snapshot("evt_live", VerifiedEvent, About(session, "verified")).With(Object{"livemode": true})}, // not at all
		{"evt_account", "ignored", Snapshot("evt_account", VerifiedEvent, About(session, "verified")).With(Object{"account": stripesim.AccountA})},
		{"evt_stranger", "unmatched", Snapshot("evt_stranger", VerifiedEvent, About(stranger, "verified"))},
		{"evt_user", "unmatched", Snapshot("evt_user", VerifiedEvent, About(otherUser, "verified"))},
		{"evt_reference", "unmatched", Snapshot("evt_reference", VerifiedEvent, About(otherReference, "verified"))},
		{"evt_swapped", "unmatched", Snapshot("evt_swapped", VerifiedEvent, About(swapped, "verified"))},
		{"evt_platform", "ignored", Snapshot("evt_platform", "account.application.deauthorized", Object{"id": "ca_simulator"})},
		{"evt_nobody", "unmatched", Snapshot("evt_nobody", "account.application.deauthorized", Object{"id": "ca_simulator"}).
			With(Object{"account": "acct_never_connected"})},
	} {
		if got := a.Deliver(c.event.JSON(t), PlatformSecret); got.Status != 200 || strings.TrimSpace(got.Body) != `{"received":true}` {
			t.Errorf("%s must be acknowledged, got %d %s", c.id, got.Status, got.Body)
		}
		if got := a.Result(c.id); got != c.want {
			t.Errorf("%s must be recorded as %q, got %q", c.id, c.want, got)
		}
	}
	if got := a.Rows("SELECT verified, attempts FROM users"); len(got) != 1 || got[0] != "0|0" {
		t.Errorf("what is not for us must move nobody, got %q", got)
	}
}

// Fields that Stripe may leave null bring nothing down.
func TestEventsWithNulls(t *testing.T) {
	a := Start(t)
	person := a.Browser()
	session := person.Verify(a)
	fresh := Snapshot("evt_fresh", RequiresInputEvent, About(session, "requires_input"))
	if got := a.Deliver(fresh.JSON(t), PlatformSecret); got.Status != 200 {
		t.Fatalf("requires_input with a null last_error must be acknowledged, got %d %s", got.Status, got.Body)
	}
	if got := a.Rows("SELECT status, error_code FROM verifications"); got[0] != "requires_input|" {
		t.Errorf("a session that was not begun is requires_input without an error, got %q", got)
	}
	if got := a.Rows("SELECT code FROM attempts"); len(got) != 0 {
		t.Errorf("a null last_error is no attempt, got %q", got)
	}
	nameless := Snapshot("evt_nameless", RequiresInputEvent, Failed(session, "", "vr_1").
		With(Object{"last_error": Object{"code": nil, "reason": nil}}))
	if got := a.Deliver(nameless.JSON(t), PlatformSecret); got.Status != 200 {
		t.Fatalf("a null code must be acknowledged, got %d %s", got.Status, got.Body)
	}
	if got := a.Rows("SELECT report_id FROM attempts"); len(got) != 1 || got[0] != "vr_1" {
		t.Errorf("a failed check without a code counts as an attempt, got %q", got)
	}
	if got := person.Get("/verification.html"); got.Status != 200 || !strings.Contains(got.Body, `id="verify-button"`) {
		t.Errorf("after a failure without a code the page must offer another try, got %d\n%s", got.Status, got.Body)
	}
}

// The version in which an event is rendered does not matter: new accounts have
// newer ones than the library, and some events have none.
func TestEventVersions(t *testing.T) {
	a := Start(t)
	for i, version := range []any{"2020-08-27", "2025-08-27.basil", "2026-09-30.endive", "2025-08-27.preview", nil} {
		person := a.Browser()
		event := Snapshot("evt_"+string(rune('a'+i)), VerifiedEvent, About(person.Verify(a), "verified")).
			With(Object{"api_version": version})
		if got := a.Deliver(event.JSON(t), PlatformSecret); got.Status != 200 {
			t.Errorf("an event of API version %v must be accepted, got %d %s", version, got.Status, got.Body)
		}
		if got := a.Rows("SELECT verified FROM users WHERE user_id = ?", person.User()); len(got) != 1 || got[0] != "1" {
			t.Errorf("an event of API version %v must count, got %q", version, got)
		}
	}
}

// Fifty copies of an event that arrive at once are one event and one attempt.
func TestEventOnce(t *testing.T) {
	a := Start(t)
	person := a.Browser()
	body := Snapshot("evt_once", RequiresInputEvent, Failed(person.Verify(a), "document_expired", "vr_1")).JSON(t)
	stripe := a.API()
	var copies []*http.Request
	for range 50 {
		copies = append(copies, stripe.Signed(body))
	}
	for _, got := range stripe.Together(copies...) {
		if got.Status != 200 {
			t.Errorf("every copy must be acknowledged, got %d %s", got.Status, got.Body)
		}
	}
	if got := a.Rows("SELECT result FROM events WHERE id = 'evt_once'"); len(got) != 1 || got[0] != "applied" {
		t.Errorf("copies of an event must be one row, applied once, got %q", got)
	}
	if got := a.Rows("SELECT attempts FROM users WHERE user_id = ?", person.User()); got[0] != "1" {
		t.Errorf("copies of an event must be one attempt, got %q", got)
	}
}

// An event that cannot be recorded is not acknowledged, leaves no half of itself,
// and counts when Stripe sends it again.
func TestEventNotRecorded(t *testing.T) {
	a := Start(t)
	person := a.Browser()
	body := Snapshot("evt_lost", RequiresInputEvent, Failed(person.Verify(a), "document_expired", "vr_1")).JSON(t)
	a.Change("ALTER TABLE verifications RENAME COLUMN check_at TO broken")
	if got := a.Deliver(body, PlatformSecret); got.Status != 500 || got.Code() != "internal" || strings.Contains(got.Body, "check_at") {
		t.Fatalf("what could not be recorded must be answered 500, without the reason, got %d %s", got.Status, got.Body)
	}
	if n := len(a.Rows("SELECT id FROM events WHERE id = 'evt_lost'")) + len(a.Rows("SELECT code FROM attempts")); n != 0 {
		t.Fatalf("an event that failed half way must leave neither its id nor its attempt, got %d rows", n)
	}
	a.Change("ALTER TABLE verifications RENAME COLUMN broken TO check_at")
	if got := a.Deliver(body, PlatformSecret); got.Status != 200 {
		t.Fatalf("the redelivery must be recorded, got %d %s", got.Status, got.Body)
	}
	if got := a.Result("evt_lost") + " " + strings.Join(a.Rows("SELECT code FROM attempts"), ","); got != "applied document_expired" {
		t.Fatalf("the redelivery must count, got %q", got)
	}
}

// A session is ours by reference and user together, while its row waits for it:
// one of them alone can be in somebody else's session by accident.
func TestEventFindsTheRowThatWaits(t *testing.T) {
	a := Start(t)
	person := a.Browser()
	a.Sim.AddFault(AtCreate(stripesim.Fault{Status: 500}))
	person.MustRefuse("Stripe fails", 503, "stripe_unavailable")
	ours := stripesim.Session{ID: "vs_late", Reference: a.Rows("SELECT id FROM verifications")[0], UserID: person.User()}
	otherUser, otherReference := ours, ours
	otherUser.UserID, otherReference.Reference = "somebody", "somewhere"
	for _, c := range []struct {
		id, want string
		session  stripesim.Session
	}{{"evt_reference", "unmatched", otherUser}, {"evt_user", "unmatched", otherReference}, {"evt_both", "applied", ours}} {
		a.Deliver(Snapshot(c.id, ProcessingEvent, About(c.session, "processing")).JSON(t), PlatformSecret)
		if got := a.Result(c.id); got != c.want {
			t.Errorf("%s: want %s, got %q", c.id, c.want, got)
		}
	}
	if got := a.Rows("SELECT session_id, status FROM verifications"); len(got) != 1 || got[0] != "vs_late|processing" {
		t.Errorf("the row must have its session, got %q", got)
	}
}

// A version of Stripe's API that is newer than the library's is told of once, with the reason why that is fine; others are not.
func TestNewerVersionIsSaidToBeFine(t *testing.T) {
	a := Start(t)
	const newer, older = "2026-09-30.endive", "2020-08-27"
	for i, version := range []string{older, newer, "2025-08-27.basil", newer, "2027-01-01.fig", "9999 quixote"} {
		event := Snapshot(fmt.Sprint("evt_", i), VerifiedEvent, Object{"id": "vs_1"}).With(Object{"api_version": version})
		a.Deliver(event.JSON(t), PlatformSecret)
	}
	a.Says("event=evt_5")
	told := regexp.MustCompile(`level=INFO msg="events come in a newer version .* that is fine, for .*" version=(\S+) library=2025-08-27.basil`).FindAllStringSubmatch(a.Out.String(), -1)
	if len(told) != 2 || told[0][1] != newer || told[1][1] != "2027-01-01.fig" {
		t.Errorf("each newer version must be told of once, and no other, got %q\n%s", told, a.Out)
	}
}
