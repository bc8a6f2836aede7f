package tests

import (
	"encoding/json"
	"maps"
	"strings"
	"testing"
	"time"
)

// Nobody but Stripe gets through the door, and what is no event stays outside.
func TestWebhookRefuses(t *testing.T) {
	a := Start(t)
	person := a.Browser()
	session := person.Verify(a)
	a.Idle()
	before := len(a.Rows("SELECT id FROM events"))
	event := Snapshot("evt_forged", VerifiedEvent, About(session, "verified"))
	body, now := event.JSON(t), time.Now()
	signed := func(body string) string { return Sign(body, PlatformSecret, now) }
	without := func(name string) string {
		less := maps.Clone(event)
		delete(less, name)
		return less.JSON(t)
	}
	_, v1, _ := strings.Cut(signed(body), ",")
	for _, c := range []struct{ name, body, header string }{
		{"unsigned", body, "-"},
		{"an empty header", body, ""},
		{"a header without a signature", body, "t=" + time.Now().Format("20060102")},
		{"a header that is nonsense", body, "v1"},
		{"a signature without a time", body, v1},
		{"another scheme's signature", body, strings.Replace(signed(body), "v1=", "v0=", 1)},
		{"older than five minutes", body, Sign(body, PlatformSecret, now.Add(-5*time.Minute-2*time.Second))},
		{"signed with a wrong secret", body, Sign(body, "whsec_somebody_elses", now)},
		{"signed with an empty secret", body, Sign(body, "", now)},
		{"one byte more than was signed", body + "\n", signed(body)},
		{"one byte changed", strings.Replace(body, "evt_forged", "evt_forgee", 1), signed(body)},
		{"without data", without("data"), signed(without("data"))},
		{"with empty data", event.With(Object{"data": Object{}}).JSON(t), signed(event.With(Object{"data": Object{}}).JSON(t))},
		{"with a null object", event.With(Object{"data": Object{"object": nil}}).JSON(t),
			signed(event.With(Object{"data": Object{"object": nil}}).JSON(t))},
		{"without an id", without("id"), signed(without("id"))},
		{"without a type", without("type"), signed(without("type"))},
		{"an array", "[" + body + "]", signed("[" + body + "]")},
		{"not JSON", "hello", signed("hello")},
		{"empty", "", signed("")},
	} {
		got := a.Knock(c.body, c.header)
		if got.Status != 400 || got.Code() != "bad_request" {
			t.Errorf("a delivery that is %s must be answered 400 bad_request, got %d %s", c.name, got.Status, got.Body)
		}
	}
	if after := len(a.Rows("SELECT id FROM events")); after != before {
		t.Errorf("what was refused must leave no row in events, got %d more", after-before)
	}
	if got := a.Rows("SELECT verified FROM users"); len(got) != 1 || got[0] != "0" {
		t.Errorf("what was refused must verify nobody, got %q", got)
	}
}

// The signature's five minutes hold in both directions of a clock that is off a little.
func TestWebhookClock(t *testing.T) {
	a := Start(t)
	for name, skew := range map[string]time.Duration{"evt_past": -4*time.Minute - 50*time.Second, "evt_future": 5 * time.Minute} {
		body := Snapshot(name, "charge.succeeded", Object{"id": "ch_1"}).JSON(t)
		if got := a.Knock(body, Sign(body, PlatformSecret, time.Now().Add(skew))); got.Status != 200 {
			t.Errorf("a signature that is %v off must be accepted, got %d %s", skew, got.Status, got.Body)
		}
	}
}

// The body is read up to 256 KiB, signed or not.
func TestWebhookSize(t *testing.T) {
	a := Start(t)
	const limit = 256 << 10
	event := Snapshot("evt_large", "charge.succeeded", Object{"id": "ch_1", "description": ""})
	fill := strings.Repeat("x", limit-len(event.JSON(t)))
	fits := Snapshot("evt_large", "charge.succeeded", Object{"id": "ch_1", "description": fill}).JSON(t)
	over := Snapshot("evt_large", "charge.succeeded", Object{"id": "ch_1", "description": fill + "x"}).JSON(t)
	if got := a.Knock(over, Sign(over, PlatformSecret, time.Now())); got.Status != 413 || got.Code() != "too_large" {
		t.Errorf("a body of %d bytes must be answered 413, got %d %s", len(over), got.Status, got.Body)
	}
	if got := a.Knock(over, "-"); got.Status != 413 {
		t.Errorf("a body over 256 KiB must be answered 413 without a signature too, got %d", got.Status)
	}
	if got := a.Knock(fits, Sign(fits, PlatformSecret, time.Now())); got.Status != 200 {
		t.Errorf("a body of %d bytes must be accepted, got %d %s", len(fits), got.Status, got.Body)
	}
}

// A person who opens the address gets an answer that a program can read.
func TestWebhookMethod(t *testing.T) {
	a := Start(t)
	got := a.Browser().Get("/webhook")
	if got.Status != 405 || got.Code() != "method_not_allowed" || !strings.HasPrefix(got.Header.Get("Content-Type"), "application/json") {
		t.Errorf("GET /webhook must be answered 405 in JSON, got %d %s\n%s", got.Status, got.Header.Get("Content-Type"), got.Body)
	}
}

// Each configured secret opens the door, alone and beside another one's signature,
// however it was pasted into the settings.
func TestWebhookSecrets(t *testing.T) {
	secrets := []string{PlatformSecret, "whsec_new", ConnectSecret}
	a := Start(t, "STRIPE_WEBHOOK_SECRET= "+strings.Join(secrets, "\r\n , ")+"\n")
	for _, secret := range secrets {
		body := Snapshot("evt_"+secret, "charge.succeeded", Object{"id": "ch_1"}).JSON(t)
		if got := a.Deliver(body, secret); got.Status != 200 || strings.TrimSpace(got.Body) != `{"received":true}` {
			t.Errorf("an event signed with %s must be answered {\"received\":true}, got %d %s", secret, got.Status, got.Body)
		}
	}
	for name, order := range map[string][2]string{"evt_first": {"whsec_old", PlatformSecret}, "evt_second": {PlatformSecret, "whsec_old"}} {
		body, now := Snapshot(name, "charge.succeeded", Object{"id": "ch_1"}).JSON(t), time.Now()
		_, second, _ := strings.Cut(Sign(body, order[1], now), ",")
		if got := a.Knock(body, Sign(body, order[0], now)+","+second); got.Status != 200 {
			t.Errorf("of two v1 signatures in one header one that fits is enough (%s), got %d %s", name, got.Status, got.Body)
		}
	}
}

// The table of events is a promise, and holds nothing of what the events said.
func TestEventsKeepNoPayload(t *testing.T) {
	a := Start(t)
	session := a.Browser().Verify(a)
	private := []string{"person@mail.example", "Ada Private", "live_link_token", "vs_secret_of_client", "A sentence of Stripe's."}
	event := Snapshot("evt_private", RequiresInputEvent, Failed(session, "document_expired", "vr_1").With(Object{
		"provided_details": Object{"email": private[0]}, "verified_outputs": Object{"first_name": private[1]},
		"url": "https://verify.stripe.com/start/" + private[2], "client_secret": private[3]}))
	if got := a.Deliver(event.JSON(t), PlatformSecret); got.Status != 200 {
		t.Fatalf("the event must be accepted, got %d %s", got.Status, got.Body)
	}
	want := "id type livemode account object_id created_at received_at result fetched person"
	if got := strings.Join(columns(t, Raw(t, a.Database), "events"), " "); got != want {
		t.Errorf("the columns of events are a contract:\n got %s\nwant %s", got, want)
	}
	row := a.Rows("SELECT type, livemode, account, object_id, created_at, result, received_at > 0 FROM events WHERE id = 'evt_private'")
	created, _ := json.Marshal(event["created"])
	if wanted := RequiresInputEvent + "|0||" + session.ID + "|" + string(created) + "|applied|1"; len(row) != 1 || row[0] != wanted {
		t.Errorf("the event's row:\n got %q\nwant %q", row, wanted)
	}
	for _, text := range private {
		if a.Remembers(text) {
			t.Errorf("the database must not hold %q of an event", text)
		}
		if strings.Contains(a.Out.String(), text) {
			t.Errorf("the log must not hold %q of an event", text)
		}
	}
}
