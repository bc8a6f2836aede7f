package stripesim_test

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"example.com/identity-starter/stripesim"
)

var document = url.Values{"type": {"document"}}

func post(t *testing.T, s *stripesim.Sim, key string, form url.Values) (reply, error) {
	t.Helper()
	return tryRequest(t.Context(), http.MethodPost, s.URL()+sessionsPath, form, "Idempotency-Key", key)
}

func mustPost(t *testing.T, s *stripesim.Sim, key string, form url.Values) reply {
	t.Helper()
	r, err := post(t, s, key, form)
	if err != nil {
		t.Fatalf("create: %v", err)
	}
	return r
}

func TestAKeyReplaysTheFirstAnswer(t *testing.T) {
	c := newClock()
	s := start(t, stripesim.Config{Now: c.now})
	first, second := mustPost(t, s, "key", document), mustPost(t, s, "key", document)
	if second.body != first.body || second.status != http.StatusOK || second.header.Get("Idempotent-Replayed") != "true" ||
		first.header.Get("Idempotent-Replayed") != "" || len(s.Sessions()) != 1 {
		t.Errorf("the same key and parameters must replay:\n%s\n%s", first.body, second.body)
	}
	other := mustPost(t, s, "key", url.Values{"type": {"id_number"}})
	if other.status != http.StatusBadRequest || !strings.Contains(other.body, "idempotency_error") {
		t.Errorf("other parameters: %d %s", other.status, other.body)
	}
	elsewhere := request(t, http.MethodPost, s.URL()+"/v1/webhook_endpoints", document, "Idempotency-Key", "key")
	if elsewhere.status != http.StatusBadRequest || !strings.Contains(elsewhere.body, "same endpoint") {
		t.Errorf("another path: %d %s", elsewhere.status, elsewhere.body)
	}
	if mustPost(t, s, "another", document).body == first.body {
		t.Error("another key makes another session")
	}
	c.forward(25 * 60 * 60 * 1e9)
	if mustPost(t, s, "key", document).body == first.body {
		t.Error("after a day a key may be used again")
	}
}

func TestRefusedParametersDoNotUseUpAKey(t *testing.T) {
	s := start(t, stripesim.Config{})
	if r := mustPost(t, s, "key", url.Values{"type": {"passport"}}); r.status != http.StatusBadRequest {
		t.Fatalf("got %d", r.status)
	}
	if r := mustPost(t, s, "key", document); r.status != http.StatusOK {
		t.Errorf("nothing was executed, so the key is free, got %d %s", r.status, r.body)
	}
}

func TestAKeyInFlightIsRefusedAndNotSaved(t *testing.T) {
	s := start(t, stripesim.Config{})
	s.AddFault(stripesim.Fault{Path: sessionsPath, Hang: true})
	first := make(chan reply, 1)
	go func() {
		r, err := post(t, s, "key", document)
		if err != nil {
			t.Errorf("the call that hung: %v", err)
		}
		first <- r
	}()
	var second reply
	eventually(t, "the key is in use", func() bool {
		if len(s.Requests()) == 0 {
			return false
		}
		second = mustPost(t, s, "key", document)
		return second.status == http.StatusConflict
	})
	if !strings.Contains(second.body, "idempotency_key_in_use") {
		t.Errorf("in flight: %s", second.body)
	}
	s.ClearFaults()
	if r, again := <-first, mustPost(t, s, "key", document); r.status != http.StatusOK || again.body != r.body || len(s.Sessions()) != 1 {
		t.Errorf("once let go the call goes on, and the 409 is not what is replayed: %d %s", r.status, again.body)
	}
}

func TestAnErrorOfStripesOwnIsReplayed(t *testing.T) {
	s := start(t, stripesim.Config{})
	s.AddFault(stripesim.Fault{Status: http.StatusInternalServerError})
	for range 2 {
		if r := mustPost(t, s, "five hundred", document); r.status != http.StatusInternalServerError || !strings.Contains(r.body, "api_error") {
			t.Errorf("a 500 is kept for its key, got %d %s", r.status, r.body)
		}
	}
	s.AddFault(stripesim.Fault{Status: http.StatusServiceUnavailable})
	if r := mustPost(t, s, "unavailable", document); r.status != http.StatusServiceUnavailable {
		t.Errorf("got %d", r.status)
	}
	if r := mustPost(t, s, "unavailable", document); r.status != http.StatusOK {
		t.Errorf("a 503 is not kept, got %d", r.status)
	}
}

func TestFaultsSpoilTheAnswerAndAfterLetsItTakeEffect(t *testing.T) {
	for name, f := range map[string]stripesim.Fault{
		"close": {Close: true}, "half": {HalfBody: true}, "html": {Status: 502, Body: "<h1>Bad gateway</h1>", ContentType: "text/html"},
		"busy": {Status: http.StatusTooManyRequests},
	} {
		for _, after := range []bool{false, true} {
			f.After = after
			s := start(t, stripesim.Config{})
			s.AddFault(f)
			r, err := post(t, s, "key", document)
			if spoiled := err != nil || r.status >= 400; !spoiled {
				t.Errorf("%s: the answer must be spoiled, got %d %s", name, r.status, r.body)
			}
			if took := len(s.Sessions()) == 1; took != (after || name == "half") {
				t.Errorf("%s, after %v: took effect is %v", name, after, took)
			}
			if r := mustPost(t, s, "key", document); r.status != http.StatusOK || len(s.Sessions()) != 1 {
				t.Errorf("%s: the same key later gets the one session, got %d and %d", name, r.status, len(s.Sessions()))
			}
		}
	}
}

func TestFaultsFitByPathMethodAndTimes(t *testing.T) {
	s := start(t, stripesim.Config{})
	s.AddFault(stripesim.Fault{Path: "/v1/events", Method: http.MethodGet, Status: 503, Times: 2})
	s.AddFault(stripesim.Fault{Path: "/oauth/token", Body: `{"livemode":true}`, Times: -1})
	create(t, s)
	for _, want := range []int{503, 503, 200} {
		if r := request(t, http.MethodGet, s.URL()+"/v1/events", nil); r.status != want {
			t.Errorf("events got %d, want %d", r.status, want)
		}
	}
	for range 3 {
		if r := request(t, http.MethodPost, s.ConnectURL()+"/oauth/token", nil); r.status != 200 || r.body != `{"livemode":true}` {
			t.Errorf("token got %d %s", r.status, r.body)
		}
	}
	s.ClearFaults()
	if r := request(t, http.MethodPost, s.ConnectURL()+"/oauth/token", nil); r.status != 400 {
		t.Errorf("cleared faults spoil nothing, got %d", r.status)
	}
}

func TestAFaultForEveryCallSparesTheHostedPages(t *testing.T) {
	s := start(t, stripesim.Config{})
	s.AddFault(stripesim.Fault{Status: 503, Times: -1})
	if r := request(t, http.MethodGet, s.URL()+"/", nil); r.status != 200 {
		t.Errorf("the overview got %d", r.status)
	}
	s.AddFault(stripesim.Fault{Path: "/start/", Status: 503})
	if r := request(t, http.MethodGet, s.URL()+"/start/test_x", nil); r.status != 503 {
		t.Errorf("a page that is named got %d", r.status)
	}
}

func TestCloseLetsGoOfWhatHangs(t *testing.T) {
	s := start(t, stripesim.Config{})
	s.AddFault(stripesim.Fault{Hang: true, Times: -1})
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	done := make(chan error, 1)
	go func() {
		_, err := tryRequest(ctx, http.MethodGet, s.URL()+"/v1/account", nil)
		done <- err
	}()
	eventually(t, "the call arrived", func() bool { return len(s.Requests()) == 1 })
	s.Close()
	s.Close()
	if err := <-done; err == nil || ctx.Err() != nil {
		t.Errorf("a hung call must be cut by Close, got %v", err)
	}
	if s.Finish("vs_none", "verified") == nil {
		t.Error("a closed simulator still has no such session")
	}
}
