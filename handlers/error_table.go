package handlers

import (
	"cmp"
	"errors"
	"net/http"
	"slices"
	"strings"

	"github.com/labstack/echo/v4"

	"example.com/identity-starter/gateway"
	"example.com/identity-starter/store"
	"example.com/identity-starter/templates"
)

// What a request can be refused for here; the other packages have their own.
var (
	errSignIn         = errors.New("nobody is signed in")
	errBadName        = errors.New("nobody can be signed in so")
	ErrBadRequest     = errors.New("request cannot be read")
	errInvalidEmail   = errors.New("not an e-mail address")
	errCrossSite      = errors.New("another site sent the request")
	errWrongHost      = errors.New("asked for under another host than BASE_URL")
	errRateLimited    = errors.New("too many requests from one address")
	errConnectRefused = errors.New("the person said no at Stripe")
	errOwnAccount     = errors.New("the platform's own account")
	errWrongMode      = errors.New("stripe answered for the other mode")
	ErrNotFound       = errors.New("nothing here")
	errInternal       = errors.New("failed when it was here before")
)

// Answer is what an error looks like from outside.
type Answer struct {
	Err    error
	Code   string // for programs
	Status int
	Next   string // where the page's next step leads; "" is back to where it started
	Word   string // the key of its sentence in templates/words; "" is error.CODE
}

// answers is the one table of errors; extras add rows to it. The first match wins.
var answers = []Answer{
	{errSignIn, "sign_in_required", 401, "", ""},
	{errBadName, "sign_in_required", 401, "", "error.sign_in_required.name"},
	{store.ErrAlreadyVerified, "already_verified", 409, "/verification.html", ""},
	{store.ErrProcessing, "processing", 409, "/verification.html", ""},
	{store.ErrInReview, "in_review", 409, "/verification.html", ""},
	{store.ErrRejected, "rejected", 403, "/verification.html", ""},
	{store.ErrAttemptsExhausted, "attempts_exhausted", 403, "/verification.html", ""},
	{errInvalidEmail, "invalid_email", 400, "/verification.html", ""},
	{gateway.ErrBadSignature, "bad_request", 400, "/", "error.bad_request.signature"},
	{gateway.ErrTooOld, "bad_request", 400, "/", "error.bad_request.too_old"},
	{gateway.ErrNotAnEvent, "bad_request", 400, "/", "error.bad_request.not_an_event"},
	{ErrBadRequest, "bad_request", 400, "/", ""},
	{errCrossSite, "cross_site", 403, "/", ""},
	{errWrongHost, "wrong_host", 421, "", ""},
	{errRateLimited, "rate_limited", 429, "", ""},
	{store.ErrDailyCeiling, "rate_limited", 429, "/verification.html", "error.rate_limited.ceiling"},
	{gateway.ErrCodeRejected, "code_rejected", 400, connectAgain, ""},
	{gateway.ErrOutcomeUnknown, "outcome_unknown", 502, connectAgain, ""},
	{gateway.ErrRejected, "stripe_rejected", 502, "", ""},
	{gateway.ErrRevoked, "stripe_rejected", 502, "", ""},
	{gateway.ErrMissing, "stripe_rejected", 502, "", ""},
	{gateway.ErrUnavailable, "stripe_unavailable", 503, "", ""},
	{gateway.ErrInFlight, "stripe_unavailable", 503, "", ""},
	{gateway.ErrSpent, "stripe_unavailable", 503, "", ""},
	{store.ErrNotOurs, "stripe_unavailable", 503, "", ""}, // the next click finds what is there now
	{store.ErrInvalidState, "invalid_state", 403, connectAgain, ""},
	{errConnectRefused, "connect_refused", 200, "/connect", ""},
	{errOwnAccount, "own_account", 409, connectAgain, ""},
	{errWrongMode, "wrong_mode", 409, "/connect", ""},
	{store.ErrAccountTaken, "account_taken", 409, "/connect", ""},
	{gateway.ErrConnectOff, "connect_disabled", 404, "/", ""},
	{ErrNotFound, "not_found", 404, "/", ""},
	{echo.ErrMethodNotAllowed, "method_not_allowed", 405, "/", ""},
	{echo.ErrStatusRequestEntityTooLarge, "too_large", 413, "/", ""},
}

// connectAgain is the next step that is a button, not a link.
const connectAgain = "/connect/authorize"

// retryAfter is how many seconds a refused client should wait, by the sentence that it reads, where that is not known exactly.
var retryAfter = map[string]string{"error.rate_limited.ceiling": "3600", "error.stripe_unavailable": "30",
	"error.stripe_unavailable.elsewhere": "30"}

// answerError turns an error into an answer. It does not log: logRequests does.
func (w *Web) answerError(err error, c echo.Context) {
	if c.Response().Committed {
		return
	}
	a := w.answerTo(err)
	base := w.Settings.BaseURL.String()
	switch {
	case a.Code == "wrong_host":
		a.Next = base
	case a.Code == "stripe_rejected" && w.Settings.dev():
		a.Word = "error.stripe_rejected.dev"
	case a.Code == "stripe_unavailable" && startOf(c) != "/verification.html":
		a.Word = "error.stripe_unavailable.elsewhere" // where nobody has attempts to lose
	}
	say, next, word := w.words(c), cmp.Or(a.Next, startOf(c)), cmp.Or(a.Word, "error."+a.Code)
	page := templates.Error{Status: a.Status, Code: a.Code, Word: word, Message: say(word, "base", base),
		Next: say("error." + a.Code + ".next"), NextURL: next, RetryPost: next == connectAgain}
	switch s := w.Settings; {
	case errors.Is(err, errSignIn) && s.SignInURL != "":
		page.Next, page.NextURL = say("error.sign_in_required.sign_in"), s.SignInURL
	case errors.Is(err, errBadName) && s.SupportURL != "": // signing in again does not help
		page.Next, page.NextURL = say("layout.contact"), s.SupportURL
	}
	if seconds := retryAfter[word]; seconds != "" {
		c.Response().Header().Set("Retry-After", seconds)
	}
	if WantsHTML(c) && c.Render(page.Status, "error", page) == nil {
		return
	}
	// The client may be gone; there is nobody left to tell.
	_ = c.JSON(page.Status, map[string]any{"error": map[string]string{"code": page.Code, "message": page.Message}})
}

// Again answers a form that is refused with the page that the form is on, so that nothing is lost of what was typed: data makes
// that page's, with why it is refused. A script, and whoever the page cannot be made for, is answered as with any error.
func (w *Web) Again(c echo.Context, err error, page string, data func(why string) (any, error)) error {
	if !WantsHTML(c) {
		return err
	}
	a, lang := w.answerTo(err), w.lang(c)
	if c.Get("english") != nil {
		lang = "en"
	}
	if filled, e := data(w.pages.T(lang, cmp.Or(a.Word, "error."+a.Code))); e == nil {
		_ = c.Render(a.Status, page, filled) // where it fails, nothing is written yet
	}
	return err
}

// answerTo finds the row of an error.
func (w *Web) answerTo(err error) Answer {
	if i := slices.IndexFunc(w.Settings.Answers, func(a Answer) bool { return errors.Is(err, a.Err) }); i >= 0 {
		return w.Settings.Answers[i]
	}
	var refused *echo.HTTPError // by Bind, or by a page of a team's own in Echo's way
	if errors.As(err, &refused) && refused.Code == http.StatusNotFound {
		return w.answerTo(ErrNotFound)
	} else if refused != nil && refused.Code/100 == 4 {
		return Answer{Code: "bad_request", Status: refused.Code, Next: "/"}
	}
	return Answer{Code: "internal", Status: http.StatusInternalServerError, Next: "/"}
}

// errorOf finds an error that is answered with the code, to answer again what was answered before.
func (w *Web) errorOf(code string) error {
	if i := slices.IndexFunc(w.Settings.Answers, func(a Answer) bool { return a.Code == code }); i >= 0 {
		return w.Settings.Answers[i].Err
	}
	return errInternal
}

// StartsAt says where the journey of a request starts, for the way back from an error.
func StartsAt(c echo.Context, path string) { c.Set("start", path) }

// startOf is the page on which the journey of a request starts.
func startOf(c echo.Context) string {
	if start, ok := c.Get("start").(string); ok {
		return start
	}
	if strings.HasPrefix(c.Path(), "/connect") {
		return "/connect"
	}
	return "/verification.html"
}

// WantsHTML says whether a person will read the answer.
func WantsHTML(c echo.Context) bool {
	if forPrograms(c) || c.Path() == "/verification/status" {
		return false
	}
	return strings.Contains(strings.ToLower(strings.Join(c.Request().Header.Values("Accept"), ",")), "text/html")
}
