package handlers

import (
	"maps"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"

	"github.com/labstack/echo/v4"
)

// maxBody is the most that anybody may send: Stripe documents no size of an event; Identity's are a few kilobytes.
const maxBody = 256 << 10

// What is parsed of a request: more than our own addresses, Stripe, a sign-in and browsers send.
const headerMost, queryMost = 2 << 10, 4 << 10

// cutLong cuts what is parsed before anybody does: anybody may send 30 KB of it with each request, which is dear to read.
// Nothing that is longer is right: cut, it is refused or of no use as it was.
func cutLong(c echo.Context) error {
	r := c.Request()
	r.URL.RawQuery = r.URL.RawQuery[:min(len(r.URL.RawQuery), queryMost)]
	for _, name := range []string{"Accept", "Accept-Language", "Content-Type", "Origin", "Stripe-Signature", "Range", "If-Match", "If-None-Match"} {
		for i, value := range r.Header[name] {
			r.Header[name][i] = value[:min(len(value), headerMost)]
		}
	}
	return nil
}

// InEnglish says that there are no other languages to choose for this request's page.
func InEnglish(c echo.Context) { c.Set("english", true) }

// lang is the visitor's language: chosen by a link, remembered, or the browser's. It is
// looked for where there are words for a visitor: a webhook has none.
func (w *Web) lang(c echo.Context) string {
	if found, ok := c.Get("lang").(string); ok {
		return found
	}
	chosen := c.QueryParam("lang")
	if chosen != "" && w.pages.Match(chosen, "") == chosen && !forPrograms(c) {
		w.setCookie(c, "lang", chosen, "/", 365*24*60*60)
	} else if cookie, err := c.Cookie("lang"); err == nil {
		chosen = cookie.Value
	}
	found := w.pages.Match(chosen, c.Request().Header.Get("Accept-Language"))
	c.Response().Header().Set("Content-Language", found)
	c.Set("lang", found)
	return found
}

// rememberLanguage keeps the language that a link chooses, also where the answer has no words.
func (w *Web) rememberLanguage(c echo.Context) error {
	if c.Request().URL.RawQuery != "" {
		w.lang(c)
	}
	return nil
}

// sayFunc finds a sentence in the visitor's language.
type sayFunc func(key string, args ...string) string

func (w *Web) words(c echo.Context) sayFunc {
	return func(key string, args ...string) string { return w.pages.T(w.lang(c), key, args...) }
}

// securityHeaders allow our own files and nothing else. form-action has Stripe's
// hosts because Chromium applies it to every redirect that follows a form.
func (w *Web) securityHeaders() func(echo.Context) error {
	forms := strings.Join(append([]string{"'self'", "https://*.stripe.com"}, w.Stripe.Origins()...), " ")
	csp := "default-src 'none'; style-src 'self'; img-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action " + forms
	if w.Settings.StripeJS { // docs.stripe.com/security/guide#content-security-policy
		csp += "; script-src 'self' https://js.stripe.com https://*.js.stripe.com; connect-src 'self' https://api.stripe.com" +
			"; frame-src https://js.stripe.com https://*.js.stripe.com https://hooks.stripe.com"
	} else {
		csp += "; script-src 'self'; connect-src 'self'"
	}
	headers := http.Header{ // shared by all answers: who needs others sets them anew
		"Content-Security-Policy": {csp},
		"X-Content-Type-Options":  {"nosniff"},
		// Not no-referrer: under it browsers send "Origin: null" with our own forms.
		"Referrer-Policy":            {"same-origin"},
		"Cache-Control":              {"no-store"},
		"Cross-Origin-Opener-Policy": {"same-origin"},
		"Permissions-Policy":         {"camera=(), microphone=(), geolocation=()"},
	}
	if w.Settings.https() {
		headers.Set("Strict-Transport-Security", "max-age=31536000")
	}
	return func(c echo.Context) error {
		maps.Copy(c.Response().Header(), headers)
		return nil
	}
}

// onlyOurHost keeps a page on this machine to one name, because cookies belong
// to a name: a person who starts on 127.0.0.1 would come back from Stripe to
// localhost as somebody else. It also stops a site that rebinds its DNS name.
func (w *Web) onlyOurHost(c echo.Context) error {
	r, base := c.Request(), w.Settings.BaseURL
	if c.Path() == "/healthz" || forPrograms(c) {
		return nil
	}
	asked := url.URL{Host: r.Host}
	host, ours := asked.Hostname(), base.Hostname()
	switch {
	case !isLoopbackName(ours), strings.EqualFold(host, ours):
		return nil
	case !isLoopbackName(host):
		return errWrongHost
	case r.Method != http.MethodGet && r.Method != http.MethodHead:
		return nil // curl to 127.0.0.1; a browser was redirected before
	}
	to := url.URL{Scheme: base.Scheme, Host: base.Host, Path: r.URL.Path, RawQuery: r.URL.RawQuery}
	if port := asked.Port(); port != "" {
		to.Host = net.JoinHostPort(ours, port)
	}
	return c.Redirect(http.StatusTemporaryRedirect, to.String())
}

// forPrograms says whether no browser asks, so that nothing of a page is answered: Stripe does, or an app beside this one.
func forPrograms(c echo.Context) bool {
	path := c.Request().URL.Path
	return c.Path() == "/webhook" || path == "/api" || strings.HasPrefix(path, "/api/")
}

func isLoopbackName(host string) bool {
	ip, err := netip.ParseAddr(host)
	return strings.EqualFold(host, "localhost") || err == nil && ip.IsLoopback()
}

// onlyOurSite refuses what a browser says another site has sent. Stripe and curl say nothing of the kind.
func (w *Web) onlyOurSite() func(echo.Context) error {
	protection := http.NewCrossOriginProtection()
	if err := protection.AddTrustedOrigin(w.Settings.BaseURL.Scheme + "://" + w.Settings.BaseURL.Host); err != nil {
		panic("BASE_URL was not checked: " + err.Error())
	}
	return func(c echo.Context) error {
		if protection.Check(c.Request()) != nil {
			return errCrossSite
		}
		return nil
	}
}
