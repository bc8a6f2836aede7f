package review

import (
	"crypto/sha256"
	"crypto/subtle"
	"errors"
	"net/http"
	"slices"
	"sync"

	"github.com/labstack/echo/v4"

	"example.com/identity-starter/handlers"
)

const (
	loginPath      = "/review-login"
	wrongPasswords = 20 // that an address may send in any minute; then the right one is wrong, too
)

var errLogin = errors.New("no reviewer's password")

// requireReviewer lets reviewers in. Where people sign in they are some of the users;
// else they have passwords.
func requireReviewer(w *handlers.Web, reviewers []string) echo.MiddlewareFunc {
	tries, identify := &guesses{wrong: handlers.NewBudget(wrongPasswords)}, w.Identify(false)
	return func(next echo.HandlerFunc) echo.HandlerFunc {
		return func(c echo.Context) error {
			reviewer := ""
			who := identify(func(echo.Context) error { return nil })(c)
			if !w.Settings.Mode().SignIn() {
				reviewer = tries.reviewer(reviewers, c)
			} else if who == nil && slices.Contains(reviewers, handlers.UserID(c)) {
				reviewer = handlers.UserID(c)
			}
			if reviewer == "" && c.Path() != loginPath {
				return handlers.ErrNotFound
			}
			if reviewer != "" {
				c.Set("reviewer", reviewer)
				handlers.InEnglish(c)
			}
			return next(c)
		}
	}
}

// reviewerOf is the reviewer who is asking; "" for everybody else.
func reviewerOf(c echo.Context) string { reviewer, _ := c.Get("reviewer").(string); return reviewer }

// guesses counts the wrong passwords of each address. Whoever knows the right one is never
// counted, and nobody is told that the limit is reached: that would say that there is
// something to guess.
type guesses struct {
	mu    sync.Mutex
	wrong *handlers.Budget
}

// reviewer is who has sent his password; "" for everybody else. The lock is held
// while it is compared, so that guesses at the same time are counted, too.
func (g *guesses) reviewer(pairs []string, c echo.Context) string {
	name, password, given := c.Request().BasicAuth()
	if !given {
		return ""
	}
	from := handlers.Network(c)
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.wrong.Wait(from) > 0 {
		return ""
	}
	if !isReviewer(pairs, name, password) {
		g.wrong.Take(from)
		return ""
	}
	return name
}

// isReviewer takes the same time for every wrong password.
func isReviewer(pairs []string, name, password string) bool {
	given, found := sha256.Sum256([]byte(name+":"+password)), 0
	for _, pair := range pairs {
		known := sha256.Sum256([]byte(pair))
		found |= subtle.ConstantTimeCompare(given[:], known[:])
	}
	return found == 1
}

// askPassword is where a browser can sign a reviewer in: it asks for a password
// only when it is told to, and below /review nobody is told that there is anything.
func askPassword(w *handlers.Web) echo.HandlerFunc {
	return func(c echo.Context) error {
		if reviewerOf(c) == "" {
			c.Response().Header().Set("WWW-Authenticate", `Basic realm="review", charset="UTF-8"`)
			return errLogin
		}
		// The whole address: with a name and a password still in it, browsers wait to be asked again.
		return c.Redirect(http.StatusSeeOther, w.Settings.BaseURL.JoinPath("review").String())
	}
}
