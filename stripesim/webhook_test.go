package stripesim_test

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"example.com/identity-starter/stripesim"
	"github.com/stripe/stripe-go/v82"
	"github.com/stripe/stripe-go/v82/webhook"
)

const secret = "whsec_simulator"

// listening is a simulator with one endpoint for all events of the platform.
func listening(t *testing.T, cfg stripesim.Config, answers ...int) (*stripesim.Sim, *receiver) {
	t.Helper()
	s, rc := start(t, cfg), receive(t, answers...)
	s.AddEndpoint(stripesim.Endpoint{ID: "we_one", URL: rc.url, Secret: secret})
	return s, rc
}

func TestWebhooksAreSignedAsStripeSigns(t *testing.T) {
	s, rc := listening(t, stripesim.Config{})
	v := create(t, s)
	idle(t, s)
	h := rc.hooks()[0]
	signature := h.header.Get("Stripe-Signature")
	if err := webhook.ValidatePayload(h.body, signature, secret); err != nil {
		t.Errorf("stripe-go does not accept %q: %v", signature, err)
	}
	if err := webhook.ValidatePayload(h.body, signature, "whsec_other"); err == nil {
		t.Error("another secret must not fit")
	}
	if !strings.Contains(signature, ",v1=") || !strings.Contains(signature, ",v0=") {
		t.Errorf("signature is %q", signature)
	}
	if h.header.Get("Content-Type") != "application/json; charset=utf-8" || !strings.HasPrefix(h.header.Get("User-Agent"), "Stripe/1.0 (") {
		t.Errorf("headers are %v", h.header)
	}
	e, err := webhook.ConstructEventWithOptions(h.body, signature, secret, webhook.ConstructEventOptions{IgnoreAPIVersionMismatch: true})
	if err != nil || e.APIVersion != "2026-09-30.endive" || e.Data.Object["id"] != v.ID || e.Request == nil || e.Request.ID == "" {
		t.Errorf("event is %+v, %v", e, err)
	}
	if _, err := webhook.ConstructEvent(h.body, signature, secret); err == nil {
		t.Error("the default version is newer than stripe-go's, as at a new account")
	}
}

func TestAnEndpointGetsItsOwnAPIVersion(t *testing.T) {
	s, rc := start(t, stripesim.Config{}), receive(t)
	s.AddEndpoint(stripesim.Endpoint{URL: rc.url, Secret: secret, APIVersion: stripe.APIVersion})
	create(t, s)
	idle(t, s)
	h := rc.hooks()[0]
	if _, err := webhook.ConstructEvent(h.body, h.header.Get("Stripe-Signature"), secret); err != nil {
		t.Errorf("an endpoint pinned to stripe-go's version: %v", err)
	}
}

// An organization's endpoint hears of an account's own events as a Connect endpoint does of a connected one's; in lists they name none.
func TestAnOrganizationsEndpointNamesTheAccount(t *testing.T) {
	s, rc := listening(t, stripesim.Config{})
	s.AddEndpoint(stripesim.Endpoint{ID: "we_one", URL: rc.url, Secret: secret, Organization: true})
	create(t, s)
	idle(t, s)
	if hooks := rc.hooks(); len(hooks) != 1 || !strings.Contains(string(hooks[0].body), `"account": "`+stripesim.PlatformAccount+`"`) {
		t.Errorf("one event that names the account must come, got %+v", hooks)
	}
	if e := s.Events()[0]; e.Account != "" {
		t.Errorf("the event itself names none, got %q", e.Account)
	}
}

// A thin event names the object, and its twin where another endpoint gets that. Its id stays the same however often it is sent.
func TestThinEvents(t *testing.T) {
	for name, twins := range map[string]bool{"alone": false, "with a twin": true} {
		t.Run(name, func(t *testing.T) {
			s, rc := start(t, stripesim.Config{}), receive(t)
			if twins {
				s.AddEndpoint(stripesim.Endpoint{URL: rc.url, Secret: secret})
			}
			s.AddEndpoint(stripesim.Endpoint{ID: "we_thin", URL: rc.url, Secret: secret, Thin: true, Events: []string{"v1.identity.verification_session.created"}})
			v := create(t, s)
			if err := s.Redeliver(s.Events()[0].ID); err != nil {
				t.Fatal(err)
			}
			idle(t, s)
			var got []string
			for _, h := range rc.hooks() {
				var e struct {
					ID, Object, Type, Created string
					Snapshot                  string                         `json:"snapshot_event"`
					Related                   struct{ ID, Type, URL string } `json:"related_object"`
				}
				if err := json.Unmarshal(h.body, &e); err != nil && !twins || webhook.ValidatePayload(h.body, h.header.Get("Stripe-Signature"), secret) != nil {
					t.Fatalf("a thin event must be signed JSON, got %v %s", err, h.body)
				}
				if e.Object != "v2.core.event" {
					continue
				}
				got = append(got, e.ID)
				if _, err := time.Parse(time.RFC3339, e.Created); err != nil || e.Type != "v1.identity.verification_session.created" || e.Related.ID != v.ID ||
					e.Related.Type != "identity.verification_session" || e.Related.URL != sessionsPath+"/"+v.ID || strings.Contains(string(h.body), "client_secret") {
					t.Errorf("a thin event must name the session and nothing else of it, got %s", h.body)
				}
				if twin := e.Snapshot == s.Events()[0].ID; twin != twins || !twins && e.Snapshot != "" {
					t.Errorf("a thin event must name its twin where there is one, got %q", e.Snapshot)
				}
			}
			if len(got) != 2 || got[0] != got[1] || got[0] == s.Events()[0].ID {
				t.Errorf("it must come twice with one id of its own, got %q", got)
			}
		})
	}
}

func TestLiveRetriesTakeThreeDays(t *testing.T) {
	sum, before := time.Duration(0), time.Duration(0)
	for _, wait := range stripesim.LiveRetries() {
		if sum += wait; wait < before || wait < time.Hour {
			t.Errorf("each wait takes hours, and none is shorter than the last, got %v after %v", wait, before)
		}
		before = wait
	}
	if sum > 72*time.Hour || sum < 60*time.Hour {
		t.Errorf("Stripe repeats for three days, got %v", sum)
	}
}

func TestFailedDeliveriesAreRetriedAndThenGivenUp(t *testing.T) {
	retries := []time.Duration{time.Millisecond, time.Millisecond}
	for name, tc := range map[string]struct{ answers, want []int }{
		"until accepted": {[]int{500, 302}, []int{500, 302, 200}},
		"then given up":  {[]int{500, 404, 400}, []int{500, 404, 400}},
		"not after 2xx":  {[]int{202}, []int{202}},
	} {
		t.Run(name, func(t *testing.T) {
			s, _ := listening(t, stripesim.Config{RetryAfter: retries}, tc.answers...)
			create(t, s)
			eventually(t, "all attempts are made", func() bool { return len(s.Deliveries()) == len(tc.want) })
			var got []int
			for i, d := range s.Deliveries() {
				got = append(got, d.Status)
				if d.Endpoint != "we_one" || d.Attempt != i+1 {
					t.Errorf("delivery is %+v", d)
				}
			}
			if !slices.Equal(got, tc.want) {
				t.Errorf("statuses are %v, want %v", got, tc.want)
			}
		})
	}
}

func TestIdleDoesNotWaitForRetries(t *testing.T) {
	s, rc := listening(t, stripesim.Config{RetryAfter: []time.Duration{time.Hour}}, 500)
	create(t, s)
	idle(t, s)
	if n := len(rc.hooks()); n != 1 {
		t.Errorf("after the first attempt there were %d", n)
	}
	r := request(t, http.MethodGet, s.URL()+"/v1/events", map[string][]string{"delivery_success": {"false"}})
	if !strings.Contains(r.body, s.Events()[0].ID) {
		t.Errorf("an event that waits for a retry is not delivered: %s", r.body)
	}
}

func TestSwitches(t *testing.T) {
	for name, tc := range map[string]struct {
		sw   stripesim.Switches
		want []string
	}{
		"duplicate": {stripesim.Switches{Duplicate: 2}, []string{"created", "created", "created", "requires_input", "requires_input", "requires_input"}},
		"drop":      {stripesim.Switches{Drop: true}, nil},
		"delay":     {stripesim.Switches{Delay: time.Millisecond}, []string{"created", "requires_input"}},
	} {
		t.Run(name, func(t *testing.T) {
			s, rc := listening(t, stripesim.Config{RetryAfter: noRetries})
			s.SetDelivery(tc.sw)
			finish(t, s, create(t, s).ID, "abandoned")
			idle(t, s)
			if got := rc.types(t); !sameAnyOrder(got, tc.want) {
				t.Errorf("got %v, want %v", got, tc.want)
			}
		})
	}
}

func TestReorderSendsTheNewestFirst(t *testing.T) {
	s, rc := listening(t, stripesim.Config{})
	id := create(t, s).ID
	idle(t, s)
	s.SetDelivery(stripesim.Switches{Reorder: true})
	finish(t, s, id, "verified")
	idle(t, s)
	if got := rc.types(t); !slices.Equal(got, []string{"created", "verified", "processing"}) {
		t.Errorf("order is %v", got)
	}
}

func TestHeldEventsWaitAndGoOutInOrder(t *testing.T) {
	for _, reorder := range []bool{false, true} {
		s, rc := listening(t, stripesim.Config{})
		s.SetDelivery(stripesim.Switches{Reorder: reorder})
		s.Hold()
		id := create(t, s).ID
		finish(t, s, id, "document_expired")
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
		if err := s.Idle(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("held events keep Idle waiting, got %v", err)
		}
		cancel()
		if n := len(rc.hooks()); n != 0 {
			t.Fatalf("%d events went out in spite of Hold", n)
		}
		if err := s.Redeliver(s.Events()[1].ID); err != nil {
			t.Fatal(err)
		}
		eventually(t, "the resent event arrives", func() bool { return len(rc.hooks()) == 1 })
		s.Release()
		idle(t, s)
		want := []string{"created", "processing", "requires_input"}
		if reorder {
			slices.Reverse(want)
		}
		if got := rc.types(t); !slices.Equal(got, append([]string{"processing"}, want...)) {
			t.Errorf("reorder %v: order is %v", reorder, got)
		}
	}
}

func TestRedeliverSendsTheSameEventAgain(t *testing.T) {
	s, rc := listening(t, stripesim.Config{})
	create(t, s)
	idle(t, s)
	if err := s.Redeliver(s.Events()[0].ID); err != nil {
		t.Fatal(err)
	}
	idle(t, s)
	if h := rc.hooks(); len(h) != 2 || string(h[0].body) != string(h[1].body) {
		t.Errorf("got %d deliveries, which must be equal", len(h))
	}
	if s.Redeliver("evt_none") == nil {
		t.Error("an event that does not exist cannot be resent")
	}
}

func TestEmitSendsWhatATestMakesUp(t *testing.T) {
	s, rc := listening(t, stripesim.Config{})
	connected := receive(t)
	s.AddEndpoint(stripesim.Endpoint{URL: connected.url, Connect: true, Events: []string{"made.up"}})
	for _, account := range []string{"", "acct_other"} {
		if _, err := s.Emit("made.up", account, map[string]any{"id": "thing"}); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := s.Emit("made.up", "", make(chan int)); err == nil {
		t.Error("an object that is no JSON must be refused")
	}
	idle(t, s)
	if a, b := rc.types(t), connected.types(t); len(a) != 1 || len(b) != 1 {
		t.Errorf("each endpoint gets its own, got %v and %v", a, b)
	}
	var e struct{ Account string }
	if err := json.Unmarshal(connected.hooks()[0].body, &e); err != nil || e.Account != "acct_other" {
		t.Errorf("event is %s, %v", connected.hooks()[0].body, err)
	}
	if got := s.Events()[0]; got.ObjectID != "thing" || got.Type != "made.up" {
		t.Errorf("event is %+v", got)
	}
}

func TestOnlyLoopbackIsEverContacted(t *testing.T) {
	s := start(t, stripesim.Config{RetryAfter: noRetries})
	s.AddEndpoint(stripesim.Endpoint{URL: "http://192.0.2.1/webhook"})
	s.AddEndpoint(stripesim.Endpoint{URL: "http://localhost.example.com/webhook"})
	create(t, s)
	idle(t, s)
	for _, d := range s.Deliveries() {
		if d.Status != 0 || !strings.Contains(d.Err, "not a loopback address") {
			t.Errorf("delivery is %+v", d)
		}
	}
	if n := len(s.Deliveries()); n != 2 {
		t.Errorf("%d deliveries are recorded, want 2", n)
	}
}
