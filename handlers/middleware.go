package handlers

import (
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"runtime/debug"
	"strings"
	"time"

	"github.com/labstack/echo/v4"
	"github.com/labstack/echo/v4/middleware"
	"golang.org/x/time/rate"
)

// maxBody is the largest body that anybody may send. Stripe documents no size
// of an event; Identity's are a few kilobytes.
const maxBody = 256 << 10

// logRequests writes one line a request: the route's pattern, never the URL,
// which holds codes and states. It makes the request's id, and is the only
// place that logs an error.
func logRequests(log *slog.Logger) echo.MiddlewareFunc {
	return func(next echo.HandlerFunc) echo.HandlerFunc {
		return func(c echo.Context) error {
			start, id := time.Now(), strings.ToLower(rand.Text()[:12])
			c.Response().Header().Set(echo.HeaderXRequestID, id)
			err := next(c)
			if err != nil {
				c.Error(err)
			}
			status, level := c.Response().Status, slog.LevelInfo
			switch {
			case clientLeft(c, err):
				err = errors.New("client left")
			case status >= 500:
				level = slog.LevelError
			case c.Path() == "/webhook" && status >= 400:
				level = slog.LevelWarn // Stripe is refused, and goes on trying
			case c.Path() == "/healthz" || c.Path() == "/static/*":
				level = slog.LevelDebug
			}
			attrs := []slog.Attr{slog.String("method", method(c.Request().Method)), slog.String("route", c.Path()),
				slog.Int("status", status), slog.Int64("ms", time.Since(start).Milliseconds()), slog.String("request", id)}
			notes, _ := c.Get("notes").([]slog.Attr)
			attrs = append(attrs, notes...)
			if err != nil {
				attrs = append(attrs, slog.String("error", err.Error()))
			}
			log.LogAttrs(c.Request().Context(), level, "request", attrs...)
			return nil
		}
	}
}

// Note adds something to the request's log line.
func Note(c echo.Context, key string, value any) {
	notes, _ := c.Get("notes").([]slog.Attr)
	c.Set("notes", append(notes, slog.Any(key, value)))
}

// method keeps the log free of made-up methods.
func method(m string) string {
	switch m {
	case http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete, http.MethodOptions:
		return m
	}
	return "other"
}

// recoverPanics turns a panic into an error like any other.
func recoverPanics(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) (err error) {
		defer func() {
			if p := recover(); p != nil {
				err = fmt.Errorf("panic: %v\n%s", p, debug.Stack())
			}
		}()
		return next(c)
	}
}

// securityHeaders allow our own files and nothing else. form-action has Stripe's
// hosts because Chromium applies it to every redirect that follows a form.
func securityHeaders(s Settings, origins []string) echo.MiddlewareFunc {
	forms := strings.Join(append([]string{"'self'", "https://*.stripe.com"}, origins...), " ")
	csp := "default-src 'none'; style-src 'self'; img-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action " + forms
	if s.StripeJS { // docs.stripe.com/security/guide#content-security-policy
		csp += "; script-src 'self' https://js.stripe.com https://*.js.stripe.com; connect-src 'self' https://api.stripe.com" +
			"; frame-src https://js.stripe.com https://*.js.stripe.com https://hooks.stripe.com"
	} else {
		csp += "; script-src 'self'; connect-src 'self'"
	}
	return func(next echo.HandlerFunc) echo.HandlerFunc {
		return func(c echo.Context) error {
			h := c.Response().Header()
			h.Set("Content-Security-Policy", csp)
			h.Set("X-Content-Type-Options", "nosniff")
			// Not no-referrer: under it browsers send "Origin: null" with our own forms.
			h.Set("Referrer-Policy", "same-origin")
			h.Set("Cache-Control", "no-store")
			h.Set("Cross-Origin-Opener-Policy", "same-origin")
			h.Set("Permissions-Policy", "camera=(), microphone=(), geolocation=()")
			if s.BaseURL.Scheme == "https" {
				h.Set("Strict-Transport-Security", "max-age=31536000")
			}
			return next(c)
		}
	}
}

// onlyOurHost keeps a page on this machine to one name, because cookies belong
// to a name: a person who starts on 127.0.0.1 would come back from Stripe to
// localhost as somebody else. It also stops a site that rebinds its DNS name.
func onlyOurHost(s Settings) echo.MiddlewareFunc {
	ours := s.BaseURL.Hostname()
	return func(next echo.HandlerFunc) echo.HandlerFunc {
		return func(c echo.Context) error {
			r := c.Request()
			host, port, err := net.SplitHostPort(r.Host)
			if err != nil {
				host = strings.Trim(r.Host, "[]")
			}
			switch {
			case !isLoopbackName(ours), strings.EqualFold(host, ours), c.Path() == "/webhook", c.Path() == "/healthz":
				return next(c)
			case !isLoopbackName(host):
				return errWrongHost
			case r.Method != http.MethodGet && r.Method != http.MethodHead:
				return next(c) // curl to 127.0.0.1; a browser was redirected before
			}
			to := url.URL{Scheme: s.BaseURL.Scheme, Host: s.BaseURL.Host, Path: r.URL.Path, RawQuery: r.URL.RawQuery}
			if port != "" {
				to.Host = net.JoinHostPort(ours, port)
			}
			return c.Redirect(http.StatusTemporaryRedirect, to.String())
		}
	}
}

func isLoopbackName(host string) bool {
	ip, err := netip.ParseAddr(host)
	return strings.EqualFold(host, "localhost") || err == nil && ip.IsLoopback()
}

// onlyOurSite refuses what a browser says another site has sent. Stripe's
// webhooks and curl say nothing of the kind and pass.
func onlyOurSite(s Settings) echo.MiddlewareFunc {
	protection := http.NewCrossOriginProtection()
	if err := protection.AddTrustedOrigin(s.BaseURL.Scheme + "://" + s.BaseURL.Host); err != nil {
		panic("BASE_URL was not checked: " + err.Error())
	}
	return func(next echo.HandlerFunc) echo.HandlerFunc {
		return func(c echo.Context) error {
			if protection.Check(c.Request()) != nil {
				return errCrossSite
			}
			return next(c)
		}
	}
}

func limitBody(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		if c.Request().ContentLength > maxBody {
			return echo.ErrStatusRequestEntityTooLarge
		}
		c.Request().Body = http.MaxBytesReader(c.Response(), c.Request().Body, maxBody)
		return next(c)
	}
}

// limitRate lets one address start so many things a minute.
func limitRate(perMinute int) echo.MiddlewareFunc {
	if perMinute == 0 {
		return func(next echo.HandlerFunc) echo.HandlerFunc { return next }
	}
	refuse := func(echo.Context, error) error { return errRateLimited }
	return middleware.RateLimiterWithConfig(middleware.RateLimiterConfig{
		Store: middleware.NewRateLimiterMemoryStoreWithConfig(middleware.RateLimiterMemoryStoreConfig{
			Rate: rate.Limit(float64(perMinute) / 60), Burst: perMinute, ExpiresIn: 2 * time.Minute}),
		IdentifierExtractor: func(c echo.Context) (string, error) { return Network(c), nil },
		ErrorHandler:        refuse,
		DenyHandler:         func(c echo.Context, _ string, err error) error { return refuse(c, err) },
	})
}

// Network is the client's address, or an IPv6 address's /64: one customer has all of that.
func Network(c echo.Context) string {
	ip, err := netip.ParseAddr(c.RealIP())
	if err != nil {
		return "unknown"
	}
	if ip = ip.Unmap(); ip.Is4() {
		return ip.String()
	}
	prefix, _ := ip.WithZone("").Prefix(64) // 64 bits always fit
	return prefix.String()
}

// clientAddress believes X-Forwarded-For from loopback and TRUSTED_PROXIES only:
// anybody else could forge it to escape the rate limit.
func clientAddress(s Settings) echo.IPExtractor {
	trust := []echo.TrustOption{echo.TrustLoopback(true), echo.TrustLinkLocal(false), echo.TrustPrivateNet(false)}
	for _, p := range s.TrustedProxies {
		bits := p.Addr().BitLen()
		trust = append(trust, echo.TrustIPRange(&net.IPNet{IP: p.Addr().AsSlice(), Mask: net.CIDRMask(p.Bits(), bits)}))
	}
	return echo.ExtractIPFromXFFHeader(trust...)
}
