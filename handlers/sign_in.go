package handlers

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"net/http"
	"net/netip"
	"strings"

	"github.com/labstack/echo/v4"
)

// SignInFunc says who is signed in: an opaque id that is never given to somebody
// else; "" where nobody is.
type SignInFunc func(*http.Request) string

// Identify finds out who is asking, for UserID to return. With create, a browser
// that nobody knows becomes an anonymous user of its own, where users are browsers.
// It is the only place that knows how.
func (w *Web) Identify(create bool) echo.MiddlewareFunc {
	s := w.Settings
	return func(next echo.HandlerFunc) echo.HandlerFunc {
		return func(c echo.Context) error {
			user := ""
			switch {
			case s.SignIn != nil:
				user = StoredUserID(s.SignIn(c.Request()))
			case s.AuthUserHeader != "":
				user = headerUser(s, c.Request())
			default:
				if user = cookieUser(s, c.Request()); user == "" && create {
					user = newCookieUser(s, c)
				}
			}
			if user == "" && s.SignedIn() {
				return errSignIn // never an anonymous user instead
			}
			c.Set("user", user)
			return next(c)
		}
	}
}

// UserID is the user of this request; "" for a browser that nobody knows.
func UserID(c echo.Context) string { id, _ := c.Get("user").(string); return id }

// headerUser is the user that the sign-in proxy in front names; anything odd is nobody.
func headerUser(s Settings, r *http.Request) string {
	values := r.Header.Values(s.AuthUserHeader)
	if len(values) != 1 || !trustedPeer(s, r.RemoteAddr) {
		return ""
	}
	return StoredUserID(values[0])
}

// StoredUserID is the id under which a user of a sign-in is kept; "" for what cannot
// be one. No address is stored here or sent to Stripe.
func StoredUserID(id string) string {
	if len(id) > 200 || strings.ContainsFunc(id, func(c rune) bool { return c < ' ' || c > '~' }) {
		return ""
	}
	if strings.Contains(id, "@") {
		return "mail_" + shortHash(id)
	}
	return id
}

func trustedPeer(s Settings, remote string) bool {
	peer, err := netip.ParseAddrPort(remote)
	if err != nil {
		return false
	}
	ip := peer.Addr().Unmap().WithZone("")
	for _, p := range s.TrustedProxies {
		if p.Contains(ip) {
			return true
		}
	}
	return ip.IsLoopback()
}

// cookieName has the prefix that makes browsers refuse the cookie from anybody
// but this very host; it exists on https only.
func cookieName(s Settings) string {
	if s.BaseURL.Scheme == "https" {
		return "__Host-user"
	}
	return "user"
}

// cookieUser is the anonymous user of this browser, "" without a cookie of ours.
func cookieUser(s Settings, r *http.Request) string {
	cookie, err := r.Cookie(cookieName(s))
	if err != nil {
		return ""
	}
	secret, err := base64.RawURLEncoding.Strict().DecodeString(cookie.Value)
	if err != nil || len(secret) != 32 {
		return ""
	}
	return anonymous(cookie.Value)
}

func newCookieUser(s Settings, c echo.Context) string {
	secret := make([]byte, 32)
	rand.Read(secret)
	value := base64.RawURLEncoding.EncodeToString(secret)
	c.SetCookie(&http.Cookie{Name: cookieName(s), Value: value, Path: "/", MaxAge: 400 * 24 * 60 * 60, HttpOnly: true,
		Secure: s.BaseURL.Scheme == "https", SameSite: http.SameSiteLaxMode}) // Strict is not sent on the way back from Stripe
	return anonymous(value)
}

// anonymous hashes the cookie, so that neither the database nor Stripe's
// Dashboard ever holds one that works.
func anonymous(cookie string) string { return "anon_" + shortHash(cookie) }

func shortHash(s string) string {
	sum := sha256.Sum256([]byte(s))
	return hex.EncodeToString(sum[:16])
}
