package handlers

import (
	"io"
	"net/http"

	"github.com/labstack/echo/v4"

	"example.com/identity-starter/templates"
)

// Render implements echo.Renderer: it puts a page's data into the frame that every page
// shares. Echo renders into a buffer, so a page that fails can still become an error page.
func (w *Web) Render(out io.Writer, name string, data any, c echo.Context) error {
	s, simulated := w.Settings, w.Simulated()
	p := templates.Page{
		Lang: lang(c), AppName: s.AppName, SupportURL: s.SupportURL,
		ConnectOn: w.Stripe.ConnectEnabled(), Simulated: simulated, TestMode: !s.Live && !simulated,
		RequestID: c.Response().Header().Get(echo.HeaderXRequestID),
		Version:   s.Static.Version, Logo: s.Static.Logo, Style: s.Static.Style, Data: data,
	}
	if c.Get("english") != nil {
		p.Path = ""
	} else if _, failed := data.(templates.Error); failed {
		p.Path = startOf(c) // the same request again would be answered otherwise
	} else if c.Request().Method == http.MethodGet {
		p.Path = c.Request().URL.Path
	}
	if v, ok := data.(templates.Verification); ok {
		p.StripeJS = s.StripeJS && v.Button
	}
	return w.pages.Render(out, name, p)
}

// InEnglish says that there are no other languages to choose for this request's page.
func InEnglish(c echo.Context) { c.Set("english", true) }

// findLanguage finds the visitor's language: chosen by a link, remembered, or the browser's.
func (w *Web) findLanguage(c echo.Context) error {
	chosen := c.QueryParam("lang")
	if chosen != "" && w.pages.Match(chosen, "") == chosen {
		w.setCookie(c, "lang", chosen, "/", 365*24*60*60)
	} else if cookie, err := c.Cookie("lang"); err == nil {
		chosen = cookie.Value
	}
	found := w.pages.Match(chosen, c.Request().Header.Get("Accept-Language"))
	c.Response().Header().Set("Content-Language", found)
	c.Set("lang", found)
	return nil
}

// lang is the visitor's language; "", which reads English, before findLanguage.
func lang(c echo.Context) string { found, _ := c.Get("lang").(string); return found }

// sayFunc finds a sentence in the visitor's language.
type sayFunc func(key string, args ...string) string

func (w *Web) words(c echo.Context) sayFunc {
	return func(key string, args ...string) string { return w.pages.T(lang(c), key, args...) }
}
