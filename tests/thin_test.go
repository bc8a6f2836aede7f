package tests

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"example.com/identity-starter/gateway"
	"example.com/identity-starter/stripesim"
)

// Thin is a thin event of Stripe's about a session.
func Thin(id, kind, session string) Object {
	return Object{"id": id, "object": "v2.core.event", "type": kind, "created": time.Now().UTC().Format("2006-01-02T15:04:05.000Z"), "livemode": false,
		"reason": nil, "related_object": Object{"id": session, "type": "identity.verification_session", "url": SessionsPath + "/" + session}}
}

// hearsThin has the endpoint send thin events, or, with twins, another one beside it.
func (a *App) hearsThin(twins bool) {
	endpoint := a.Sim.Endpoints()[0]
	endpoint.Thin, endpoint.Events = true, nil
	for _, kind := range gateway.SessionEvents {
		endpoint.Events = append(endpoint.Events, gateway.ThinType(kind))
	}
	if twins {
		endpoint.ID = "we_thin"
	}
	a.Sim.AddEndpoint(endpoint)
}

// thinStory is a person's session of whose news Stripe tells in thin events.
func thinStory(t *testing.T, twins bool, settings ...string) *verdict {
	t.Helper()
	v := begun(t, stripesim.Config{}, settings...)
	v.Idle()
	v.hearsThin(twins)
	return v
}

// Thin events alone tell the whole story: each is recorded, and Stripe is asked about the session.
func TestThinEventsAlone(t *testing.T) {
	for name, c := range map[string]struct {
		happens                         func(v *verdict)
		row, attempts, outcomes, events string
	}{
		"verified": {func(v *verdict) { v.Finish(v.session.ID, "verified") }, "verified||", "", "verified",
			"v1.identity.verification_session.processing v1.identity.verification_session.verified"},
		"failed": {func(v *verdict) { v.Finish(v.session.ID, "document_expired") }, "requires_input|document_expired|", "document_expired", "failed",
			"v1.identity.verification_session.processing v1.identity.verification_session.requires_input"},
		"canceled": {func(v *verdict) { v.AtStripe("cancel", v.session.ID) }, "canceled||", "", "", "v1.identity.verification_session.canceled"},
		"redacted": {func(v *verdict) { v.Finish(v.session.ID, "verified"); v.AtStripe("redact", v.session.ID) }, "verified||redacted", "", "verified",
			"v1.identity.verification_session.processing v1.identity.verification_session.redacted v1.identity.verification_session.verified"},
		"taken back": {func(v *verdict) {
			v.Finish(v.session.ID, "verified")
			v.NothingIsLeft()
			v.stripe.Move(time.Minute)
			v.Override(v.session.ID, "selfie_manipulated")
		}, "requires_input|selfie_manipulated|", "", "verified revoked",
			"v1.identity.verification_session.processing v1.identity.verification_session.requires_input v1.identity.verification_session.verified"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel() // beside others that wait
			v := thinStory(t, false)
			c.happens(v)
			v.settles()
			row := v.Rows("SELECT status, error_code, CASE WHEN redacted_at > 0 THEN 'redacted' ELSE '' END FROM verifications")
			if len(row) != 1 || row[0] != c.row {
				t.Errorf("Stripe's answer must be recorded: want %q, got %q", c.row, row)
			}
			if got := v.person.Attempts(v.App); got != c.attempts && name != "taken back" {
				t.Errorf("a failed check counts once, and nothing else does: want %q, got %q", c.attempts, got)
			}
			v.outcomes(name, c.outcomes)
			if got := strings.Join(v.Rows("SELECT type FROM events WHERE type LIKE 'v1.%' AND result = 'asked' AND fetched = 0 AND object_id = ? ORDER BY type", v.session.ID), " "); got != c.events {
				t.Errorf("each thin event must be on record as asked: want %q, got %q", c.events, got)
			}
		})
	}
}

// During a migration Stripe sends both styles. Whichever comes first, and however often, the news changes things once.
func TestThinEventsAndTheirTwins(t *testing.T) {
	for name, reorder := range map[string]bool{"the snapshot first": false, "the thin one first": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel() // beside others that wait
			v := thinStory(t, true)
			v.Sim.SetDelivery(stripesim.Switches{Duplicate: 1, Reorder: reorder})
			for _, outcome := range []string{"document_expired", "verified"} {
				v.Sim.Hold()
				if err := v.Sim.Finish(v.session.ID, outcome); err != nil {
					t.Fatal(err)
				}
				v.Sim.Release()
				v.settles()
				v.stripe.Move(time.Minute)
			}
			v.outcomes("news that comes in both styles, twice", "failed verified")
			v.gate(http.StatusOK)
			if got := v.person.Attempts(v.App); got != "document_expired" {
				t.Errorf("a failed check counts once, got %q", got)
			}
			if got := v.Rows("SELECT count(*), count(DISTINCT id) FROM events WHERE type LIKE 'v1.%' AND result = 'asked'"); got[0] != "4|4" {
				t.Errorf("each thin event must be recorded once, got %q", got)
			}
		})
	}
}

// Stripe's silence keeps no webhook waiting, and is no answer: it is asked again, also after a restart.
func TestThinEventWhileStripeIsDown(t *testing.T) {
	v := thinStory(t, false)
	v.Sim.AddFault(stripesim.Fault{Path: "/v1/events", Status: 503, Times: -1}) // the list would tell, too
	v.Sim.AddFault(stripesim.Fault{Path: SessionsPath + "/" + v.session.ID, Hang: true, Times: -1})
	began := time.Now()
	v.Finish(v.session.ID, "verified")
	if took := time.Since(began); took > 5*time.Second {
		t.Errorf("a webhook must be answered without asking Stripe, took %v", took)
	}
	Eventually(t, "Stripe is asked", func() bool { return v.Retrieves(v.session.ID) > 0 })
	v.gate(http.StatusSeeOther)
	if err := v.Stop(); err != nil {
		t.Fatal(err)
	}
	v.Sim.ClearFaults()
	v.Sim.AddFault(stripesim.Fault{Path: "/v1/events", Status: 503, Times: -1})
	v.Run()
	v.NothingIsLeft()
	v.gate(http.StatusOK)
	v.outcomes("once Stripe answers", "verified")
	if strings.Contains(v.Out.String(), "no webhook came") {
		t.Error("a webhook has come")
	}
}

// An answer tells of the newest check. One that failed before it, while Stripe did not answer, is in the list of events, which is
// asked for every hour, and by reconcile. Events in that list are no sign that webhooks do not come.
func TestTwoChecksBeforeStripeAnswersAThinEvent(t *testing.T) {
	t.Parallel() // beside others that wait
	v := thinStory(t, false)
	v.Sim.AddFault(stripesim.Fault{Path: SessionsPath + "/" + v.session.ID, Status: 503, Times: -1})
	for _, code := range []string{"document_expired", "selfie_face_mismatch"} {
		v.Finish(v.session.ID, code)
		v.stripe.Move(time.Minute)
	}
	v.goOn()
	if got := v.person.Attempts(v.App); got != "selfie_face_mismatch" {
		t.Errorf("the answer tells of the newest check, got %q", got)
	}
	if out, err := v.Reconcile(v.Database); err != nil {
		t.Fatalf("reconcile: %v\n%s", err, out)
	}
	if got := v.person.Attempts(v.App); got != "selfie_face_mismatch document_expired" {
		t.Errorf("each check counts by its report, got %q", got)
	}
	v.doctorSays("PASS  last event", "received")
}

// A thin event is ours by the rules for snapshots, and of no other kind at all.
func TestThinEventsNotForUs(t *testing.T) {
	a := StartTeam(t, new(inbox).handles("charge.succeeded", "v1.charge.succeeded"))
	session := a.Browser().Verify(a)
	a.NothingIsLeft()
	const verified = "v1." + VerifiedEvent
	asked := a.Retrieves(session.ID)
	for id, c := range map[string]struct {
		want  string
		event Object
	}{
		"evt_stranger":  {"unmatched", Thin("evt_stranger", verified, "vs_of_another_app")},
		"evt_created":   {"ignored", Thin("evt_created", "v1.identity.verification_session.created", session.ID)},
		"evt_unknown":   {"ignored", Thin("evt_unknown", "v1.identity.verification_session.approved", session.ID)},
		"evt_no_twin":   {"ignored", Thin("evt_no_twin", VerifiedEvent, session.ID)},
		"evt_own":       {"ignored", Thin("evt_own", "v1.charge.succeeded", "ch_1")},
		"evt_other":     {"ignored", Thin("evt_other", "v2.core.account.updated", stripesim.AccountA)},
		"evt_nothing":   {"ignored", Thin("evt_nothing", "v2.core.event_destination.ping", "").With(Object{"related_object": nil})},
		"evt_ended":     {"ignored", Thin("evt_ended", "account.application.deauthorized", "ca_simulator").With(Object{"context": stripesim.AccountA})},
		"evt_account":   {"ignored", Thin("evt_account", verified, session.ID).With(Object{"context": stripesim.AccountA})},
		"evt_org":       {"ignored", Thin("evt_org", verified, session.ID).With(Object{"context": "org_1/" + stripesim.PlatformAccount})},
		"evt_live":      {"", Thin("evt_live", verified, session.ID).With(Object{"livemode": true})}, // not at all
		"evt_reference": {"unmatched", Thin("evt_reference", verified, session.Reference)},
	} {
		if got := a.Deliver(c.event.JSON(t), PlatformSecret); got.Status != 200 || strings.TrimSpace(got.Body) != `{"received":true}` {
			t.Errorf("%s must be acknowledged, got %d %s", id, got.Status, got.Body)
		}
		if got := a.Result(id); got != c.want {
			t.Errorf("%s must be recorded as %q, got %q", id, c.want, got)
		}
	}
	a.NothingIsLeft()
	if now := a.Retrieves(session.ID); now != asked {
		t.Errorf("Stripe must not be asked about what is not ours, got %d questions", now-asked)
	}
	if got := a.Rows("SELECT account FROM events WHERE id IN ('evt_account', 'evt_org') ORDER BY id"); fmt.Sprint(got) != fmt.Sprint([]string{stripesim.AccountA, stripesim.PlatformAccount}) {
		t.Errorf("whose an event is must be on record, got %q", got)
	}
	a.doctorSays("WARN  ignored events", "1 about this very account's own sessions")
}

// The door is the same for both styles, and what names no session, or is no event, stays outside.
func TestThinEventsAtTheDoor(t *testing.T) {
	a := Start(t)
	session, now := a.Browser().Verify(a), time.Now()
	a.Idle()
	event := Thin("evt_thin", "v1."+VerifiedEvent, session.ID)
	body := event.JSON(t)
	large := event.With(Object{"reason": strings.Repeat("x", 256<<10)}).JSON(t)
	for name, c := range map[string]struct {
		body, header string
		want         int
	}{
		"unsigned":            {body, "-", 400},
		"with a wrong secret": {body, Sign(body, "whsec_somebody_elses", now), 400},
		"with an old time":    {body, Sign(body, PlatformSecret, now.Add(-5*time.Minute-2*time.Second)), 400},
		"too large":           {large, Sign(large, PlatformSecret, now), 413},
	} {
		if got := a.Knock(c.body, c.header); got.Status != c.want {
			t.Errorf("a thin event %s must be answered %d, got %d %s", name, c.want, got.Status, got.Body)
		}
	}
	for name, fields := range map[string]Object{
		"id": {"id": ""}, "type": {"type": nil}, "kind of object": {"object": "event"}, "created": {"created": nil}, "time": {"created": "yesterday"},
		"related object": {"related_object": nil}, "related object's id": {"related_object": Object{"type": "identity.verification_session"}},
	} {
		if got := a.Deliver(event.With(fields).JSON(t), PlatformSecret); got.Status != 400 || got.Code() != "bad_request" {
			t.Errorf("what has no %s must be answered 400, got %d %s", name, got.Status, got.Body)
		}
	}
	if got := a.Rows("SELECT id FROM events WHERE type LIKE 'v1.%'"); len(got) != 0 {
		t.Errorf("what was refused must leave no row in events, got %q", got)
	}
	if got := a.Deliver(body, PlatformSecret); got.Status != 200 || a.Result("evt_thin") != "asked" {
		t.Errorf("the event as it is must be taken, got %d %s", got.Status, a.Result("evt_thin"))
	}
}
