// Package api lets an app beside this program, in any language, ask over HTTP where its users stand, and start
// verifications for them. It owns the routes below /api and who may use them; the rules are the core's, the same as
// for the button. docs/openapi.yaml describes it. It is on with API_TOKEN.
package api

import (
	"embed"
	"net/http"
	"net/url"
	"regexp"

	"example.com/identity-starter/extras"
	"example.com/identity-starter/handlers"
)

//go:embed words/*.txt
var files embed.FS

const setting = "API_TOKEN"

// New makes the extra.
func New(p extras.Program) extras.Extra {
	e := extras.Extra{Name: "api", State: "off", Setting: setting, Names: setting, Files: files, Answers: []handlers.Answer{
		{Err: errToken, Code: "unauthorized", Status: http.StatusUnauthorized},
		{Err: errUserID, Code: "bad_request", Status: http.StatusBadRequest, Word: "error.bad_request.user_id"},
	}}
	token, returnTo := p.Settings.Shaped(setting, tokenShape, "must have 32 characters or more, all of printable ASCII: "+
		"make one with `openssl rand -hex 32`"), p.Settings.Text("API_RETURN_URL")
	switch {
	case token == "" && returnTo != "":
		e.Warning = "API_RETURN_URL does nothing without API_TOKEN"
		fallthrough
	case token == "":
		return e
	case returnTo == "":
		p.Settings.Wrong("API_RETURN_URL", "is needed with API_TOKEN: the page of your app to which people come back from Stripe")
	case !isAddress(returnTo, p.Live):
		p.Settings.Wrong("API_RETURN_URL", "must be the whole address of a page of your app, which starts with https:// (or, with a test key, http://)")
	}
	e.State, e.NamesUsers = "on", true
	e.Decide = func(e *extras.Extra) {
		if p.Mode() == handlers.NamedElsewhere {
			e.State = "on, and nobody signs in here: your app alone says who users are"
		}
	}
	e.Routes = func(w *handlers.Web) { mount(w, token, returnTo) }
	return e
}

var tokenShape = regexp.MustCompile(`^[ -~]{32,}$`)

// isAddress says whether Stripe can send people back there.
func isAddress(text string, live bool) bool {
	u, err := url.Parse(text)
	return err == nil && (u.Scheme == "https" || u.Scheme == "http" && !live) && u.Hostname() != "" && u.User == nil
}
