package api_test

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"example.com/identity-starter/extras"
	"example.com/identity-starter/extras/api"
	"example.com/identity-starter/outcomes"
	"example.com/identity-starter/store"
	"example.com/identity-starter/tests"
)

const (
	token    = "words-that-only-the-app-and-this-know"
	returnTo = "http://localhost:3000/verified"
)

// client is the app beside this program.
type client struct{ *tests.Browser }

// start runs the program with the API and other extras, and returns the app that asks it.
func start(t *testing.T, others extras.List, settings ...string) (*tests.App, client) {
	t.Helper()
	a := tests.StartTeam(t, tests.With(append(others, api.New)...), append([]string{"API_TOKEN=" + token, "API_RETURN_URL=" + returnTo}, settings...)...)
	return a, asApp(a)
}

func asApp(a *tests.App) client {
	return client{a.API().As("", "Authorization", "Bearer "+token)}
}

// pathOf is where a user is, in the way of any language's function for a part of a path.
func pathOf(user string) string { return "/api/users/" + url.PathEscape(user) }

// begin starts a verification for the user, with a body; "": without.
func (c client) begin(user, body string) tests.Answer {
	c.T.Helper()
	return c.Send(c.Request("POST", pathOf(user)+"/verification-session", strings.NewReader(body)))
}

// mustBegin starts one, and returns its session's id.
func (c client) mustBegin(a *tests.App, user string) string {
	c.T.Helper()
	got := c.begin(user, "")
	var body map[string]string
	if err := json.Unmarshal([]byte(got.Body), &body); got.Status != 200 || err != nil || len(body) != 1 || !strings.HasPrefix(body["url"], a.Sim.URL()+"/start/") {
		c.T.Fatalf("a verification must be started with Stripe's address and nothing else, got %d %s", got.Status, got.Body)
	}
	return a.Rows("SELECT session_id FROM verifications WHERE user_id = ? ORDER BY number DESC LIMIT 1", store.UserID(user))[0]
}

// stands is what the app is told of a user, in order, without the time.
func (c client) stands(user string) string {
	c.T.Helper()
	got := c.Get(pathOf(user))
	before, _, found := strings.Cut(got.Body, `,"updated_at":`)
	if got.Status != 200 || !found {
		c.T.Errorf("where %s stands must be told, got %d %s", user, got.Status, got.Body)
	}
	return before
}

// holds is a gate that lets nobody through.
func holds(extras.Program) extras.Extra {
	return extras.Extra{Name: "holds", State: "on", Gate: true, Consumers: []outcomes.Consumer{{
		Consumer: store.Consumer{Name: "holds", Wants: func(o outcomes.Outcome) bool { return o.What == store.OutcomeAtGate }},
		Do: func(ctx context.Context, p outcomes.Parts, a store.Action) error {
			return p.DB.OpenGate(ctx, a, false, "not who was expected")
		}}}}
}

// header of an answer that a browser would act on.
func noCookie(t *testing.T, what string, h http.Header) {
	t.Helper()
	if h.Get("Set-Cookie") != "" {
		t.Errorf("%s: no cookie is for an app, got %s", what, h.Get("Set-Cookie"))
	}
}
