package main

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"example.com/identity-starter/stripesim"
)

// attempts are the person's failed checks, as teams query them.
func (b *browser) attempts(a *app) string {
	b.t.Helper()
	return strings.Join(a.rows("SELECT code FROM attempts WHERE user_id = ? ORDER BY rowid", b.user()), " ")
}

// One report is one attempt, by however many ways and how often it is told.
func TestReportCountsOnce(t *testing.T) {
	a := start(t)
	person := a.browser()
	session := person.verify(a)
	a.sim.SetDelivery(stripesim.Switches{Duplicate: 2})
	a.finish(session.ID, "document_expired")
	for _, e := range a.sim.Events() {
		if err := a.sim.Redeliver(e.ID); err != nil {
			t.Fatal(err)
		}
	}
	a.idle()
	now, _ := a.sim.Session(session.ID)
	second := snapshot("evt_second", requiresInputEvent, failed(session, "document_expired", now.Report))
	if got := a.deliver(second.json(t), platformSecret); got.status != 200 {
		t.Fatalf("a second event about one failure must be acknowledged, got %d %s", got.status, got.body)
	}
	a.change("UPDATE verifications SET asked_at = 0")
	person.get("/verification/return")
	person.mustOpen(a, "another try")
	if got := person.attempts(a); got != "document_expired" {
		t.Errorf("one report must be one attempt, got %q", got)
	}
	row := a.rows("SELECT session_id, report_id, livemode, created_at > 0 FROM attempts")
	if want := session.ID + "|" + now.Report + "|0|1"; len(row) != 1 || row[0] != want {
		t.Errorf("the attempt's row: want %q, got %q", want, row)
	}
}

// The return page may be first: the webhook that follows counts nothing again.
func TestReturnCountsBeforeTheWebhook(t *testing.T) {
	a := start(t)
	person := a.browser()
	session := person.verify(a)
	a.sim.Hold()
	if err := a.sim.Finish(session.ID, "selfie_face_mismatch"); err != nil {
		t.Fatal(err)
	}
	person.get("/verification/return")
	if got := person.attempts(a); got != "selfie_face_mismatch" {
		t.Fatalf("the return page must count what it learns, got %q", got)
	}
	a.sim.Release()
	a.idle()
	if got := person.attempts(a); got != "selfie_face_mismatch" {
		t.Errorf("the webhook after it must count nothing again, got %q", got)
	}
	if got := person.status(); got["status"] != "requires_input" || got["attempts_left"] != 2.0 {
		t.Errorf("the late processing must not hide the outcome, got %v", got)
	}
}

// Two failures with one code are two attempts: deduplicating by code or by
// session would let people try for ever.
func TestSameFailureTwice(t *testing.T) {
	a := start(t)
	person := a.browser()
	for range 2 {
		a.finish(person.verify(a).ID, "document_expired")
	}
	if got := person.attempts(a); got != "document_expired document_expired" {
		t.Errorf("two checks must be two attempts, got %q", got)
	}
}

// Who walks away has used nothing up; every failed check counts, also one of a
// kind that this program does not know.
func TestWhatCounts(t *testing.T) {
	a := start(t)
	for code, counts := range map[string]bool{
		"abandoned": false, "consent_declined": false, "device_not_supported": false,
		"document_expired": true, "under_supported_age": true, "country_not_supported": true, "address_mismatch": true,
		"selfie_manipulated": true, "some_new_code": true,
	} {
		person := a.browser()
		a.finish(person.verify(a).ID, code)
		if got := person.attempts(a) == code; got != counts {
			t.Errorf("%s counts as an attempt: want %v, got %v", code, counts, got)
		}
		if got := person.status(); got["code"] != code {
			t.Errorf("the status must tell of %s, counted or not, got %v", code, got)
		}
	}
	for code, event := range map[string]func(stripesim.Session) object{
		"without a report": func(s stripesim.Session) object {
			return failed(s, "document_expired", "").with(object{"last_verification_report": nil})
		},
		"abandoned": func(s stripesim.Session) object { return failed(s, "abandoned", "vr_of_an_earlier_check") },
	} {
		person := a.browser()
		session := person.verify(a)
		a.deliver(snapshot("evt_"+session.ID, requiresInputEvent, event(session)).json(t), platformSecret)
		if got := person.attempts(a); got != "" {
			t.Errorf("a failure %s must not count, got %q", code, got)
		}
	}
}

// A verdict is final: whatever arrives later, and however old, changes nothing.
func TestVerifiedIsFinal(t *testing.T) {
	a := start(t)
	person := a.browser()
	session := person.verify(a)
	a.finish(session.ID, "document_expired")
	known, _ := a.sim.Session(session.ID)
	a.finish(session.ID, "verified")
	for id, event := range map[string]object{
		"evt_processing":     snapshot("evt_processing", processingEvent, about(session, "processing")),
		"evt_requires_input": snapshot("evt_requires_input", requiresInputEvent, failed(session, "document_expired", known.Report)),
		"evt_canceled":       snapshot("evt_canceled", canceledEvent, about(session, "canceled")),
		"evt_again":          snapshot("evt_again", verifiedEvent, about(session, "verified")),
	} {
		for suffix, at := range map[string]time.Time{"_old": time.Now().Add(-time.Hour), "_new": time.Now().Add(time.Hour)} {
			late := event.with(object{"id": id + suffix, "created": at.Unix()})
			if got := a.deliver(late.json(t), platformSecret); got.status != 200 {
				t.Errorf("%s must be acknowledged, got %d %s", late["id"], got.status, got.body)
			}
			got := a.rows("SELECT status, error_code FROM verifications")
			if len(got) != 1 || got[0] != "verified|" {
				t.Errorf("%s must not change a verdict, got %q", late["id"], got)
			}
			if result := a.result(id + suffix); result != "stale" {
				t.Errorf("%s has changed nothing, so it is stale, got %q", late["id"], result)
			}
		}
	}
	if got := person.attempts(a); got != "document_expired" {
		t.Errorf("the attempt before the verdict stays, alone, got %q", got)
	}
	late := snapshot("evt_late", requiresInputEvent, failed(session, "document_expired", "vr_never_heard_of"))
	a.deliver(late.with(object{"created": time.Now().Add(-time.Minute).Unix()}).json(t), platformSecret)
	if got := a.result("evt_late") + " " + person.attempts(a); got != "applied document_expired document_expired" {
		t.Errorf("old news changes no verdict, but the attempt it tells of counts, got %q", got)
	}
	if got := person.get("/members"); got.status != http.StatusOK {
		t.Errorf("the gate must stay open, got %d", got.status)
	}
}

// Whatever the order in which a journey's webhooks arrive, it ends the same.
func TestNewestFirst(t *testing.T) {
	for name, outcomes := range map[string][]string{
		"verified":       {"document_expired", "selfie_face_mismatch", "verified"},
		"requires_input": {"selfie_face_mismatch", "document_expired"},
	} {
		t.Run(name, func(t *testing.T) {
			stripe := &clock{}
			a := startWith(t, stripesim.Config{Now: stripe.now})
			person := a.browser()
			session := person.verify(a)
			a.idle()
			a.sim.SetDelivery(stripesim.Switches{Reorder: true, Duplicate: 1})
			a.sim.Hold()
			for _, outcome := range outcomes {
				stripe.move(time.Second)
				if err := a.sim.Finish(session.ID, outcome); err != nil {
					t.Fatal(err)
				}
			}
			a.sim.Release()
			a.idle()
			want := map[string]string{"verified": "verified|", "requires_input": "requires_input|document_expired"}[name]
			if got := a.rows("SELECT status, error_code FROM verifications"); len(got) != 1 || got[0] != want {
				t.Errorf("the journey must end as %q, got %q", want, got)
			}
			if got := a.rows("SELECT count(*) FROM attempts"); got[0] != "2" {
				t.Errorf("two failed checks must be two attempts, got %q", got)
			}
		})
	}
}
