// Package handlers is the web side of the app: the routes, who is asking, and
// what people and Stripe are answered. It decides; store remembers, gateway asks
// Stripe, templates finds the words.
package handlers

import (
	"io/fs"
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
	AskEmail       bool       // whether the page asks for an address, because somebody needs it
	RatePerMinute  int        // creates and Connect starts of one client address; 0: no limit
	SignIn         SignInFunc // the team's own sign-in; nil: the next one decides
	AuthUserHeader string     // "": each browser is an anonymous user of its own
	TrustedProxies []netip.Prefix
	Prefill        PrefillFunc // nil: nothing is known of merchants
	Answers        []Answer    // rows of the error table, besides the core's
	Static         *static.Set // must be there

	check gateway.Check // the client's, so that the pages say what Stripe is asked for
}

// SignedIn says whether users are those of a sign-in, rather than browsers.
func (s Settings) SignedIn() bool { return s.SignIn != nil || s.AuthUserHeader != "" }

// dev says whether this is a developer's machine, where an error may say more.
func (s Settings) dev() bool { return !s.Live && isLoopbackName(s.BaseURL.Hostname()) }

// Web is what routes are made with: those of extras, too, which come after the core's.
type Web struct {
	*echo.Echo
	Settings Settings
	Parts    outcomes.Parts
	Stopping <-chan struct{} // closed when the program is about to stop: what would stay open must end
}

// New is the app as an HTTP handler. The list of the core's routes is here and nowhere else.
func New(s Settings, p outcomes.Parts, pages *templates.Set, stopping <-chan struct{}, more ...func(*Web)) http.Handler {
	s.check = p.Stripe.Check()
	e := echo.New()
	w, db, stripe := &Web{e, s, p, stopping}, p.DB, p.Stripe
	e.IPExtractor = clientAddress(s)
	e.Renderer = renderer{settings: s, pages: pages, connect: stripe.ConnectEnabled(), simulated: w.Simulated()}
	e.HTTPErrorHandler = answerError(s)
	e.Use(logRequests(p.Log), language(s, pages), recoverPanics, securityHeaders(s, stripe.Origins()),
		onlyOurHost(s), onlyOurSite(s), limitBody)

	known, anybody := w.Identify(false), w.Identify(true) // somebody new gets a cookie
	limit := limitRate(s.RatePerMinute)

	sessions := sessions{p}
	w.Get("/", showVerification(s, db), anybody)
	w.Get("/verification.html", showVerification(s, db), anybody)
	e.POST("/create-verification-session", createSession(sessions), limit, anybody)
	w.Get("/verification/return", showReturn(s, sessions), known)
	w.Get("/verification/status", showStatus(s, sessions), known)
	e.POST("/webhook", receiveEvent(p))

	w.Get("/members", showMembers, known, requireVerified(db))

	profiles := newProfiles(stripe, p.Log)
	on := requireConnect(s, stripe) // not on a group: Echo's groups answer 404 where it should be 405
	w.Get("/connect", showAccounts(s, db, profiles), on, anybody)
	e.POST("/connect/authorize", authorize(s, db, stripe), on, limit, anybody)
	w.Get("/connect/callback", callback(s, p, profiles), on, ignorePrefetch, known)
	w.Get("/connect/accounts/:id/disconnect", askDisconnect(db, profiles), on, known)
	e.POST("/connect/accounts/:id/disconnect", disconnect(db, stripe), on, known)

	w.Get("/healthz", health(db))
	w.Get("/static/*", serveStatic(s.Static))
	for _, mount := range more {
		mount(w)
	}
	return e
}

// Get registers a page for GET and HEAD: monitors and `curl -I` ask with HEAD.
func (w *Web) Get(path string, h echo.HandlerFunc, m ...echo.MiddlewareFunc) {
	w.Match([]string{http.MethodGet, http.MethodHead}, path, h, m...)
}

// Simulated says whether Stripe is the simulated one.
func (w *Web) Simulated() bool { return len(w.Parts.Stripe.Origins()) > 0 }

func health(db *store.DB) echo.HandlerFunc {
	return func(c echo.Context) error {
		if err := db.Ping(c.Request().Context()); err != nil {
			Note(c, "health", err)
			return c.String(http.StatusServiceUnavailable, "database cannot be read\n")
		}
		return c.String(http.StatusOK, "ok\n")
	}
}

func serveStatic(set *static.Set) echo.HandlerFunc {
	files := http.StripPrefix("/static/", http.FileServerFS(set))
	return func(c echo.Context) error {
		if file, err := fs.Stat(set, c.Param("*")); err != nil || file.IsDir() {
			return ErrNotFound
		}
		c.Response().Header().Set("Cache-Control", "public, max-age=31536000, immutable") // pages name a version
		files.ServeHTTP(c.Response(), c.Request())
		return nil
	}
}
