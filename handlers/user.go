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

// identify finds out who is asking, for userID to return. With create, a browser
// that nobody knows becomes an anonymous user of its own.
//
// ADAPT: this is the only place that knows users. To use your own sign-in,
// replace the body by c.Set("user", …) with an opaque id that is never
// reassigned, and return errSignIn where nobody is signed in. Anonymous users
// are for trying things out: who clears the cookie gets new attempts.
func identify(s Settings, create bool) echo.MiddlewareFunc {
	return func(next echo.HandlerFunc) echo.HandlerFunc {
		return func(c echo.Context) error {
			if s.AuthUserHeader != "" {
				user, err := headerUser(s, c.Request())
				if err != nil {
					return err
				}
				c.Set("user", user)
				return next(c)
			}
			user := cookieUser(s, c.Request())
			if user == "" && create {
				user = newCookieUser(s, c)
			}
			c.Set("user", user)
			return next(c)
		}
	}
}

// userID is the user of this request; "" for a browser that nobody knows.
func userID(c echo.Context) string { id, _ := c.Get("user").(string); return id }

// headerUser is the user that the sign-in proxy in front names. Anything odd is
// nobody: never an anonymous user instead.
func headerUser(s Settings, r *http.Request) (string, error) {
	values := r.Header.Values(s.AuthUserHeader)
	if len(values) != 1 || !trustedPeer(s, r.RemoteAddr) {
		return "", errSignIn
	}
	id := values[0]
	if id == "" || len(id) > 200 || strings.ContainsFunc(id, func(c rune) bool { return c < ' ' || c > '~' }) {
		return "", errSignIn
	}
	return StoredUserID(id), nil
}

// StoredUserID is the id under which a user of AUTH_USER_HEADER is kept: no
// address is stored here or sent to Stripe.
func StoredUserID(id string) string {
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
