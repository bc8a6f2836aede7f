package tests

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/labstack/echo/v4"

	"example.com/identity-starter/app"
	"example.com/identity-starter/extras"
	"example.com/identity-starter/gateway"
	"example.com/identity-starter/handlers"
	"example.com/identity-starter/outcomes"
	"example.com/identity-starter/settings"
	"example.com/identity-starter/store"
	"example.com/identity-starter/stripesim"
)

// own is a team with an extra of its own.
func own(e extras.Extra) app.NewTeam {
	e.Name = "own"
	return With(func(extras.Program) extras.Extra { return e })
}

// What an extra brings must not take the place of what another part has.
func TestOwnExtraThatDoesNotFit(t *testing.T) {
	answer := func(c echo.Context) error { return c.NoContent(http.StatusTeapot) }
	page := func(text string) fstest.MapFS { return fstest.MapFS{"own.html": {Data: []byte(text)}} }
	for name, c := range map[string]struct {
		extra extras.Extra
		want  string
	}{
		"the webhook":        {extras.Extra{Routes: func(w *handlers.Web) { w.POST("/webhook", answer) }}, "the route POST /webhook"},
		"the members' page":  {extras.Extra{Routes: func(w *handlers.Web) { w.Get("/members", answer) }}, "the route GET /members"},
		"a route twice":      {extras.Extra{Routes: func(w *handlers.Web) { w.Get("/own", answer); w.Get("/own", answer) }}, "the route GET /own"},
		"half a page":        {extras.Extra{Files: page(`{{define "title"}}Own{{end}}`)}, "own.html must define"},
		"a table of ours":    {extras.Extra{Schema: fstest.MapFS{"0001.sql": {Data: []byte("CREATE TABLE attempts (id TEXT) STRICT;")}}}, "0001.sql of own"},
		"a file of ours":     {extras.Extra{Static: fstest.MapFS{"app.js": {Data: []byte("1")}}}, "app.js"},
		"words with a brace": {extras.Extra{Files: fstest.MapFS{"words/en.txt": {Data: []byte("own.a = {\n")}}}, "own.a"},
	} {
		t.Run(name, func(t *testing.T) {
			pairs := append(Enough(), "DATABASE_URL="+Database(t), "BASE_URL=http://localhost:4242")
			_, err := app.New(t.Context(), SettingsOf(pairs...), own(c.extra), t.Output())
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("the program must not start, and say %q, got %v", c.want, err)
			}
		})
	}
}

// An extra that panics, wherever, stops neither the program nor what others do.
func TestOwnExtraThatPanics(t *testing.T) {
	a := StartTeam(t, own(extras.Extra{
		Work:   func(context.Context, outcomes.Parts) { panic("in the background") },
		Routes: func(w *handlers.Web) { w.Get("/own", func(echo.Context) error { panic("in a page") }) },
		Watch:  extras.Watch{Call: func(gateway.Call) { panic("in Call") }, Change: func(store.Change) { panic("in Change") }},
		Consumers: []outcomes.Consumer{{Consumer: store.Consumer{Name: "own", Wants: func(outcomes.Outcome) bool { panic("in Wants") }},
			Do: func(context.Context, outcomes.Parts, store.Action) error { panic("in Do") }}},
	}))
	a.Says("an extra works no more until the next start")
	person := a.Browser()
	if got := person.Get("/own"); got.Status != 500 {
		t.Errorf("a page that panics must be an error, got %d", got.Status)
	}
	a.Finish(person.Verify(a).ID, "verified")
	if got := person.Get("/members"); got.Status != 200 {
		t.Errorf("news must be recorded whatever an extra does, got %d", got.Status)
	}
	merchant := a.Merchant()
	merchant.Connect(a, stripesim.AccountA)
	if got := merchant.Get("/connect"); got.Status != 200 {
		t.Errorf("what is asked beside a page must be answered whatever an extra does, got %d", got.Status)
	}
	for _, where := range []string{"Do", "Call", "Change"} {
		a.Says("panic: in " + where)
	}
	a.Says("what=verified")
}

// The doctor names the team's own events, and finds what the start would refuse.
func TestDoctorKnowsTheTeam(t *testing.T) {
	a := StartTeam(t, func(r *settings.Reader) app.Team {
		team := Team(r)
		team.Events = map[string]outcomes.EventFunc{"customer.updated": func(context.Context, *slog.Logger, outcomes.Event) error { return nil }}
		return team
	})
	if said, _ := a.Command("doctor"); !strings.Contains(said, gateway.EventRedacted+",") || !strings.Contains(said, ",customer.updated,") {
		t.Errorf("the doctor's command must bring the team's own events, got\n%s", said)
	}
	a.Team = own(extras.Extra{Check: func(ctx context.Context, q store.Querier, live int) (string, string, error) {
		var n int
		err := q.QueryRowContext(ctx, "SELECT count(*) FROM actions WHERE livemode = $1", live).Scan(&n)
		return fmt.Sprintf("%d actions", n), "see to it", err
	}})
	if said, err := a.Command("doctor"); err != nil || !strings.Contains(said, "WARN  own: 0 actions (see to it)") {
		t.Errorf("what an extra without tables of its own finds must be told, got %v\n%s", err, said)
	}
	a.Team = own(extras.Extra{Static: fstest.MapFS{"app.js": {Data: []byte("1")}}})
	if said, err := a.Command("doctor"); err == nil || !strings.Contains(said, "FAIL  settings: two parts have the static file app.js") {
		t.Errorf("what stops the start must be a FAIL, got %v\n%s", err, said)
	}
}
