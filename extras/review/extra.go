// Package review has the pages on which people decide about those whom Stripe cannot
// verify, or whom the gate holds back. What they decide is the core's: it is written
// and followed there, and stays valid without this package.
package review

import (
	"embed"
	"io/fs"
	"net/http"

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

const (
	dashboardURL  = "https://dashboard.stripe.com/"
	dashboardPath = "identity/verification-sessions/"
)

// mount adds the pages. To everybody but reviewers there is nothing, whatever the
// method: that is what a group answers.
func mount(w *handlers.Web, reviewers []string) {
	only, db := requireReviewer(w, reviewers), w.Parts.DB
	if !w.Settings.SignedIn() {
		w.Get(loginPath, askPassword(w), only)
	}
	dashboard := dashboardURL + "test/" + dashboardPath
	switch {
	case w.Simulated():
		dashboard = "" // which has nothing of the simulator's
	case w.Settings.Live:
		dashboard = dashboardURL + dashboardPath
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
