package tests

import (
	"net/http"
	"testing"
	"time"

	"example.com/identity-starter/stripesim"
)

// One report is one attempt, by however many ways and how often it is told.
func TestReportCountsOnce(t *testing.T) {
	a := Start(t)
	person := a.Browser()
	session := person.Verify(a)
	a.Sim.SetDelivery(stripesim.Switches{Duplicate: 2})
	a.Finish(session.ID, "document_expired")
	for _, e := range a.Sim.Events() {
		if err := a.Sim.Redeliver(e.ID); err != nil {
			t.Fatal(err)
		}
	}
	a.Idle()
	now, _ := a.Sim.Session(session.ID)
	second := Snapshot("evt_second", RequiresInputEvent, Failed(session, "document_expired", now.Report))
	if got := a.Deliver(second.JSON(t), PlatformSecret); got.Status != 200 {
		t.Fatalf("a second event about one failure must be acknowledged, got %d %s", got.Status, got.Body)
	}
	a.Change("UPDATE verifications SET asked_at = 0")
	person.Get("/verification/return")
	person.MustOpen(a, "another try")
	if got := person.Attempts(a); got != "document_expired" {
		t.Errorf("one report must be one attempt, got %q", got)
	}
	row := a.Rows("SELECT session_id, report_id, livemode, created_at > 0 FROM attempts")
	if want := session.ID + "|" + now.Report + "|0|1"; len(row) != 1 || row[0] != want {
		t.Errorf("the attempt's row: want %q, got %q", want, row)
	}
}

// The return page may be first: the webhook that follows counts nothing again.
func TestReturnCountsBeforeTheWebhook(t *testing.T) {
	a := Start(t)
	person := a.Browser()
	session := person.Verify(a)
	a.Sim.Hold()
	if err := a.Sim.Finish(session.ID, "selfie_face_mismatch"); err != nil {
		t.Fatal(err)
	}
	person.Get("/verification/return")
	if got := person.Attempts(a); got != "selfie_face_mismatch" {
		t.Fatalf("the return page must count what it learns, got %q", got)
	}
	a.Sim.Release()
	a.Idle()
	if got := person.Attempts(a); got != "selfie_face_mismatch" {
		t.Errorf("the webhook after it must count nothing again, got %q", got)
	}
	if got := person.Status(); got["status"] != "requires_input" || got["attempts_left"] != 2.0 {
		t.Errorf("the late processing must not hide the outcome, got %v", got)
	}
}

// Two failures with one code are two attempts: deduplicating by code or by
// session would let people try for ever.
func TestSameFailureTwice(t *testing.T) {
	a := Start(t)
	person := a.Browser()
	for range 2 {
		a.Finish(person.Verify(a).ID, "document_expired")
	}
	if got := person.Attempts(a); got != "document_expired document_expired" {
		t.Errorf("two checks must be two attempts, got %q", got)
	}
}

// Who walks away has used nothing up; every failed check counts, also one of a
// kind that this program does not know.
func TestWhatCounts(t *testing.T) {
	a := Start(t)
	for code, counts := range map[string]bool{
		"abandoned": false, "consent_declined": false, "device_not_supported": false,
		"document_expired": true, "under_supported_age": true, "country_not_supported": true, "address_mismatch": true,
		"selfie_manipulated": true, "some_new_code": true,
	} {
		person := a.Browser()
		a.Finish(person.Verify(a).ID, code)
		if got := person.Attempts(a) == code; got != counts {
			t.Errorf("%s counts as an attempt: want %v, got %v", code, counts, got)
		}
		if got := person.Status(); got["code"] != code {
			t.Errorf("the status must tell of %s, counted or not, got %v", code, got)
		}
	}
	for code, event := range map[string]func(stripesim.Session) Object{
		"without a report": func(s stripesim.Session) Object {
			return Failed(s, "document_expired", "").With(Object{"last_verification_report": nil})
		},
		"abandoned": func(s stripesim.Session) Object { return Failed(s, "abandoned", "vr_of_an_earlier_check") },
	} {
		person := a.Browser()
		session := person.Verify(a)
		a.Deliver(Snapshot("evt_"+session.ID, RequiresInputEvent, event(session)).JSON(t), PlatformSecret)
		if got := person.Attempts(a); got != "" {
			t.Errorf("a failure %s must not count, got %q", code, got)
		}
	}
}

// Only Stripe's own answer takes a verdict back: whatever arrives, late or not, changes nothing by itself.
func TestVerifiedIsFinal(t *testing.T) {
	a := Start(t)
	person := a.Browser()
	session := person.Verify(a)
	a.Finish(session.ID, "document_expired")
	known, _ := a.Sim.Session(session.ID)
	a.Finish(session.ID, "verified")
	for id, event := range map[string]Object{
		"evt_processing":     Snapshot("evt_processing", ProcessingEvent, About(session, "processing")),
		"evt_requires_input": Snapshot("evt_requires_input", RequiresInputEvent, Failed(session, "document_expired", known.Report)),
		"evt_canceled":       Snapshot("evt_canceled", CanceledEvent, About(session, "canceled")),
		"evt_again":          Snapshot("evt_again", VerifiedEvent, About(session, "verified")),
	} {
		for suffix, at := range map[string]time.Time{"_old": time.Now().Add(-time.Hour), "_new": time.Now().Add(time.Hour)} {
			late := event.With(Object{"id": id + suffix, "created": at.Unix()})
			if got := a.Deliver(late.JSON(t), PlatformSecret); got.Status != 200 {
				t.Errorf("%s must be acknowledged, got %d %s", late["id"], got.Status, got.Body)
			}
			got := a.Rows("SELECT status, error_code FROM verifications")
			if len(got) != 1 || got[0] != "verified|" {
				t.Errorf("%s must not change a verdict, got %q", late["id"], got)
			}
			want := "stale"
			if suffix == "_new" && (id == "evt_requires_input" || id == "evt_canceled") {
				want = "asked" // and Stripe says that nothing has changed
			}
			if result := a.Result(id + suffix); result != want {
				t.Errorf("%s has changed nothing, so it is %s, got %q", late["id"], want, result)
			}
		}
	}
	if got := person.Attempts(a); got != "document_expired" {
		t.Errorf("the attempt before the verdict stays, alone, got %q", got)
	}
	late := Snapshot("evt_late", RequiresInputEvent, Failed(session, "document_expired", "vr_never_heard_of"))
	a.Deliver(late.With(Object{"created": time.Now().Add(-time.Minute).Unix()}).JSON(t), PlatformSecret)
	if got := a.Result("evt_late") + " " + person.Attempts(a); got != "applied document_expired document_expired" {
		t.Errorf("old news changes no verdict, but the attempt it tells of counts, got %q", got)
	}
	if got := person.Get("/members"); got.Status != http.StatusOK {
		t.Errorf("the gate must stay open, got %d", got.Status)
	}
}

// Whatever the order in which a journey's webhooks arrive, it ends the same.
func TestNewestFirst(t *testing.T) {
	for name, outcomes := range map[string][]string{
		"verified":       {"document_expired", "selfie_face_mismatch", "verified"},
		"requires_input": {"selfie_face_mismatch", "document_expired"},
	} {
		t.Run(name, func(t *testing.T) {
			stripe := &Clock{}
			a := StartWith(t, stripesim.Config{Now: stripe.Now})
			person := a.Browser()
			session := person.Verify(a)
			a.Idle()
			a.Sim.SetDelivery(stripesim.Switches{Reorder: true, Duplicate: 1})
			a.Sim.Hold()
			for _, outcome := range outcomes {
				stripe.Move(time.Second)
				if err := a.Sim.Finish(session.ID, outcome); err != nil {
					t.Fatal(err)
				}
			}
			a.Sim.Release()
			a.Idle()
			want := map[string]string{"verified": "verified|", "requires_input": "requires_input|document_expired"}[name]
			if got := a.Rows("SELECT status, error_code FROM verifications"); len(got) != 1 || got[0] != want {
				t.Errorf("the journey must end as %q, got %q", want, got)
			}
			if got := a.Rows("SELECT count(*) FROM attempts"); got[0] != "2" {
				t.Errorf("two failed checks must be two attempts, got %q", got)
			}
		})
	}
}
