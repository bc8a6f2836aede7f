package flight

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"strings"

	"example.com/identity-starter/gateway"
	"example.com/identity-starter/store"
)

// Call records a call to Stripe.
func (r *Recorder) Call(c gateway.Call) { r.add(func() Line { return called(c) }) }

func called(c gateway.Call) Line {
	l := Line{Kind: "stripe", Text: fmt.Sprintf("%s %s  %d  %d ms  %s", c.Method, c.Path, c.Status, c.Took.Milliseconds(), c.RequestID)}
	switch {
	case c.Status == 0:
		l.Text, l.Bad, l.Fix = fmt.Sprintf("%s %s  no answer", c.Method, c.Path), true, "is Stripe reachable from here?"
	case c.Status >= http.StatusBadRequest:
		l.Bad, l.Fix = true, "the request that follows says why; run doctor, or look "+
			cmp.Or(c.RequestID, "it")+" up in the Dashboard under Developers, Logs"
	}
	return l
}

// Change records what became of a verification.
func (r *Recorder) Change(c store.Change) {
	r.add(func() Line { return changed(c) })
	begun := c.After.Status == store.RequiresInput && c.After.ErrorCode == ""
	if !c.ByEvent && !begun && c.After.Status != store.Canceled {
		r.expect(c.SessionID)
	}
}

func changed(c store.Change) Line {
	by := "by an answer"
	if c.ByEvent {
		by = "by an event"
	}
	now := state(c.After)
	if before := state(c.Before); before != now {
		now = before + " → " + now
	}
	text := c.SessionID + "  " + now + "  " + by
	if c.Counted {
		text += "  one more attempt"
	}
	return Line{Kind: "row", Text: text + "  user " + c.UserID}
}

func state(s store.State) string {
	if s.ErrorCode == "" {
		return string(s.Status)
	}
	return string(s.Status) + " (" + s.ErrorCode + ")"
}

// Log is a log that passes everything on to next, and records what belongs on
// the page: the app logs ids and codes only, and so the page shows no more.
func (r *Recorder) Log(next slog.Handler) slog.Handler { return logged{r, next} }

type logged struct {
	recorder *Recorder
	next     slog.Handler
}

func (l logged) Enabled(context.Context, slog.Level) bool { return true }

func (l logged) WithAttrs(attrs []slog.Attr) slog.Handler {
	return logged{l.recorder, l.next.WithAttrs(attrs)}
}

func (l logged) WithGroup(name string) slog.Handler {
	return logged{l.recorder, l.next.WithGroup(name)}
}

func (l logged) Handle(ctx context.Context, record slog.Record) error {
	l.recorder.record(record)
	if !l.next.Enabled(ctx, record.Level) {
		return nil
	}
	return l.next.Handle(ctx, record)
}

func (r *Recorder) record(record slog.Record) {
	switch {
	case record.Message == "request":
		r.request(valuesOf(record))
	case record.Message == "action done", record.Message == "outcome":
		r.note(Line{Kind: "action", Text: record.Message}, valuesOf(record))
	case record.Level >= slog.LevelWarn:
		r.note(Line{Kind: "warning", Text: record.Message, Bad: true}, valuesOf(record))
	}
}

// note records a line that begins so, and ends with all values.
func (r *Recorder) note(begins Line, v values) {
	r.add(func() Line {
		l := begins
		for _, a := range v {
			l.Text += "  " + a.Key + " " + short(a.Value.String())
		}
		return l
	})
}

// request records a request of a browser, or of Stripe.
func (r *Recorder) request(v values) {
	route := v.of("route")
	switch {
	case route == "/healthz", strings.HasPrefix(route, "/static/"), strings.HasPrefix(route, "/dev"):
		return
	case route == "/webhook" && v.of("event") != "":
		r.hear(v.of("object"))
	}
	r.add(func() Line { return asked(v) })
}

func asked(v values) Line {
	route := v.of("route")
	switch {
	case route == "/webhook" && v.of("event") != "":
		return problem(v, Line{Kind: "webhook", Text: fmt.Sprintf("%s  %s  %s  %s  %s  secret %s  API version %s  after %s", v.of("status"), v.of("event"),
			v.of("type"), v.of("object"), cmp.Or(v.of("result"), "not recorded"), v.of("secret"), cmp.Or(v.of("version"), "none"), v.of("delay"))})
	case route == "/webhook":
		return problem(v, Line{Kind: "webhook", Text: v.of("status") + "  refused"})
	}
	return problem(v, Line{Kind: "request", Text: fmt.Sprintf("%s %s  %s  %s ms  request %s", v.of("method"), cmp.Or(route, "(no such page)"),
		v.of("status"), v.of("ms"), v.of("request"))})
}

// fixes are for what is seen most on a first afternoon. Stripe's refusals bring their own.
var fixes = []struct {
	err error
	fix string
}{
	{gateway.ErrBadSignature, "put what `stripe listen --print-secret` prints into STRIPE_WEBHOOK_SECRET, and start again"},
	{gateway.ErrTooOld, "set this machine's clock"},
	{gateway.ErrNotAnEvent, "choose the payload style Snapshot for the endpoint"},
}

// problem adds the error, if there was one. Ways that people may go, such as
// being told to wait, are not red: only what the program or Stripe refuses.
func problem(v values, l Line) Line {
	text := v.of("error")
	if text == "" {
		return l
	}
	l.Text += "  " + short(text)
	l.Bad = v.of("status") >= "500" || l.Kind == "webhook"
	for _, f := range fixes {
		if strings.Contains(text, f.err.Error()) {
			l.Fix = f.fix
		}
	}
	return l
}

// short keeps of a text what fits into a line: a panic comes with its stack.
func short(text string) string {
	text, _, _ = strings.Cut(text, "\n")
	if runes := []rune(text); len(runes) > 300 {
		text = string(runes[:300]) + "…"
	}
	return text
}
