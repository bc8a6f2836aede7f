// Package handlers is the web side of the app: the routes, who is asking, and
// what people and Stripe are answered. It decides; store remembers, gateway asks
// Stripe, templates finds the words.
package handlers

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/labstack/echo/v4"
	"github.com/labstack/echo/v4/middleware"
	"golang.org/x/time/rate"

	"example.com/identity-starter/outcomes"
	"example.com/identity-starter/static"
	"example.com/identity-starter/templates"
)

// Settings are what the pages and routes depend on.
type Settings struct {
	BaseURL        *url.URL // the public origin
	Live           bool     // live mode: the mode of the secret key
	AppName        string
	SupportURL     string // https or mailto; "" when there is none
	SignInURL      string // https or a path: where people sign in; "" when that is not known
	ContinueURL    string // https or a path: where verified people go on
	StripeJS       bool
	AskEmail       bool       // whether the page asks for an address, because somebody needs it
	RatePerMinute  int        // creates and Connect starts of one client address, and questions of its pages; 0: no limit
	SignIn         SignInFunc // the team's own sign-in; nil: see Mode
	AuthUserHeader string     // in which a proxy names the user; "": see Mode
	UsersNamed     bool       // another app names users: see Mode
	TrustedProxies []netip.Prefix
	Prefill        PrefillFunc // nil: nothing is known of merchants
	Answers        []Answer    // rows of the error table, besides the core's
	Static         *static.Set // must be there
}

// https says whether browsers reach us over https.
func (s Settings) https() bool { return s.BaseURL.Scheme == "https" }

// dev says whether this is a developer's machine, where an error may say more.
func (s Settings) dev() bool { return !s.Live && isLoopbackName(s.BaseURL.Hostname()) }

// Web is what routes are made with: those of extras, too, which come after the core's.
type Web struct {
	*echo.Echo
	outcomes.Parts
	Settings Settings
	Stopping <-chan struct{} // closed when the program is about to stop: what would stay open must end

	pages     *templates.Set
	questions *Budget        // what pages may ask Stripe for each client
	ceiling   rate.Sometimes // how often the log says that nothing can be started
	profiles  profiles
	bodies    sync.Pool // of *bytes.Buffer, for webhooks

	beginnings func() []string // of all routes, once they are all there
}

// New is the app as an HTTP handler. The list of the core's routes is here and nowhere else.
// Its error is that two parts have the same route.
func New(s Settings, p outcomes.Parts, pages *templates.Set, stopping <-chan struct{}, more ...func(*Web)) (http.Handler, error) {
	s.Answers = slices.Concat(answers, s.Answers)
	w := &Web{Echo: echo.New(), Parts: p, Settings: s, Stopping: stopping, pages: pages, questions: NewBudget(s.RatePerMinute), ceiling: rate.Sometimes{Interval: time.Hour}}
	w.beginnings = sync.OnceValue(func() []string { return beginnings(w.Routes()) })
	var problems []error
	taken := map[string]bool{} // Echo would have the last one win, without a word
	w.OnAddRouteHandler = func(_ string, r echo.Route, _ echo.HandlerFunc, _ []echo.MiddlewareFunc) {
		if route := r.Method + " " + r.Path; taken[route] {
			problems = append(problems, fmt.Errorf("two parts have the route %s: one of them needs another path", route))
		} else {
			taken[route] = true
		}
	}
	w.IPExtractor, w.Renderer, w.HTTPErrorHandler = clientAddress(s.TrustedProxies), w, w.answerError
	w.Use(w.logRequests, before(cutLong, w.rememberLanguage), recoverPanics(), before(w.securityHeaders(), w.onlyOurHost, w.onlyOurSite()),
		middleware.BodyLimit(strconv.Itoa(maxBody)))

	known, anybody := w.Identify(false), w.Identify(true) // somebody new gets a cookie
	limit := limitRate(NewBudget(s.RatePerMinute), s.TrustedProxies)

	w.Get("/", w.showVerification, anybody)
	w.Get("/verification.html", w.showVerification, anybody)
	w.POST("/create-verification-session", w.createSession, limit, anybody)
	w.Get("/verification/return", w.showReturn, known)
	w.Get("/verification/status", w.showStatus, known)
	w.POST("/webhook", w.receiveEvent)

	w.Get("/members", w.showMembers, known, w.RequireVerified())

	on, own := before(w.requireConnect), before(w.requireAccount) // not on a group: Echo's groups answer 404 where it should be 405
	w.Get("/connect", w.showAccounts, on, anybody)
	w.POST("/connect/authorize", w.authorize, on, limit, anybody)
	w.Get("/connect/callback", w.callback, on, known)
	w.Get("/connect/accounts/:id/disconnect", w.askDisconnect, on, known, own)
	w.POST("/connect/accounts/:id/disconnect", w.disconnect, on, known, own, limit)

	w.Get("/healthz", w.health)
	w.Get("/static/*", w.serveStatic)
	for _, mount := range more {
		mount(w)
	}
	return w, errors.Join(problems...)
}

// Render implements echo.Renderer: it puts a page's data into the frame that every page
// shares. Echo renders into a buffer, so a page that fails can still become an error page.
func (w *Web) Render(out io.Writer, name string, data any, c echo.Context) error {
	s, simulated := w.Settings, w.Simulated()
	verification, _ := data.(templates.Verification)
	p := templates.Page{
		Lang: w.lang(c), AppName: s.AppName, SupportURL: s.SupportURL,
		Members: s.ContinueURL == "/members", ConnectOn: w.Stripe.ConnectEnabled(), Simulated: simulated, TestMode: !s.Live && !simulated,
		RequestID: c.Response().Header().Get(echo.HeaderXRequestID), StripeJS: s.StripeJS && verification.Button,
		Version: s.Static.Version, Logo: s.Static.Logo, Style: s.Static.Style, Data: data,
	}
	switch _, failed := data.(templates.Error); {
	case c.Get("english") != nil: // no links
	case failed:
		p.Path = startOf(c) // the same request again would be answered otherwise
	case c.Request().Method == http.MethodGet:
		p.Path = c.Request().URL.Path
	}
	return w.pages.Render(out, name, p)
}

// Get registers a page for GET and HEAD: monitors and `curl -I` ask with HEAD.
func (w *Web) Get(path string, h echo.HandlerFunc, m ...echo.MiddlewareFunc) {
	w.Match([]string{http.MethodGet, http.MethodHead}, path, h, m...)
}

// Simulated says whether Stripe is the simulated one.
func (w *Web) Simulated() bool { return len(w.Stripe.Origins()) > 0 }

// before makes a middleware of what may end a request before its handler, with an error or an answer.
func before(steps ...func(echo.Context) error) echo.MiddlewareFunc {
	return func(next echo.HandlerFunc) echo.HandlerFunc {
		return func(c echo.Context) error {
			for _, do := range steps {
				if err := do(c); err != nil || c.Response().Committed {
					return err
				}
			}
			return next(c)
		}
	}
}

func (w *Web) health(c echo.Context) error {
	ctx, cancel := context.WithTimeout(c.Request().Context(), 3*time.Second) // before a monitor has had enough
	defer cancel()
	if err := w.DB.Ping(ctx); err != nil {
		Note(c, "health", err)
		return c.String(http.StatusServiceUnavailable, "database cannot be read, or nothing recorded in it\n")
	}
	return c.String(http.StatusOK, "ok\n")
}

func (w *Web) serveStatic(c echo.Context) error {
	name := c.Param("*")
	if _, err := fs.Stat(w.Settings.Static, name); err != nil {
		return ErrNotFound
	}
	c.Response().Header().Set("Cache-Control", "public, max-age=31536000, immutable") // pages name a version
	// One part of a file is what a video needs; thousands of them make an answer of many times the file.
	if h := c.Request().Header; strings.Contains(h.Get("Range"), ",") {
		h.Del("Range")
	}
	http.ServeFileFS(c.Response(), c.Request(), w.Settings.Static, name)
	return nil
}
