//go:build unix

package extras_test

import (
	"encoding/base64"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/labstack/echo/v4"

	"example.com/identity-starter/app"
	"example.com/identity-starter/extras"
	"example.com/identity-starter/handlers"
	"example.com/identity-starter/team"
	"example.com/identity-starter/tests"
)

func TestMain(m *testing.M) { tests.Main(m, tests.With(team.Extras...)) }

const (
	pair   = "rita:" + "correct thoroughbred battery"
	typed  = "Wilhelmina Quixote" // what somebody types, and one word of it
	oneOf  = "Quixote"
	mailed = "quixote@example.test"

	decidePath = "/review/person" // where there are reviewers

	appPath = "/api/users/:id" // where apps ask
	token   = "thoroughbred-words-of-an-app-that-asks"
)

// routes are those of the program with all extras.
func routes(t *testing.T) (list []*echo.Route) {
	t.Helper()
	spy := func(extras.Program) extras.Extra {
		return extras.Extra{Name: "spy", Routes: func(w *handlers.Web) { list = w.Routes() }} // the last to add any
	}
	a, err := app.New(t.Context(), tests.SettingsOf(append(tests.Enough(), "DATABASE_URL="+tests.Database(t), "BASE_URL=http://localhost:4242",
		"REVIEWERS="+pair, "API_TOKEN="+token, "API_RETURN_URL=http://localhost:3000/verified")...), tests.With(append(slices.Clone(team.Extras), spy)...), io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	if err := a.Close(); err != nil {
		t.Fatal(err)
	}
	return list
}

// names are those of everything that a request is asked for, by the sources.
func names(t *testing.T) []string {
	t.Helper()
	found := map[string]bool{typed: true, "error_description": true}
	for _, sources := range []string{"../handlers/*.go", "*/*.go"} {
		list, err := filepath.Glob(sources)
		if err != nil {
			t.Fatal(err)
		}
		for _, source := range list {
			for _, m := range regexp.MustCompile(`(?:FormValue|QueryParam|Get|Has|q)[(\[]"([a-z_]+)"[)\]]`).FindAllStringSubmatch(tests.Read(t, source), -1) {
				found[m[1]] = true
			}
		}
	}
	return slices.Sorted(maps.Keys(found))
}

// Nothing that a client typed is in the log or on standard error, wherever it was typed, at any level. What the log may
// hold of a request is the method, if it is a known one, the route's pattern, the status, our own request id, and for an event
// that Stripe has signed its id, type, object and version, where they have the form of such; and users by their ids.
func TestNothingTypedIsLogged(t *testing.T) {
	all, fields := routes(t), names(t)
	for name, settings := range map[string][]string{
		"browsers": {"REVIEWERS=" + pair},
		"header":   {"AUTH_USER_HEADER=X-Auth-User", "REVIEWERS=rita"},
	} {
		t.Run(name, func(t *testing.T) {
			c := tests.NewChild(t, append(settings, "LOG_LEVEL=debug", "SMTP_URL=smtp://localhost:1", "MAIL_FROM=us@example.com",
				"API_TOKEN="+token, "API_RETURN_URL=http://localhost:3000/verified",
				"NOTIFY_URL=http://localhost:1", "NOTIFY_SECRET=whsec_"+base64.StdEncoding.EncodeToString([]byte("words of a test, and no secret")))...)
			c.Spawn()
			customer, reviewer, guest := c.Browser(), c.Browser(), c.Browser()
			if name == "header" {
				customer, reviewer, guest = customer.As("42", "X-Auth-User", "42"), reviewer.As("rita", "X-Auth-User", "rita"), guest.As("", "X-Auth-User", typed+"\u00e9")
			} else {
				reviewer.Base = strings.Replace(c.URL, "http://", "http://"+strings.ReplaceAll(pair, " ", "%20")+"@", 1)
			}
			if got := customer.Post("/create-verification-session", url.Values{"email": {mailed}}); got.Status != 303 {
				t.Fatalf("the button must lead to Stripe, got %d", got.Status)
			}
			session, app := c.Sim.Sessions()[0], c.API().As("", "Authorization", "Bearer "+token)
			for _, b := range []*tests.Browser{guest, customer, reviewer, app} {
				y := &typist{Browser: b, names: fields, user: session.UserID}
				y.T = t
				y.Client.Timeout = 10 * time.Second
				for _, r := range all {
					for _, text := range []string{typed, oneOf} {
						for kind, body := range y.bodies(text) {
							y.send(strings.Replace(r.Method, echo.RouteNotFound, strings.ToUpper(oneOf), 1), r.Path, kind, body, text)
						}
					}
				}
			}
			held := []string{"method=other", "route=/connect/accounts/:id/disconnect", "event=evt_9", "type=" + tests.RequiresInputEvent, "status=400"}
			if slices.ContainsFunc(all, func(r *echo.Route) bool { return r.Path == decidePath }) {
				decideBadly(t, reviewer, session.UserID)
				held = append(held, "decision=one_more")
			}
			if slices.ContainsFunc(all, func(r *echo.Route) bool { return r.Path == appPath }) {
				held = append(held, "route="+appPath+" status=200", "route="+appPath+" status=401")
			}
			raw(t, c.URL)
			signed(t, c.App)
			c.Finish(session.ID, "document_expired")
			c.Deliver(tests.Snapshot("evt_9", tests.RequiresInputEvent, tests.Failed(session, "document_expired", "vr_9")).JSON(t), tests.PlatformSecret)
			if strings.Contains(c.Out.String(), "mail on") {
				c.Says("kind=mail") // whose address the session has
			}
			if strings.Contains(c.Out.String(), "notify on") {
				c.Says("kind=notify")
			}
			if err := c.Signal(syscall.SIGTERM); err != nil {
				t.Fatal(err)
			}
			told := map[string]bool{}
			for line := range strings.Lines(c.Out.String()) {
				low := strings.ToLower(line)
				if strings.Contains(low, "quixote") || strings.Contains(low, "wilhelmina") || strings.Contains(low, "thoroughbred") {
					where := regexp.MustCompile(`route=\S+|(error|event|decision)=("[^"]{0,60}|\S{0,60})`).FindAllString(line, -1)
					if !told[fmt.Sprint(where)] {
						t.Errorf("nothing that somebody typed may be logged, got at %s\n%.400s", where, line)
					}
					told[fmt.Sprint(where)] = true
				}
			}
			for _, what := range held {
				if !strings.Contains(c.Out.String(), what) {
					t.Errorf("the log must go on to say %s", what)
				}
			}
		})
	}
}

// decideBadly decides what cannot be decided, with something typed in its place, and then what can.
func decideBadly(t *testing.T, reviewer *tests.Browser, user string) {
	t.Helper()
	for _, decision := range []string{typed, oneOf, strings.Repeat(oneOf, 10_000), "one_more"} {
		page := reviewer.Get(decidePath + "?user=" + url.QueryEscape(user)).Body
		seen := regexp.MustCompile(`name="seen" value="([^"]+)"`).FindStringSubmatch(page)
		if seen == nil {
			t.Fatalf("a reviewer must see the form, got\n%s", page)
		}
		got := reviewer.Post(decidePath, url.Values{"user": {user}, "decision": {decision}, "seen": {seen[1]}, "reason": {typed}})
		if want := map[bool]int{false: http.StatusBadRequest, true: http.StatusSeeOther}[decision == "one_more"]; got.Status != want {
			t.Errorf("the decision %.20q must be answered %d, got %d", decision, want, got.Status)
		}
	}
}
