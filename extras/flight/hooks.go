package flight

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"slices"
	"strings"

	"example.com/identity-starter/gateway"
	"example.com/identity-starter/store"
)

// Call records a call to Stripe.
func (r *Recorder) Call(c gateway.Call) {
	l := Line{Kind: "stripe", Text: fmt.Sprintf("%s %s  %d", c.Method, c.Path, c.Status)}
	switch {
	case c.Status == 0:
		l.Text, l.Bad, l.Fix = c.Method+" "+c.Path+"  no answer", true, "is Stripe reachable from here?"
	case c.Status >= http.StatusBadRequest:
		l.Bad, l.Fix = true, "the request that follows says why; run doctor, or look the req_… up in the Dashboard under Developers, Logs"
	}
	r.add(l, values{slog.Int64("ms", c.Took.Milliseconds()), slog.String("request", c.RequestID)})
}

const byAnswer = "by an answer"

// Change records what became of a verification.
func (r *Recorder) Change(c store.Change) {
	by, now := byAnswer, state(c.After)
	if c.ByEvent {
		by = "by an event"
	}
	if before := cmp.Or(state(c.Before), "new"); before != now {
		now = before + " → " + now
	}
	l := Line{Kind: "row", Text: now + "  " + by}
	if c.Counted {
		l.Text += "  one more attempt"
	}
	r.add(l, values{slog.String("session", c.SessionID), slog.String("user", c.UserID)})
	begun := c.After.Status == store.RequiresInput && c.After.ErrorCode == ""
	if !c.ByEvent && !begun && c.After.Status != store.Canceled {
		r.expect(c.SessionID)
	}
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

// note records a line of the log: it begins so, and goes on with what is the same each
// time, but for what it has said.
func (r *Recorder) note(l Line, v values, said ...string) {
	for _, a := range v {
		if !differs(a) && !slices.Contains(said, a.Key) {
			l.Text += "  " + a.Key + " " + short(a.Value.String())
		}
	}
	r.add(l, v)
}

// request records a request of a browser, or of Stripe; not those of the page itself, and of what only asks whether we live.
func (r *Recorder) request(v values) {
	route, status := v.of("route"), v.of("status")
	switch {
	case route == "/healthz", strings.HasPrefix(route, "/static/"), route == "/dev", route == "/dev/*":
		return
	case route == "/webhook" && v.of("event") != "":
		r.hear(v.of("object"))
		r.problem(v, Line{Kind: "webhook", Text: v.of("type") + "  " + status + "  " + cmp.Or(v.of("result"), "not recorded")})
	case route == "/webhook":
		r.problem(v, Line{Kind: "webhook", Text: "refused  " + status})
	default:
		r.problem(v, Line{Kind: "request", Text: v.of("method") + " " + cmp.Or(route, "(no such page)") + "  " + status})
	}
}

// fixes are for what is seen most on a first afternoon. Stripe's refusals bring their own.
var fixes = []struct {
	err error
	fix string
}{
	{gateway.ErrBadSignature, "put what `stripe listen --print-secret` prints into STRIPE_WEBHOOK_SECRET, and start again"},
	{gateway.ErrTooOld, "set this machine's clock"},
	{gateway.ErrNotAnEvent, "what is signed with your secret and is no event? Look at the endpoint's deliveries in the Dashboard"},
}

// problem records a request with its error, if there was one. Ways that people may go, such as
// being told to wait, are not red: only what the program or Stripe refuses.
func (r *Recorder) problem(v values, l Line) {
	if text := v.of("error"); text != "" {
		l.Text += "  " + short(text)
		l.Bad = v.of("status") >= "500" || l.Kind == "webhook"
		for _, f := range fixes {
			if strings.Contains(text, f.err.Error()) {
				l.Fix = f.fix
			}
		}
	}
	r.note(l, v, "method", "route", "status", "type", "result", "error")
}

// short keeps of a text what fits into a line: a panic comes with its stack.
func short(text string) string {
	text, _, _ = strings.Cut(text, "\n")
	if runes := []rune(text); len(runes) > 300 {
		text = string(runes[:300]) + "…"
	}
	return text
}
