// Package handlers is the web side of the app: the routes, who is asking, and
// what people and Stripe are answered. It decides; store remembers, gateway asks
// Stripe, templates finds the words.
package handlers

import (
	"io/fs"
	"log/slog"
	"net/http"
	"net/netip"
	"net/url"

	"github.com/labstack/echo/v4"

	"example.com/identity-starter/gateway"
	"example.com/identity-starter/outcomes"
	"example.com/identity-starter/static"
	"example.com/identity-starter/store"
	"example.com/identity-starter/templates"
)

// Settings are what the pages and routes depend on.
type Settings struct {
	BaseURL        *url.URL // the public origin
	Live           bool     // live mode: the mode of the secret key
	AppName        string
	SupportURL     string // https or mailto; "" when there is none
	StripeJS       bool
	Mail           bool // ask for an address
	RatePerMinute  int  // creates and Connect starts of one client address; 0: no limit
	AuthUserHeader string
	TrustedProxies []netip.Prefix
	Reviewers      []string     // user ids, or, without AuthUserHeader, name:password; none: no such pages
	Static         *static.Set  // must be there
	Dev            http.Handler // what a developer sees under /dev; nil: nothing

	check gateway.Check // the client's, so that the pages say what Stripe is asked for
}

// dev says whether this is a developer's machine, where an error may say more.
func (s Settings) dev() bool { return !s.Live && isLoopbackName(s.BaseURL.Hostname()) }

// New is the app as an HTTP handler. The list of routes is here and nowhere else.
func New(s Settings, db *store.DB, stripe *gateway.Client, record *outcomes.Recorder, pages *templates.Set, log *slog.Logger) http.Handler {
	s.check = stripe.Check()
	e := echo.New()
	e.IPExtractor = clientAddress(s)
	e.Renderer = renderer{settings: s, pages: pages, connect: stripe.ConnectEnabled(), simulated: len(stripe.Origins()) > 0}
	e.HTTPErrorHandler = answerError(s)
	e.Use(logRequests(log), language(s, pages), recoverPanics, securityHeaders(s, stripe.Origins()),
		onlyOurHost(s), onlyOurSite(s), limitBody)

	ask := identify(s, false) // who is it?
	let := identify(s, true)  // who is it? somebody new gets a cookie
	limit := limitRate(s.RatePerMinute)

	sessions := sessions{db, stripe, record, log}
	get(e, "/", showVerification(s, db), let)
	get(e, "/verification.html", showVerification(s, db), let)
	e.POST("/create-verification-session", createSession(sessions), limit, let)
	get(e, "/verification/return", showReturn(s, sessions), ask)
	get(e, "/verification/status", showStatus(s, sessions), ask)
	e.POST("/webhook", receiveEvent(stripe, record))

	get(e, "/members", showMembers, ask, requireVerified(db))

	profiles := newProfiles(stripe, log)
	on := requireConnect(s, stripe) // not on a group: Echo's groups answer 404 where it should be 405
	get(e, "/connect", showAccounts(s, db, profiles), on, let)
	e.POST("/connect/authorize", authorize(db, stripe), on, limit, let)
	get(e, "/connect/callback", callback(s, db, stripe, profiles, log), on, ignorePrefetch, ask)
	get(e, "/connect/accounts/:id/disconnect", askDisconnect(db, profiles), on, ask)
	e.POST("/connect/accounts/:id/disconnect", disconnect(db, stripe), on, ask)

	mountReview(e, s, db, len(stripe.Origins()) > 0)
	if s.Dev != nil {
		get(e, "/dev", echo.WrapHandler(s.Dev))
		get(e, "/dev/*", echo.WrapHandler(s.Dev))
	}
	get(e, "/healthz", health(db))
	get(e, "/static/*", serveStatic(s.Static))
	return e
}

// get registers a page for GET and HEAD: monitors and `curl -I` ask with HEAD.
func get(e *echo.Echo, path string, h echo.HandlerFunc, m ...echo.MiddlewareFunc) {
	e.Match([]string{http.MethodGet, http.MethodHead}, path, h, m...)
}

func health(db *store.DB) echo.HandlerFunc {
	return func(c echo.Context) error {
		if err := db.Ping(c.Request().Context()); err != nil {
			note(c, "health", err)
			return c.String(http.StatusServiceUnavailable, "database cannot be read\n")
		}
		return c.String(http.StatusOK, "ok\n")
	}
}

func serveStatic(set *static.Set) echo.HandlerFunc {
	files := http.StripPrefix("/static/", http.FileServerFS(set))
	return func(c echo.Context) error {
		if file, err := fs.Stat(set, c.Param("*")); err != nil || file.IsDir() {
			return errNotFound
		}
		c.Response().Header().Set("Cache-Control", "public, max-age=31536000, immutable") // pages name a version
		files.ServeHTTP(c.Response(), c.Request())
		return nil
	}
}
