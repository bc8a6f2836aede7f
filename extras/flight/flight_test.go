package flight_test

import (
	"bytes"
	"log/slog"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"example.com/identity-starter/extras/flight"
	"example.com/identity-starter/gateway"
	"example.com/identity-starter/store"
)

func TestLinesComeAsTheyHappen(t *testing.T) {
	recorder, url, stop := serve(t, time.Minute)
	lines := watch(t, url+"/dev/events", "")
	recorder.Call(gateway.Call{Method: "GET", Path: "/v1/account", Status: 200, RequestID: "req_1"})
	if l := next(t, lines); l.Kind != "stripe" || l.Bad || l.Text != "GET /v1/account  200" || !strings.Contains(l.HTML, "req_1") {
		t.Errorf("a call must be shown with its path and request id, got %+v", l)
	}
	recorder.Call(gateway.Call{Method: "POST", Path: "/oauth/token"})
	if l := next(t, lines); !l.Bad || l.Fix == "" || !strings.Contains(l.Text, "no answer") {
		t.Errorf("a call without an answer must be red, with what to do, got %+v", l)
	}
	recorder.Change(store.Change{SessionID: "vs_1", UserID: "u", Before: store.State{Status: store.RequiresInput}, ByEvent: true, Counted: true,
		After: store.State{Status: store.RequiresInput, ErrorCode: "document_expired"}})
	if l := next(t, lines); l.Kind != "row" || !strings.Contains(l.Text, "requires_input → requires_input (document_expired)") || !strings.Contains(l.Text, "one more attempt") {
		t.Errorf("a change must be shown with before and after, got %+v", l)
	}
	stop()
	if _, open := <-lines; open {
		t.Error("when the program stops, the stream must end")
	}
}

func TestReconnectGoesOn(t *testing.T) {
	recorder, url, stop := serve(t, time.Minute)
	lines := watch(t, url+"/dev/events", "")
	call := func(path string) line {
		recorder.Call(gateway.Call{Method: "GET", Path: path, Status: 200})
		return next(t, lines)
	}
	first, second, third := call("/first"), call("/second"), call("/third")
	if !(first.Number < second.Number && second.Number < third.Number) {
		t.Fatalf("what happens later must have the higher number, got %d, %d, %d", first.Number, second.Number, third.Number)
	}
	after := url + "/dev/events?after=" + strconv.Itoa(first.Number)
	if l := next(t, watch(t, after, "")); l.Text != second.Text {
		t.Errorf("a page must go on after the lines that it has, got %+v", l)
	}
	if l := next(t, watch(t, after, strconv.Itoa(second.Number))); l.Text != third.Text {
		t.Errorf("a browser that connects again must go on where it was, got %+v", l)
	}
	stop()
	again, url, _ := serve(t, time.Minute)
	again.Call(gateway.Call{Method: "GET", Path: "/again", Status: 200})
	if l := next(t, watch(t, url+"/dev/events", strconv.Itoa(third.Number))); l.Text != "GET /again  200" {
		t.Errorf("a page that was open before a restart must go on after it, got %+v", l)
	}
}

func TestLog(t *testing.T) {
	recorder, url, _ := serve(t, time.Minute)
	var passed bytes.Buffer
	log := slog.New(recorder.Log(slog.NewTextHandler(&passed, &slog.HandlerOptions{Level: slog.LevelWarn})))
	lines := watch(t, url+"/dev/events", "")
	log.Info("request", "method", "GET", "route", "/healthz", "status", 200)
	log.Info("request", "method", "GET", "route", "/static/*", "status", 200)
	log.Info("request", "method", "GET", "route", "/dev", "status", 200)
	log.Info("request", "method", "GET", "route", "/dev/*", "status", 404)
	log.Info("request", "method", "POST", "route", "/webhook", "status", 400, "request", "r", "error", gateway.ErrBadSignature.Error())
	if l := next(t, lines); l.Kind != "webhook" || !l.Bad || !strings.Contains(l.Fix, "stripe listen --print-secret") {
		t.Errorf("a wrong signature must be the first line, red, with what to do, got %+v", l)
	}
	log.Info("request", "method", "POST", "route", "/webhook", "status", 200, "request", "r", "event", "evt_1", "type", "a.b", "object", "vs_1",
		"secret", 2, "version", "2025-08-27.basil", "delay", 3*time.Second, "result", "applied")
	if l := next(t, lines); l.Bad || l.Text != "a.b  200  applied" || l.parts() != "request r, event evt_1, object vs_1, secret 2, version 2025-08-27.basil, after 3s" {
		t.Errorf("a webhook must be shown with its secret, version and delay, got %+v %s", l, l.parts())
	}
	log.Info("request", "method", "GET", "route", "/devices", "status", 200)
	if l := next(t, lines); l.Text != "GET /devices  200" {
		t.Errorf("only the page itself is left out, got %+v", l)
	}
	log.Info("request", "method", "POST", "route", "/create-verification-session", "status", 502, "ms", 7, "request", "r", "error", "why\nstack")
	if l := next(t, lines); l.Kind != "request" || !l.Bad || !strings.HasSuffix(l.Text, "502  why") || l.parts() != "took 7 ms, request r" {
		t.Errorf("a failure must be red, in one line, got %+v", l)
	}
	log.Debug("action done", "kind", "cancel", "object", "vs_1")
	if l := next(t, lines); l.Kind != "action" || l.Text != "action done  kind cancel" || l.parts() != "object vs_1" {
		t.Errorf("an action must be shown, got %+v", l)
	}
	log.Warn("something is wrong", "error", "why")
	if l := next(t, lines); l.Kind != "warning" || !l.Bad || !strings.Contains(l.Text, "why") {
		t.Errorf("a warning must be red, got %+v", l)
	}
	if got := passed.String(); strings.Count(got, "\n") != 1 || !strings.Contains(got, "something is wrong") {
		t.Errorf("the log itself must stay as it is, with its level, got\n%s", got)
	}
}

func TestMissingWebhook(t *testing.T) {
	recorder, url, _ := serve(t, 50*time.Millisecond)
	log := slog.New(recorder.Log(slog.DiscardHandler))
	verified := store.Change{SessionID: "vs_heard", Before: store.State{Status: store.Processing}, After: store.State{Status: store.Verified}}
	lines := watch(t, url+"/dev/events", "")
	log.Info("request", "route", "/webhook", "status", 200, "event", "evt_1", "object", "vs_heard") // it came before the answer
	recorder.Change(verified)
	verified.SessionID, verified.ByEvent = "vs_event", true
	recorder.Change(verified)
	verified.SessionID, verified.ByEvent = "vs_late", false
	recorder.Change(verified)
	log.Info("request", "route", "/webhook", "status", 200, "event", "evt_2", "object", "vs_late") // it came in time
	verified.SessionID = "vs_missing"
	recorder.Change(verified)
	for {
		l := next(t, lines)
		if !l.Bad {
			continue
		}
		if !strings.Contains(l.Text, "vs_missing") || !strings.Contains(l.Fix, "stripe listen --forward-to localhost:4242/webhook") {
			t.Errorf("only the webhook that never came must be red, with what to run, got %+v", l)
		}
		return
	}
}

// Once the program stops, nothing is waited for: there is nobody left to be told.
func TestNothingIsMissedAfterTheEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		stopping := make(chan struct{})
		recorder := flight.NewRecorder(time.Minute)
		recorder.Open("localhost:4242", stopping)
		missing := store.Change{SessionID: "vs_1", Before: store.State{Status: store.Processing}, After: store.State{Status: store.Verified}}
		recorder.Change(missing)
		close(stopping)
		synctest.Wait()
		missing.SessionID = "vs_2"
		recorder.Change(missing)
		time.Sleep(time.Hour)
		request, answer := httptest.NewRequest("GET", "/dev", nil), httptest.NewRecorder()
		request.RemoteAddr = "127.0.0.1:1234"
		recorder.ServeHTTP(answer, request)
		if body := answer.Body.String(); !strings.Contains(body, "vs_2") || strings.Contains(body, "none came about") {
			t.Errorf("after the end no webhook may be missed, got\n%s", body)
		}
	})
}

// Lines are made when somebody looks: they say what was true when it happened, to whoever looks.
func TestLinesAreOfTheirTime(t *testing.T) {
	recorder, url, _ := serve(t, time.Minute)
	changing := []string{"before"}
	slog.New(recorder.Log(slog.DiscardHandler)).Warn("something is wrong", "with", changing)
	changing[0] = "after"
	first := next(t, watch(t, url+"/dev/events", ""))
	if again := next(t, watch(t, url+"/dev/events", "")); again.HTML != first.HTML || !strings.HasSuffix(first.Text, "with [before]") {
		t.Errorf("a line must not change any more, got %+v, then %+v", first, again)
	}
}
