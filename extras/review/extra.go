// Package review has the pages on which people decide about those whom Stripe cannot
// verify, or whom the gate holds back. What they decide is the core's: it is written
// and followed there, and stays valid without this package.
package review

import (
	"context"
	"embed"
	"fmt"
	"io/fs"
	"net/http"
	"regexp"
	"slices"
	"strings"

	"github.com/labstack/echo/v4"

	"example.com/identity-starter/extras"
	"example.com/identity-starter/handlers"
	"example.com/identity-starter/outcomes"
	"example.com/identity-starter/store"
)

var (
	//go:embed *.html words/*.txt
	files embed.FS
	//go:embed review.css review.js
	static embed.FS
	//go:embed schema/*.sql
	scripts embed.FS
)

// New makes the extra.
func New(p extras.Program) extras.Extra {
	schema, _ := fs.Sub(scripts, "schema") // it fails for a wrong name only
	return extras.Extra{Name: "review", State: "off", Setting: setting, Schema: schema, Files: files, Static: static,
		Decide: func(e *extras.Extra) {
			list := reviewers(p)
			e.State, e.Reviews, e.Routes = state(len(list)), len(list) > 0, func(w *handlers.Web) { mount(w, list) }
			if e.Reviews {
				e.Work = askWhose
			}
		},
		Answers: []handlers.Answer{
			{Err: errLogin, Code: "sign_in_required", Status: http.StatusUnauthorized, Next: loginPath},
			{Err: store.ErrAlreadyDecided, Code: "already_decided", Status: http.StatusConflict},
			{Err: errReason, Code: "bad_request", Status: http.StatusBadRequest, Word: "error.bad_request.reason"},
			{Err: store.ErrNotPossible, Code: "bad_request", Status: http.StatusBadRequest, Word: "error.bad_request.decision"},
		}}
}

// askWhose asks Stripe once whose account it is: from then on, addresses in the Dashboard name it. Without an answer they lead
// to the account that somebody is signed in to, which is mostly the same.
func askWhose(ctx context.Context, p outcomes.Parts) { _, _ = p.Stripe.OwnAccount(ctx) }

// mount adds the pages, whether there are reviewers or not: so nobody else can tell, not
// by the time it takes either. To everybody but reviewers there is nothing, whatever the
// method: that is what a group answers.
func mount(w *handlers.Web, reviewers []string) {
	only := requireReviewer(w, reviewers)
	if !w.Settings.Mode().SignIn() && !w.Settings.Live {
		w.Get(loginPath, askPassword(w), only)
	}
	g, read := w.Group("/review", only), []string{http.MethodGet, http.MethodHead}
	g.Match(read, "", showList(w.DB))
	people := persons{w}
	g.Match(read, "/person", people.show, startAtPerson)
	g.POST("/person", people.decide, startAtPerson)
}

// startAtPerson has errors lead back to the person's page.
func startAtPerson(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		handlers.StartsAt(c, personURL(c.FormValue("user"), Filter{}))
		return next(c)
	}
}

const (
	setting          = "REVIEWERS"
	shortestPassword = 16
)

// partOfName is what a comma leaves of the name of somebody in a directory, such as cn=rita,ou=people, which would be two reviewers.
var partOfName = regexp.MustCompile(`^(?i)(cn|uid|ou|o|dc|c|l|st)=`)

// reviewers reads who may decide about others: users, each by the id under which he is
// kept, or, where nobody signs in, name:password. Passwords are for trying it out: with a
// live key, whoever signs everybody in signs reviewers in, too.
func reviewers(p extras.Program) []string {
	if p.Settings.Text(setting) == "" {
		return nil
	}
	signIn := p.Mode().SignIn()
	if p.Live && !signIn {
		p.Settings.Wrong(setting, "needs people who sign in with a live key, by AUTH_USER_HEADER or SignIn in team/team.go: "+
			"name:password pairs are for test keys")
		return nil
	}
	var list []string
	named := p.Settings.Names(setting)
	for _, who := range named {
		id := store.UserID(who)
		if !signIn {
			id = passwordPair(who)
		}
		switch {
		case signIn && len(named) > 1 && partOfName.MatchString(who) && !strings.Contains(p.Settings.Text(setting), ";"):
			p.Settings.Wrong(setting, "has parts of a directory's names: ids with commas are separated by semicolons, and a single id has one behind it, too")
		case id != "":
			list = append(list, id)
			continue
		case signIn:
			p.Settings.Wrong(setting, "must have each reviewer's user id as your sign-in names it: printable ASCII (else have the sign-in send "+
				"an opaque id), no placeholder, and none of the ids that this program makes (anon_…, mail_…, forgotten_…): for somebody with "+
				"an address, the address")
		default:
			p.Settings.Wrong(setting, "must be name:password pairs, in printable ASCII, each password of 16 characters or more, "+
				"while nobody signs in (by AUTH_USER_HEADER, or SignIn in team/team.go); separated by commas, or by semicolons where one has commas")
		}
		return nil
	}
	if len(list) == 0 {
		p.Settings.Wrong(setting, "names nobody: remove it, or name somebody")
	}
	slices.Sort(list) // somebody named twice, in two spellings, is one reviewer
	return slices.Compact(list)
}

// passwordPair is the pair, if it is one.
func passwordPair(pair string) string {
	name, password, _ := strings.Cut(pair, ":")
	if name == "" || len(password) < shortestPassword || strings.ContainsFunc(pair, func(r rune) bool { return r < ' ' || r > '~' }) {
		return ""
	}
	return pair
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
