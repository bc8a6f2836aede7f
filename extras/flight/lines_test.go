package flight_test

import (
	"log/slog"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"example.com/identity-starter/extras/flight"
	"example.com/identity-starter/gateway"
	"example.com/identity-starter/store"
)

func webhook(log *slog.Logger, n int, session string) {
	id := "evt_1Rw" + strconv.Itoa(n)
	log.Info("request", "method", "POST", "route", "/webhook", "status", 200, "ms", n%50, "request", "r"+strconv.Itoa(n),
		"event", id, "type", "a.verified", "object", session, "secret", 1, "delay", time.Duration(n), "result", "applied")
}

// A webhook secret that is wrong, under which Stripe goes on trying, and a load test.
func TestAFloodIsAFewLines(t *testing.T) {
	recorder := flight.NewRecorder(time.Minute)
	log := slog.New(recorder.Log(slog.DiscardHandler))
	for n := range 1000 {
		log.Warn("request", "method", "POST", "route", "/webhook", "status", 400, "ms", n, "request", "r"+strconv.Itoa(n), "error", gateway.ErrBadSignature.Error())
		log.Info("request", "method", "GET", "route", "/verification/status", "status", 200, "ms", n, "request", "q"+strconv.Itoa(n))
		webhook(log, n, "vs_1Rw"+strconv.Itoa(n))
		recorder.Call(gateway.Call{Method: "GET", Path: "/v1/sessions/vs_1Rw" + strconv.Itoa(n), Status: 404, RequestID: "req_" + strconv.Itoa(n), Took: time.Duration(n)})
		recorder.Change(store.Change{SessionID: "vs_1Rw" + strconv.Itoa(n), UserID: "u_" + strconv.Itoa(n), After: store.State{Status: store.RequiresInput}})
		log.Warn("cannot connect", "error", "dial tcp 127.0.0.1:"+strconv.Itoa(40000+n)+": refused after "+strconv.Itoa(n)+".5s", "tries", n)
	}
	page := open(t, recorder, "/dev")
	if got := texts(page); len(got) != 6 || strings.Count(page, "<b>1000 times</b>") != 6 {
		t.Errorf("what differs in ids and durations only must be one line that counts, got %d lines:\n%s", len(got), strings.Join(got, "\n"))
	}
	if n := strings.Count(page, "stripe listen --print-secret"); n != 1 {
		t.Errorf("an advice must be given once, got it %d times", n)
	}
	if !strings.Contains(page, "r999") || strings.Contains(page, "r900") {
		t.Error("of a line the last few times must be kept, and no more")
	}
	if !strings.Contains(page, `Needs a look <b id="look">3</b>`) {
		t.Error("how much needs a look must be told in lines, not in times")
	}
	if got := texts(open(t, recorder, "/dev?bad=")); len(got) != 3 {
		t.Errorf("only what needs a look must be shown where only that is asked for, got %q", got)
	}
}

func TestWhatIsAnotherThing(t *testing.T) {
	recorder := flight.NewRecorder(time.Minute)
	log := slog.New(recorder.Log(slog.DiscardHandler))
	for _, status := range []int{200, 303, 404, 500} {
		for _, route := range []string{"/", "/members", "/verification/status"} {
			log.Info("request", "method", "GET", "route", route, "status", status, "error", "why")
		}
	}
	for _, code := range []string{"", "document_expired", "selfie_manipulated"} {
		recorder.Change(store.Change{SessionID: "vs_1", After: store.State{Status: store.RequiresInput, ErrorCode: code}})
	}
	log.Warn("cannot be sent", "error", "smtp 550")
	log.Warn("cannot be sent", "error", "smtp 421")
	if got := texts(open(t, recorder, "/dev")); len(got) != 4*3+3+2 {
		t.Errorf("another status, route, code or error is another thing, got\n%s", strings.Join(got, "\n"))
	}
}

// What is good cannot push out what is bad, and neither grows without end.
func TestWhatIsKept(t *testing.T) {
	recorder := flight.NewRecorder(time.Minute)
	call := func(status int, path string) { recorder.Call(gateway.Call{Method: "GET", Path: path, Status: status}) }
	word := func(n int) string { // one without a digit
		return strings.Map(func(r rune) rune { return r - '0' + 'a' }, strconv.Itoa(n))
	}
	call(500, "/the-one")
	for n := range 2000 {
		call(200, "/good/"+word(n))
	}
	page := open(t, recorder, "/dev")
	if got := texts(page); len(got) != 151 || got[0] != "GET /the-one  500" || got[150] != "GET /good/"+word(1999)+"  200" {
		t.Errorf("what needs a look must stay whatever else happens, with the newest of that, got %d lines", len(got))
	}
	for n := range 2000 {
		call(500, "/bad/"+word(n))
		call(500, "/the-one")
	}
	if got := texts(open(t, recorder, "/dev?bad=")); len(got) != 50 || got[0] != "GET /the-one  500" {
		t.Errorf("what has not happened for longest must go, got %d lines", len(got))
	}
}

// A line's place: what goes on stays where it began, and what comes again is news.
func TestPlaces(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		recorder := flight.NewRecorder(time.Minute)
		call := func(path string) { recorder.Call(gateway.Call{Method: "GET", Path: path, Status: 200}) }
		call("/again")
		for range 10 {
			call("/poll")
			time.Sleep(5 * time.Second)
		}
		call("/other")
		call("/poll")
		call("/again")
		want := "GET /poll  200, GET /other  200, GET /again  200"
		if got := strings.Join(texts(open(t, recorder, "/dev")), ", "); got != want {
			t.Errorf("what goes on must stay, and what comes again after a while be at the end: want %s, got %s", want, got)
		}
	})
}

// An id leads to its story: each time at which it was named, in order.
func TestStory(t *testing.T) {
	recorder, url, _ := serve(t, time.Minute)
	log := slog.New(recorder.Log(slog.DiscardHandler))
	for n, id := range []string{"vs_1", "vs_2", "vs_12"} {
		recorder.Call(gateway.Call{Method: "GET", Path: "/v1/sessions/" + id, Status: 200})
		recorder.Change(store.Change{SessionID: id, UserID: "u", After: store.State{Status: store.RequiresInput}})
		webhook(log, n, id)
		log.Debug("action done", "kind", "team", "object", id)
	}
	if page := open(t, recorder, "/dev"); len(texts(page)) != 4 || !strings.Contains(page, `<a href="/dev?about=vs_1">vs_1</a>`) {
		t.Errorf("an id must lead to its story, got\n%s", page)
	}
	want := "GET /v1/sessions/vs_1  200, new → requires_input  by an answer, a.verified  200  applied, action done  kind team"
	page := open(t, recorder, "/dev?about=vs_1")
	if got := strings.Join(texts(page), ", "); got != want || strings.Contains(page, "vs_12") {
		t.Errorf("a story must be whole, in order, and nobody else's: want %s, got %s", want, got)
	}
	events := regexp.MustCompile(`data-events="(.*?)"`).FindStringSubmatch(page)
	if events == nil {
		t.Fatal("the page must know where news come from")
	}
	// What asked for an answer ran while it came, and does not know the id.
	recorder.Call(gateway.Call{Method: "POST", Path: "/v1/sessions", Status: 200})
	recorder.Change(store.Change{SessionID: "vs_3", UserID: "u", After: store.State{Status: store.RequiresInput}})
	log.Info("request", "method", "POST", "route", "/create", "status", 200, "ms", 1000)
	want = "POST /v1/sessions  200, new → requires_input  by an answer, POST /create  200"
	if got := strings.Join(texts(open(t, recorder, "/dev?about=vs_3")), ", "); !strings.HasSuffix(got, want) {
		t.Errorf("a story must begin with the click: want %s, got %s", want, got)
	}
	lines := watch(t, url+strings.ReplaceAll(events[1], "&amp;", "&"), "")
	webhook(log, 9, "vs_2")
	webhook(log, 10, "vs_1")
	if l := next(t, lines); l.Count != 1 || !strings.Contains(l.HTML, "vs_1") {
		t.Errorf("a story must go on, got %+v", l)
	}
}
