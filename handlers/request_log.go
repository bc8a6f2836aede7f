package handlers

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"runtime"
	"slices"
	"strings"
	"time"

	"github.com/labstack/echo/v4"
	"github.com/labstack/echo/v4/middleware"

	"example.com/identity-starter/outcomes"
	"example.com/identity-starter/store"
)

// logRequests makes the request's id and writes one line: the route's pattern, never the
// URL, which holds codes and states. It is the only place that logs an error.
func (w *Web) logRequests(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		start, id := time.Now(), strings.ToLower(rand.Text()[:12])
		c.Response().Header().Set(echo.HeaderXRequestID, id)
		line := &logLine{attrs: make([]slog.Attr, 5, 16)} // the first five are known at the end
		c.Set("line", line)
		err := next(c)
		if err != nil {
			c.Error(err)
		}
		status, level := c.Response().Status, slog.LevelInfo
		switch {
		case err != nil && !errors.Is(err, errPanic) && errors.Is(c.Request().Context().Err(), context.Canceled): // nobody waits for the answer any more
			err = fmt.Errorf("client left: %w", err)
		case status >= 500:
			level = slog.LevelError
		case c.Path() == "/webhook" && status >= 400:
			level = slog.LevelWarn // Stripe is refused, and goes on trying
		case c.Path() == "/healthz" || c.Path() == "/static/*":
			level = slog.LevelDebug
		}
		route, err := w.asked(c, line, err)
		line.attrs[0], line.attrs[1] = slog.String("method", method(c.Request().Method)), slog.String("route", route)
		line.attrs[2], line.attrs[3] = slog.Int("status", status), slog.Int64("ms", time.Since(start).Milliseconds())
		line.attrs[4] = slog.String("request", id)
		if err != nil {
			line.attrs = append(line.attrs, slog.String("error", spoken(err)))
		}
		w.Log.LogAttrs(c.Request().Context(), level, "request", line.attrs...)
		return nil
	}
}

// asked is what a request's log line says of what was asked for: a route's pattern, and, where there is no such page or method,
// that there is none, and what there is.
func (w *Web) asked(c echo.Context, line *logLine, err error) (route string, why error) {
	route = c.Path()
	takes := strings.TrimPrefix(c.Response().Header().Get(echo.HeaderAllow), "OPTIONS, ")
	if errors.Is(err, echo.ErrMethodNotAllowed) && takes != "" {
		err = errors.New("this page takes " + takes)
	}
	if route != "" {
		return route, err
	}
	if near := w.near(c.Request().URL.Path); near != "" {
		line.attrs = append(line.attrs, slog.String("near", near))
	}
	if errors.Is(err, echo.ErrNotFound) {
		err = nil // it says no more
	}
	return "(no such page)", err
}

// nearMost is how much of a path is looked at: anybody may send thirty thousand signs.
const nearMost = 100

// near is the beginning of a route of ours that a path without any begins with or nearly so, such as /webhook for /stripe/webhooks;
// "" where it has none. It is our own word: what was asked for is not logged.
func (w *Web) near(path string) string {
	for part := range strings.SplitSeq(path[:min(len(path), nearMost)], "/") {
		for _, route := range w.beginnings() {
			if len(part) > 3 && (strings.HasPrefix(part, route) || strings.HasPrefix(route, part)) {
				return "/" + route
			}
		}
	}
	return ""
}

// beginnings are the first parts of all routes, the shortest first.
func beginnings(routes []*echo.Route) (parts []string) {
	for _, r := range routes {
		if part, _, _ := strings.Cut(strings.TrimPrefix(r.Path, "/"), "/"); len(part) > 2 && !slices.Contains(parts, part) {
			parts = append(parts, part)
		}
	}
	slices.SortFunc(parts, func(a, b string) int { return cmp.Or(cmp.Compare(len(a), len(b)), cmp.Compare(a, b)) })
	return parts
}

// logLine is what a request's log line will say.
type logLine struct{ attrs []slog.Attr }

// Note adds keys and values, in turn, to the request's log line. A text must be an id, a code or a word that the program
// knows: nothing that a client has sent, unless it was found to be one of these.
func Note(c echo.Context, args ...any) { note(c, slog.Group("", args...).Value.Group()...) }

func note(c echo.Context, attrs ...slog.Attr) {
	line, ok := c.Get("line").(*logLine)
	if !ok {
		return
	}
	for _, a := range attrs {
		err, failed := a.Value.Any().(error)
		switch a.Value.Kind() {
		case slog.KindString, slog.KindAny, slog.KindLogValuer, slog.KindGroup: // also a text of a type of its own
			if failed {
				a.Value = slog.StringValue(spoken(err))
			} else if a.Value.Any() != nil && !isCode(a.Value.Resolve().String()) {
				a.Value = slog.StringValue("(a text)")
			}
		}
		line.attrs = append(line.attrs, a)
	}
}

// isCode says whether a text has the form of ids and codes, of Stripe's and of ours: what people write has spaces.
func isCode(s string) bool {
	return len(s) <= 255 && !strings.ContainsFunc(s, func(r rune) bool {
		return !(r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("_-.:", r))
	})
}

// spoken is what may be logged of an error.
func spoken(err error) string {
	var refused *echo.HTTPError // with a parser's words, where it comes from Bind
	if !errors.As(err, &refused) {
		return outcomes.Spoken(err)
	}
	said := fmt.Sprintf("%d %s", refused.Code, http.StatusText(refused.Code))
	switch {
	case refused.Internal == nil:
		return said
	case refused.Code < 500: // it is about what was sent
		return fmt.Sprintf("%s: %T", said, refused.Internal)
	}
	return said + ": " + outcomes.Spoken(refused.Internal)
}

// method keeps the log free of made-up methods.
func method(m string) string {
	switch m {
	case http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete, http.MethodOptions:
		return m
	}
	return "other"
}

var errPanic = errors.New("panic") // the program's fault, whoever has left meanwhile

// recoverPanics turns a panic into an error like any other: where it was, and what, if the Go runtime says it. What else
// somebody panics with may quote what was sent.
func recoverPanics() echo.MiddlewareFunc {
	return middleware.RecoverWithConfig(middleware.RecoverConfig{StackSize: 16 << 10, DisableStackAll: true, DisableErrorHandler: true,
		LogErrorFunc: func(_ echo.Context, err error, stack []byte) error {
			var within *store.Panic
			if errors.As(err, &within) {
				stack = within.Stack
				err, _ = within.Value.(error)
			}
			if !errors.As(err, new(runtime.Error)) {
				err = errors.New("see where")
			}
			return fmt.Errorf("%w: %v\n%s", errPanic, err, stack)
		}})
}
