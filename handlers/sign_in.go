package handlers

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"net/http"
	"net/netip"
	"slices"
	"strings"

	"github.com/labstack/echo/v4"
)

// SignInFunc says who is signed in: an opaque id that is never given to somebody else; "" where nobody is.
type SignInFunc func(*http.Request) string

// Identify alone finds out who is asking, for UserID to return. With create, a browser that
// nobody knows becomes an anonymous user of its own, where users are browsers.
func (w *Web) Identify(create bool) echo.MiddlewareFunc {
	return before(func(c echo.Context) error {
		user, s := "", w.Settings
		switch {
		case s.SignIn != nil:
			user = StoredUserID(s.SignIn(c.Request()))
		case s.AuthUserHeader != "":
			user = headerUser(s, c.Request())
		default:
			user = w.cookieUser(c, create)
		}
		if user == "" && s.SignedIn() {
			return errSignIn // never an anonymous user instead
		}
		c.Set("user", user)
		return nil
	})
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

// headerUser is the user that the sign-in proxy in front names; anything odd is nobody.
func headerUser(s Settings, r *http.Request) string {
	values := r.Header.Values(s.AuthUserHeader)
	peer, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil || len(values) != 1 {
		return ""
	}
	ip := peer.Addr().Unmap().WithZone("")
	if !ip.IsLoopback() && !slices.ContainsFunc(s.TrustedProxies, func(p netip.Prefix) bool { return p.Contains(ip) }) {
		return ""
	}
	return StoredUserID(values[0])
}

// StoredUserID is the id under which a user of a sign-in is kept; "" for what cannot
// be one. No address is stored here or sent to Stripe.
func StoredUserID(id string) string {
	if len(id) > 200 || strings.TrimSpace(id) != id || strings.ContainsFunc(id, func(c rune) bool { return c < ' ' || c > '~' }) {
		return ""
	}
	if strings.Contains(id, "@") {
		return "mail_" + shortHash(id)
	}
	return id
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
			return anonymous(cookie.Value)
		}
	}
	if !create {
		return ""
	}
	rand.Read(secret)
	value := base64.RawURLEncoding.EncodeToString(secret)
	w.setCookie(c, name, value, "/", 400*24*60*60)
	return anonymous(value)
}

// anonymous hashes the cookie: neither the database nor Stripe's Dashboard ever holds one that works.
func anonymous(cookie string) string { return "anon_" + shortHash(cookie) }

func shortHash(s string) string {
	sum := sha256.Sum256([]byte(s))
	return hex.EncodeToString(sum[:16])
}
