package handlers

import (
	"crypto/sha256"
	"crypto/subtle"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/labstack/echo/v4"
)

const wrongPasswords = 20 // that an address may send in a minute; then the right one is wrong, too

// requireReviewer lets reviewers in. Where AUTH_USER_HEADER is set they are some of
// the users; else they have passwords.
func requireReviewer(s Settings) echo.MiddlewareFunc {
	var ids []string
	for _, id := range s.Reviewers {
		ids = append(ids, StoredUserID(id))
	}
	tries := &guesses{}
	return func(next echo.HandlerFunc) echo.HandlerFunc {
		return func(c echo.Context) error {
			reviewer := ""
			who := identify(s, false)(func(echo.Context) error { return nil })(c)
			if s.AuthUserHeader == "" {
				reviewer = tries.reviewer(s, c)
			} else if who == nil && slices.Contains(ids, userID(c)) {
				reviewer = userID(c)
			}
			if reviewer == "" && c.Path() != "/review-login" {
				return errNotFound
			}
			c.Set("reviewer", reviewer)
			return next(c)
		}
	}
}

// guesses counts the wrong passwords of each address in the current minute. Whoever
// knows the right one is never counted, and nobody is told that the limit is reached:
// that would say that there is something to guess.
type guesses struct {
	mu     sync.Mutex
	minute time.Time
	wrong  map[string]int
}

// reviewer is who has sent his password; "" for everybody else. The lock is held
// while it is compared, so that guesses at the same time are counted, too.
func (g *guesses) reviewer(s Settings, c echo.Context) string {
	name, password, given := c.Request().BasicAuth()
	if !given {
		return ""
	}
	from, now := network(c.RealIP()), time.Now().Truncate(time.Minute)
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.wrong == nil || !now.Equal(g.minute) {
		g.minute, g.wrong = now, map[string]int{}
	}
	if g.wrong[from] >= wrongPasswords {
		return ""
	}
	if !isReviewer(s.Reviewers, name, password) {
		g.wrong[from]++
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
func askPassword(s Settings) echo.HandlerFunc {
	return func(c echo.Context) error {
		if !isStaff(c) {
			c.Response().Header().Set("WWW-Authenticate", `Basic realm="review", charset="UTF-8"`)
			return errReviewerLogin
		}
		// The whole address: with a name and a password still in it, browsers wait to be asked again.
		return c.Redirect(http.StatusSeeOther, s.BaseURL.JoinPath("review").String())
	}
}

// isStaff says whether a reviewer is asking.
func isStaff(c echo.Context) bool { reviewer, _ := c.Get("reviewer").(string); return reviewer != "" }
