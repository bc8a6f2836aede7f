// Package review has the pages on which people decide about those whom Stripe cannot
// verify, or whom the gate holds back. What they decide is the core's: it is written
// and followed there, and stays valid without this package.
package review

import (
	"embed"
	"fmt"
	"io/fs"
	"net/http"
	"strings"

	"github.com/labstack/echo/v4"

	"example.com/identity-starter/extras"
	"example.com/identity-starter/handlers"
	"example.com/identity-starter/store"
)

var (
	//go:embed *.html words/*.txt
	files embed.FS
	//go:embed review.css
	static embed.FS
	//go:embed schema/*.sql
	scripts embed.FS
)

// New makes the extra.
func New(p extras.Program) extras.Extra {
	list := reviewers(p)
	schema, _ := fs.Sub(scripts, "schema") // it fails for a wrong name only
	e := extras.Extra{Name: "review", State: state(len(list)), Setting: setting, Schema: schema, Files: files, Static: static}
	if len(list) == 0 {
		return e
	}
	e.Reviews = true
	e.Routes = func(w *handlers.Web) { mount(w, list) }
	e.Answers = []handlers.Answer{
		{Err: errLogin, Code: "sign_in_required", Status: http.StatusUnauthorized, Next: loginPath},
		{Err: store.ErrAlreadyDecided, Code: "already_decided", Status: http.StatusConflict},
		{Err: store.ErrNotPossible, Code: "bad_request", Status: http.StatusBadRequest, Word: "error.bad_request.decision"},
	}
	return e
}

// mount adds the pages. To everybody but reviewers there is nothing, whatever the
// method: that is what a group answers.
func mount(w *handlers.Web, reviewers []string) {
	only, db := requireReviewer(w, reviewers), w.Parts.DB
	if !w.Settings.SignedIn() {
		w.Get(loginPath, askPassword(w), only)
	}
	dashboard := "https://dashboard.stripe.com/test/identity/verification-sessions/"
	if w.Settings.Live {
		dashboard = strings.Replace(dashboard, "/test/", "/", 1)
	} else if w.Simulated() {
		dashboard = "" // it has nothing of the simulator's
	}
	g, read := w.Group("/review", only), []string{http.MethodGet, http.MethodHead}
	g.Match(read, "", showList(db))
	g.Match(read, "/person", showPerson(db, dashboard), startAtPerson)
	g.POST("/person", decide(db), startAtPerson)
}

// startAtPerson has errors lead back to the person's page.
func startAtPerson(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		handlers.StartsAt(c, personURL(c.FormValue("user")))
		return next(c)
	}
}

const (
	setting          = "REVIEWERS"
	shortestPassword = 16
)

// reviewers reads who may decide about others: ids of users, or, where nobody signs
// in, name:password. Passwords are for trying it out: with a live key, whoever signs
// everybody in signs reviewers in, too.
func reviewers(p extras.Program) []string {
	if p.Settings.Text(setting) == "" {
		return nil
	}
	if p.Live && !p.SignedIn {
		p.Settings.Wrong(setting, "needs AUTH_USER_HEADER with a live key: name:password pairs are for test keys")
		return nil
	}
	list := p.Settings.List(setting)
	if len(list) == 0 {
		p.Settings.Wrong(setting, "names nobody: remove it, or name somebody")
	}
	for _, who := range list {
		user, password, isPair := strings.Cut(who, ":")
		switch {
		case strings.ContainsFunc(who, func(r rune) bool { return r < ' ' || r > '~' }):
			p.Settings.Wrong(setting, "must be printable ASCII")
		case !p.SignedIn && (!isPair || user == "" || len(password) < shortestPassword):
			p.Settings.Wrong(setting, "must be name:password pairs without AUTH_USER_HEADER, each password of 16 characters or more")
		default:
			continue
		}
		return nil
	}
	return list
}

// state says how many reviewers there are, and nobody's name.
func state(reviewers int) string {
	switch reviewers {
	case 0:
		return "off"
	case 1:
		return "on (1 reviewer)"
	}
	return fmt.Sprintf("on (%d reviewers)", reviewers)
}
