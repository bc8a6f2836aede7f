package main

import (
	"encoding/json"
	"maps"
	"net/http"
	"strings"
	"testing"
	"time"

	"example.com/identity-starter/stripesim"
)

const (
	verifiedEvent      = "identity.verification_session.verified"
	requiresInputEvent = "identity.verification_session.requires_input"
	processingEvent    = "identity.verification_session.processing"
	canceledEvent      = "identity.verification_session.canceled"
)

// object is a part of an event's JSON.
type object map[string]any

// with is a copy of o with these fields set on top.
func (o object) with(fields object) object {
	all := maps.Clone(o)
	maps.Copy(all, fields)
	return all
}

func (o object) json(t *testing.T) string {
	t.Helper()
	body, err := json.Marshal(o)
	if err != nil {
		t.Fatal(err)
	}
	return string(body)
}

// snapshot is a snapshot event of Stripe's about something.
func snapshot(id, kind string, about object) object {
	return object{"id": id, "object": "event", "type": kind, "created": time.Now().Unix(), "livemode": false,
		"api_version": "2025-08-27.basil", "pending_webhooks": 1, "request": object{"id": nil, "idempotency_key": nil},
		"data": object{"object": about}}
}

// about is a session as an event about it shows it.
func about(s stripesim.Session, status string) object {
	return object{"id": s.ID, "object": "identity.verification_session", "status": status, "livemode": false,
		"client_reference_id": s.Reference, "metadata": object{"user_id": s.UserID}, "last_error": nil,
		"last_verification_report": nil, "type": "document", "url": nil, "client_secret": nil}
}

// failed is a session whose check has failed with the code, as the report says.
func failed(s stripesim.Session, code, report string) object {
	return about(s, "requires_input").with(object{"last_error": object{"code": code, "reason": "A sentence of Stripe's."},
		"last_verification_report": report})
}

// result is what became of the event with this id; "" when it is not recorded.
func (a *app) result(event string) string {
	a.t.Helper()
	return strings.Join(a.rows("SELECT result FROM events WHERE id = ?", event), ",")
}

// knock posts a body to the webhook with that Stripe-Signature header; "-" sends none.
func (a *app) knock(body, header string) answer {
	a.t.Helper()
	door := a.browser() // a browser's Accept: the webhook speaks JSON all the same
	request := door.request("POST", "/webhook", strings.NewReader(body))
	if header != "-" {
		request.Header.Set("Stripe-Signature", header)
	}
	return door.send(request)
}

// Nobody but Stripe gets through the door, and what is no event stays outside.
func TestWebhookRefuses(t *testing.T) {
	a := start(t)
	person := a.browser()
	session := person.verify(a)
	a.idle()
	before := len(a.rows("SELECT id FROM events"))
	event := snapshot("evt_forged", verifiedEvent, about(session, "verified"))
	body, now := event.json(t), time.Now()
	signed := func(body string) string { return sign(body, platformSecret, now) }
	without := func(name string) string {
		less := maps.Clone(event)
		delete(less, name)
		return less.json(t)
	}
	thin := object{"id": "evt_thin", "object": "v2.core.event", "type": "v1." + verifiedEvent, "created": "2026-01-01T00:00:00.000Z",
		"livemode": false, "related_object": object{"id": session.ID, "type": "identity.verification_session"}}.json(t)
	_, v1, _ := strings.Cut(signed(body), ",")
	for _, c := range []struct{ name, body, header string }{
		{"unsigned", body, "-"},
		{"an empty header", body, ""},
		{"a header without a signature", body, "t=" + time.Now().Format("20060102")},
		{"a header that is nonsense", body, "v1"},
		{"a signature without a time", body, v1},
		{"another scheme's signature", body, strings.Replace(signed(body), "v1=", "v0=", 1)},
		{"older than five minutes", body, sign(body, platformSecret, now.Add(-5*time.Minute-2*time.Second))},
		{"signed with a wrong secret", body, sign(body, "whsec_somebody_elses", now)},
		{"signed with an empty secret", body, sign(body, "", now)},
		{"one byte more than was signed", body + "\n", signed(body)},
		{"one byte changed", strings.Replace(body, "evt_forged", "evt_forgee", 1), signed(body)},
		{"a thin event", thin, signed(thin)},
		{"without data", without("data"), signed(without("data"))},
		{"with empty data", event.with(object{"data": object{}}).json(t), signed(event.with(object{"data": object{}}).json(t))},
		{"with a null object", event.with(object{"data": object{"object": nil}}).json(t),
			signed(event.with(object{"data": object{"object": nil}}).json(t))},
		{"without an id", without("id"), signed(without("id"))},
		{"without a type", without("type"), signed(without("type"))},
		{"an array", "[" + body + "]", signed("[" + body + "]")},
		{"not JSON", "hello", signed("hello")},
		{"empty", "", signed("")},
	} {
		got := a.knock(c.body, c.header)
		if got.status != 400 || got.code() != "bad_request" {
			t.Errorf("a delivery that is %s must be answered 400 bad_request, got %d %s", c.name, got.status, got.body)
		}
	}
	if after := len(a.rows("SELECT id FROM events")); after != before {
		t.Errorf("what was refused must leave no row in events, got %d more", after-before)
	}
	if got := a.rows("SELECT verified FROM users"); len(got) != 1 || got[0] != "0" {
		t.Errorf("what was refused must verify nobody, got %q", got)
	}
}

// The signature's five minutes hold in both directions of a clock that is off a little.
func TestWebhookClock(t *testing.T) {
	a := start(t)
	for name, skew := range map[string]time.Duration{"evt_past": -4*time.Minute - 50*time.Second, "evt_future": 5 * time.Minute} {
		body := snapshot(name, "charge.succeeded", object{"id": "ch_1"}).json(t)
		if got := a.knock(body, sign(body, platformSecret, time.Now().Add(skew))); got.status != 200 {
			t.Errorf("a signature that is %v off must be accepted, got %d %s", skew, got.status, got.body)
		}
	}
}

// The body is read up to 256 KiB, signed or not.
func TestWebhookSize(t *testing.T) {
	a := start(t)
	const limit = 256 << 10
	event := snapshot("evt_large", "charge.succeeded", object{"id": "ch_1", "description": ""})
	fill := strings.Repeat("x", limit-len(event.json(t)))
	fits := snapshot("evt_large", "charge.succeeded", object{"id": "ch_1", "description": fill}).json(t)
	over := snapshot("evt_large", "charge.succeeded", object{"id": "ch_1", "description": fill + "x"}).json(t)
	if got := a.knock(over, sign(over, platformSecret, time.Now())); got.status != 413 || got.code() != "too_large" {
		t.Errorf("a body of %d bytes must be answered 413, got %d %s", len(over), got.status, got.body)
	}
	if got := a.knock(over, "-"); got.status != 413 {
		t.Errorf("a body over 256 KiB must be answered 413 without a signature too, got %d", got.status)
	}
	if got := a.knock(fits, sign(fits, platformSecret, time.Now())); got.status != 200 {
		t.Errorf("a body of %d bytes must be accepted, got %d %s", len(fits), got.status, got.body)
	}
}

// A person who opens the address gets an answer that a program can read.
func TestWebhookMethod(t *testing.T) {
	a := start(t)
	got := a.browser().get("/webhook")
	if got.status != 405 || got.code() != "method_not_allowed" || !strings.HasPrefix(got.header.Get("Content-Type"), "application/json") {
		t.Errorf("GET /webhook must be answered 405 in JSON, got %d %s\n%s", got.status, got.header.Get("Content-Type"), got.body)
	}
}

// Each configured secret opens the door, alone and beside another one's signature,
// however it was pasted into the settings.
func TestWebhookSecrets(t *testing.T) {
	secrets := []string{platformSecret, "whsec_new", connectSecret}
	a := start(t, "STRIPE_WEBHOOK_SECRET= "+strings.Join(secrets, "\r\n , ")+"\n")
	for _, secret := range secrets {
		body := snapshot("evt_"+secret, "charge.succeeded", object{"id": "ch_1"}).json(t)
		if got := a.deliver(body, secret); got.status != 200 || strings.TrimSpace(got.body) != `{"received":true}` {
			t.Errorf("an event signed with %s must be answered {\"received\":true}, got %d %s", secret, got.status, got.body)
		}
	}
	for name, order := range map[string][2]string{"evt_first": {"whsec_old", platformSecret}, "evt_second": {platformSecret, "whsec_old"}} {
		body, now := snapshot(name, "charge.succeeded", object{"id": "ch_1"}).json(t), time.Now()
		_, second, _ := strings.Cut(sign(body, order[1], now), ",")
		if got := a.knock(body, sign(body, order[0], now)+","+second); got.status != 200 {
			t.Errorf("of two v1 signatures in one header one that fits is enough (%s), got %d %s", name, got.status, got.body)
		}
	}
}

// The table of events is a promise, and holds nothing of what the events said.
func TestEventsKeepNoPayload(t *testing.T) {
	a := start(t)
	session := a.browser().verify(a)
	private := []string{"person@mail.example", "Ada Private", "live_link_token", "vs_secret_of_client", "A sentence of Stripe's."}
	event := snapshot("evt_private", requiresInputEvent, failed(session, "document_expired", "vr_1").with(object{
		"provided_details": object{"email": private[0]}, "verified_outputs": object{"first_name": private[1]},
		"url": "https://verify.stripe.com/start/" + private[2], "client_secret": private[3]}))
	if got := a.deliver(event.json(t), platformSecret); got.status != 200 {
		t.Fatalf("the event must be accepted, got %d %s", got.status, got.body)
	}
	want := "id type livemode account object_id created_at received_at result"
	if got := strings.Join(a.rows("SELECT name FROM pragma_table_info('events') ORDER BY cid"), " "); got != want {
		t.Errorf("the columns of events are a contract:\n got %s\nwant %s", got, want)
	}
	row := a.rows("SELECT type, livemode, account, object_id, created_at, result, typeof(received_at) FROM events WHERE id = 'evt_private'")
	created, _ := json.Marshal(event["created"])
	if wanted := requiresInputEvent + "|0||" + session.ID + "|" + string(created) + "|applied|integer"; len(row) != 1 || row[0] != wanted {
		t.Errorf("the event's row:\n got %q\nwant %q", row, wanted)
	}
	for _, text := range private {
		if a.remembers(text) {
			t.Errorf("the database must not hold %q of an event", text)
		}
		if strings.Contains(a.out.String(), text) {
			t.Errorf("the log must not hold %q of an event", text)
		}
	}
}

// signed is a delivery of the body as Stripe makes it.
func (b *browser) signed(body string) *http.Request {
	b.t.Helper()
	request := b.request("POST", "/webhook", strings.NewReader(body))
	request.Header.Set("Stripe-Signature", sign(body, platformSecret, time.Now()))
	return request
}
