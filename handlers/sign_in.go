package handlers

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"fmt"
	"net/http"
	"time"

	"github.com/labstack/echo/v4"

	"example.com/identity-starter/store"
)

// SignInFunc says who is signed in: an opaque id that is never given to somebody else; ""
// where nobody is. The user is then what store.UserID makes of it. The request's context ends after ten seconds.
type SignInFunc func(*http.Request) string

// Mode is how the program knows who somebody is.
type Mode int

const (
	AnonymousUsers Mode = iota // each browser is a user of its own
	OwnSignIn                  // the team's code says it
	HeaderSignIn               // a proxy in front says it
	NamedElsewhere             // another app alone says it: nobody is known who asks here
)

// Mode decides it, for all parts of the program: nobody else looks at what it is decided
// from. A mode in which another app alone names the users goes before the anonymous one.
func (s Settings) Mode() Mode {
	switch {
	case s.SignIn != nil:
		return OwnSignIn
	case s.AuthUserHeader != "":
		return HeaderSignIn
	case s.UsersNamed && s.Live: // with a test key browsers may try it out beside
		return NamedElsewhere
	}
	return AnonymousUsers
}

// SignIn says whether people sign in, so that who asks is known.
func (m Mode) SignIn() bool { return m == OwnSignIn || m == HeaderSignIn }

// Identify alone finds out who is asking, for UserID to return. With create, a browser that
// nobody knows becomes an anonymous user of its own, where users are browsers.
func (w *Web) Identify(create bool) echo.MiddlewareFunc {
	return before(func(c echo.Context) error {
		s := w.Settings
		named, by, none := "", "SignIn", "SignIn has named nobody"
		switch s.Mode() {
		case AnonymousUsers:
			c.Set("user", w.cookieUser(c, create))
			return nil
		case OwnSignIn:
			inTime(c, func(r *http.Request) { named = s.SignIn(r) })
		case HeaderSignIn:
			var err error
			if named, err = headerUser(s, c.Request()); err != nil {
				return err
			}
			by, none = s.AuthUserHeader, "no "+s.AuthUserHeader
		case NamedElsewhere:
			return fmt.Errorf("%w: another app names the users", errSignIn)
		}
		user := store.UserID(named)
		switch {
		case named == "":
			return fmt.Errorf("%w: %s", errSignIn, none) // never an anonymous user instead
		case user == "":
			return fmt.Errorf("%w: %s names somebody by %s", errBadName, by, store.WhyNobody(named))
		}
		c.Set("user", user)
		return nil
	})
}

// teamTime is what the team's own code has in a request.
const teamTime = 10 * time.Second

// inTime gives the team's code the request with a context that ends, also while the client waits. What it has parsed of the
// request, or put into the place of the body, is there for whoever comes after it: a body can be read once.
func inTime(c echo.Context, do func(*http.Request)) {
	whole := c.Request().Context()
	ctx, cancel := context.WithTimeout(whole, teamTime)
	defer cancel()
	r := c.Request().WithContext(ctx)
	do(r)
	*c.Request() = *r.WithContext(whole) // in its place, so that the server finds what it has to tidy up
}

// UserID is the user of this request; "" for a browser that nobody knows.
func UserID(c echo.Context) string { id, _ := c.Get("user").(string); return id }

// RequireVerified is the gate, after w.Identify, of every route that is for verified people
// only, a team's and an extra's, too. Everybody else is sent to the verification page.
func (w *Web) RequireVerified() echo.MiddlewareFunc {
	return before(func(c echo.Context) error {
		user, err := w.DB.User(c.Request().Context(), UserID(c))
		if err != nil {
			return err
		}
		if !user.Verified {
			return c.Redirect(http.StatusSeeOther, "/verification.html")
		}
		c.Set("verified", user)
		return nil
	})
}

// headerUser is whom the sign-in proxy in front names; "" where it names nobody. An error where it is not to be believed.
func headerUser(s Settings, r *http.Request) (string, error) {
	values := r.Header.Values(s.AuthUserHeader)
	if len(values) == 0 {
		return "", nil
	}
	if !readHop(r.RemoteAddr).trusted(s.TrustedProxies) {
		return "", fmt.Errorf("%w: %s is believed only from loopback and TRUSTED_PROXIES", errSignIn, s.AuthUserHeader)
	}
	if len(values) > 1 {
		return "", fmt.Errorf("%w: more than one %s: the proxy must remove what comes from outside", errSignIn, s.AuthUserHeader)
	}
	return values[0], nil
}

// setCookie sets a cookie for so many seconds; below 0 removes it.
func (w *Web) setCookie(c echo.Context, name, value, path string, seconds int) {
	c.SetCookie(&http.Cookie{Name: name, Value: value, Path: path, MaxAge: seconds, HttpOnly: true,
		Secure: w.Settings.https(), SameSite: http.SameSiteLaxMode}) // Strict is not sent on the way back from Stripe
}

// cookieUser is the anonymous user of this browser: without a cookie, nobody, or with create somebody new.
func (w *Web) cookieUser(c echo.Context, create bool) string {
	name := "user"
	if w.Settings.https() {
		name = "__Host-user" // the prefix makes browsers refuse it from anybody but this very host
	}
	secret := make([]byte, 32)
	if cookie, err := c.Cookie(name); err == nil {
		found, err := base64.RawURLEncoding.Strict().DecodeString(cookie.Value)
		if err == nil && len(found) == len(secret) {
			return store.AnonymousID(cookie.Value)
		}
	}
	if !create {
		return ""
	}
	rand.Read(secret)
	value := base64.RawURLEncoding.EncodeToString(secret)
	w.setCookie(c, name, value, "/", 400*24*60*60)
	return store.AnonymousID(value)
}
