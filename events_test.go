package main

import (
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"

	"example.com/identity-starter/stripesim"
)

// together sends requests at the same moment and returns their answers.
func (b *browser) together(requests ...*http.Request) []answer {
	b.t.Helper()
	answers := make([]answer, len(requests))
	var all sync.WaitGroup
	gate := make(chan struct{})
	for i, request := range requests {
		all.Go(func() {
			<-gate
			response, err := b.client.Do(request)
			if err != nil {
				b.t.Errorf("%s %s: %v", request.Method, request.URL.Path, err)
				return
			}
			defer response.Body.Close()
			body, err := io.ReadAll(response.Body)
			if err != nil {
				b.t.Errorf("%s %s: %v", request.Method, request.URL.Path, err)
			}
			answers[i] = answer{response.StatusCode, string(body), response.Header, response.Header.Get("Location")}
		})
	}
	close(gate)
	all.Wait()
	if b.t.Failed() {
		b.t.FailNow()
	}
	return answers
}

// What is not for us is written down, acknowledged, and moves nobody.
func TestEventsNotForUs(t *testing.T) {
	a := start(t)
	session := a.browser().verify(a)
	stranger, otherUser, otherReference := session, session, session
	stranger.ID, stranger.Reference, stranger.UserID = "vs_of_another_app", "", ""
	otherUser.ID, otherUser.UserID = "vs_of_another_user", "somebody"
	otherReference.ID, otherReference.Reference = "vs_without_reference", "somewhere"
	swapped := session
	swapped.ID = "vs_swapped" // reference and user are right, but that row has its session
	for _, c := range []struct {
		id, want string
		event    object
	}{
		{"evt_type", "ignored", snapshot("evt_type", "payment_intent.succeeded", object{"id": "pi_1"})},
		{"evt_created", "ignored", snapshot("evt_created", "identity.verification_session.created", about(session, "requires_input"))},
		{"evt_future", "ignored", snapshot("evt_future", "identity.verification_session.approved", about(session, "verified"))},
		{"evt_odd", "ignored", snapshot("evt_odd", "some.thing", object{"id": 7, "status": []int{1}})},
		{"evt_live", "ignored", snapshot("evt_live", verifiedEvent, about(session, "verified")).with(object{"livemode": true})},
		{"evt_account", "ignored", snapshot("evt_account", verifiedEvent, about(session, "verified")).with(object{"account": stripesim.AccountA})},
		{"evt_stranger", "unmatched", snapshot("evt_stranger", verifiedEvent, about(stranger, "verified"))},
		{"evt_user", "unmatched", snapshot("evt_user", verifiedEvent, about(otherUser, "verified"))},
		{"evt_reference", "unmatched", snapshot("evt_reference", verifiedEvent, about(otherReference, "verified"))},
		{"evt_swapped", "unmatched", snapshot("evt_swapped", verifiedEvent, about(swapped, "verified"))},
		{"evt_platform", "ignored", snapshot("evt_platform", "account.application.deauthorized", object{"id": "ca_simulator"})},
		{"evt_nobody", "unmatched", snapshot("evt_nobody", "account.application.deauthorized", object{"id": "ca_simulator"}).
			with(object{"account": "acct_never_connected"})},
	} {
		if got := a.deliver(c.event.json(t), platformSecret); got.status != 200 || strings.TrimSpace(got.body) != `{"received":true}` {
			t.Errorf("%s must be acknowledged, got %d %s", c.id, got.status, got.body)
		}
		if got := a.result(c.id); got != c.want {
			t.Errorf("%s must be recorded as %s, got %q", c.id, c.want, got)
		}
	}
	if got := a.rows("SELECT verified, attempts FROM users"); len(got) != 1 || got[0] != "0|0" {
		t.Errorf("what is not for us must move nobody, got %q", got)
	}
}

// Fields that Stripe may leave null bring nothing down.
func TestEventsWithNulls(t *testing.T) {
	a := start(t)
	person := a.browser()
	session := person.verify(a)
	fresh := snapshot("evt_fresh", requiresInputEvent, about(session, "requires_input"))
	if got := a.deliver(fresh.json(t), platformSecret); got.status != 200 {
		t.Fatalf("requires_input with a null last_error must be acknowledged, got %d %s", got.status, got.body)
	}
	if got := a.rows("SELECT status, error_code FROM verifications"); got[0] != "requires_input|" {
		t.Errorf("a session that was not begun is requires_input without an error, got %q", got)
	}
	if got := a.rows("SELECT code FROM attempts"); len(got) != 0 {
		t.Errorf("a null last_error is no attempt, got %q", got)
	}
	nameless := snapshot("evt_nameless", requiresInputEvent, failed(session, "", "vr_1").
		with(object{"last_error": object{"code": nil, "reason": nil}}))
	if got := a.deliver(nameless.json(t), platformSecret); got.status != 200 {
		t.Fatalf("a null code must be acknowledged, got %d %s", got.status, got.body)
	}
	if got := a.rows("SELECT report_id FROM attempts"); len(got) != 1 || got[0] != "vr_1" {
		t.Errorf("a failed check without a code counts as an attempt, got %q", got)
	}
	if got := person.get("/verification.html"); got.status != 200 || !strings.Contains(got.body, `id="verify-button"`) {
		t.Errorf("after a failure without a code the page must offer another try, got %d\n%s", got.status, got.body)
	}
}

// The version in which an event is rendered does not matter: new accounts have
// newer ones than the library, and some events have none.
func TestEventVersions(t *testing.T) {
	a := start(t)
	for i, version := range []any{"2020-08-27", "2025-08-27.basil", "2026-09-30.endive", "2025-08-27.preview", nil} {
		person := a.browser()
		event := snapshot("evt_"+string(rune('a'+i)), verifiedEvent, about(person.verify(a), "verified")).
			with(object{"api_version": version})
		if got := a.deliver(event.json(t), platformSecret); got.status != 200 {
			t.Errorf("an event of API version %v must be accepted, got %d %s", version, got.status, got.body)
		}
		if got := a.rows("SELECT verified FROM users WHERE user_id = ?", person.user()); len(got) != 1 || got[0] != "1" {
			t.Errorf("an event of API version %v must count, got %q", version, got)
		}
	}
}

// Fifty copies of an event that arrive at once are one event and one attempt.
func TestEventOnce(t *testing.T) {
	a := start(t)
	person := a.browser()
	body := snapshot("evt_once", requiresInputEvent, failed(person.verify(a), "document_expired", "vr_1")).json(t)
	stripe := a.api()
	var copies []*http.Request
	for range 50 {
		copies = append(copies, stripe.signed(body))
	}
	for _, got := range stripe.together(copies...) {
		if got.status != 200 {
			t.Errorf("every copy must be acknowledged, got %d %s", got.status, got.body)
		}
	}
	if got := a.rows("SELECT result FROM events WHERE id = 'evt_once'"); len(got) != 1 || got[0] != "applied" {
		t.Errorf("copies of an event must be one row, applied once, got %q", got)
	}
	if got := a.rows("SELECT attempts FROM users WHERE user_id = ?", person.user()); got[0] != "1" {
		t.Errorf("copies of an event must be one attempt, got %q", got)
	}
}

// An event that cannot be recorded is not acknowledged, leaves no half of itself,
// and counts when Stripe sends it again.
func TestEventNotRecorded(t *testing.T) {
	a := start(t)
	person := a.browser()
	body := snapshot("evt_lost", requiresInputEvent, failed(person.verify(a), "document_expired", "vr_1")).json(t)
	a.change("CREATE TRIGGER broken BEFORE UPDATE ON verifications BEGIN SELECT RAISE(ABORT, 'the disk is full'); END")
	if got := a.deliver(body, platformSecret); got.status != 500 || got.code() != "internal" || strings.Contains(got.body, "disk") {
		t.Fatalf("what could not be recorded must be answered 500, without the reason, got %d %s", got.status, got.body)
	}
	if n := len(a.rows("SELECT id FROM events WHERE id = 'evt_lost'")) + len(a.rows("SELECT code FROM attempts")); n != 0 {
		t.Fatalf("an event that failed half way must leave neither its id nor its attempt, got %d rows", n)
	}
	a.change("DROP TRIGGER broken")
	if got := a.deliver(body, platformSecret); got.status != 200 {
		t.Fatalf("the redelivery must be recorded, got %d %s", got.status, got.body)
	}
	if got := a.result("evt_lost") + " " + strings.Join(a.rows("SELECT code FROM attempts"), ","); got != "applied document_expired" {
		t.Fatalf("the redelivery must count, got %q", got)
	}
}

// A session is ours by reference and user together, while its row waits for it:
// one of them alone can be in somebody else's session by accident.
func TestEventFindsTheRowThatWaits(t *testing.T) {
	a := start(t)
	person := a.browser()
	a.sim.AddFault(atCreate(stripesim.Fault{Status: 500}))
	person.mustRefuse("Stripe fails", 503, "stripe_unavailable")
	ours := stripesim.Session{ID: "vs_late", Reference: a.rows("SELECT id FROM verifications")[0], UserID: person.user()}
	otherUser, otherReference := ours, ours
	otherUser.UserID, otherReference.Reference = "somebody", "somewhere"
	for _, c := range []struct {
		id, want string
		session  stripesim.Session
	}{{"evt_reference", "unmatched", otherUser}, {"evt_user", "unmatched", otherReference}, {"evt_both", "applied", ours}} {
		a.deliver(snapshot(c.id, processingEvent, about(c.session, "processing")).json(t), platformSecret)
		if got := a.result(c.id); got != c.want {
			t.Errorf("%s: want %s, got %q", c.id, c.want, got)
		}
	}
	if got := a.rows("SELECT session_id, status FROM verifications"); len(got) != 1 || got[0] != "vs_late|processing" {
		t.Errorf("the row must have its session, got %q", got)
	}
}
