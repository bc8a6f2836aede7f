package handlers

import (
	"io"
	"net/http"
	"time"

	"github.com/labstack/echo/v4"

	"example.com/identity-starter/templates"
)

// renderer puts a page's data into the frame that every page shares. Echo
// renders into a buffer, so a page that fails can still become an error page.
type renderer struct {
	settings           Settings
	pages              *templates.Set
	connect, simulated bool
}

// Render implements echo.Renderer.
func (r renderer) Render(w io.Writer, name string, data any, c echo.Context) error {
	p := templates.Page{
		Lang: lang(c), AppName: r.settings.AppName, SupportURL: r.settings.SupportURL,
		ConnectOn: r.connect, Simulated: r.simulated, TestMode: !r.settings.Live && !r.simulated,
		RequestID: c.Response().Header().Get(echo.HeaderXRequestID),
		Version:   r.settings.Static.Version, Logo: r.settings.Static.Logo, Style: r.settings.Static.Style, Data: data,
	}
	if c.Get("english") != nil {
		p.Path = ""
	} else if _, failed := data.(templates.Error); failed {
		p.Path = startOf(c) // the same request again would be answered otherwise
	} else if c.Request().Method == http.MethodGet {
		p.Path = c.Request().URL.Path
	}
	if v, ok := data.(templates.Verification); ok {
		p.StripeJS = r.settings.StripeJS && v.Button
	}
	return r.pages.Render(w, name, p)
}

// InEnglish says that there are no other languages to choose for this request's page.
func InEnglish(c echo.Context) { c.Set("english", true) }

// language finds the visitor's language: chosen by a link, remembered, or the browser's.
func language(s Settings, pages *templates.Set) echo.MiddlewareFunc {
	return func(next echo.HandlerFunc) echo.HandlerFunc {
		return func(c echo.Context) error {
			chosen := c.QueryParam("lang")
			if chosen != "" && pages.Match(chosen, "") == chosen {
				c.SetCookie(&http.Cookie{Name: "lang", Value: chosen, Path: "/", MaxAge: 365 * 24 * 60 * 60,
					HttpOnly: true, SameSite: http.SameSiteLaxMode, Secure: s.BaseURL.Scheme == "https"})
			} else if cookie, err := c.Cookie("lang"); err == nil {
				chosen = cookie.Value
			}
			in := pages.Match(chosen, c.Request().Header.Get("Accept-Language"))
			c.Response().Header().Set("Content-Language", in)
			c.Set("lang", in)
			c.Set("words", sayFunc(func(key string, args ...string) string { return pages.T(in, key, args...) }))
			c.Set("date", func(t time.Time) string { return pages.Date(in, t) })
			return next(c)
		}
	}
}

// sayFunc finds a sentence in the visitor's language.
type sayFunc func(key string, args ...string) string

func words(c echo.Context) sayFunc {
	if say, ok := c.Get("words").(sayFunc); ok {
		return say
	}
	return func(key string, _ ...string) string { return key } // before language ran: an error in it
}

func lang(c echo.Context) string { s, _ := c.Get("lang").(string); return s }

func date(c echo.Context, t time.Time) string {
	if f, ok := c.Get("date").(func(time.Time) string); ok && !t.IsZero() {
		return f(t)
	}
	return ""
}
