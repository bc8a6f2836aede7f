package api_test

import (
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"example.com/identity-starter/extras"
	"example.com/identity-starter/store"
	"example.com/identity-starter/stripesim"
	"example.com/identity-starter/tests"
)

// An app has its user verified: it sends him to Stripe, he comes back to it, and it asks what came of it.
func TestAnAppVerifiesItsUser(t *testing.T) {
	a, app := start(t, nil)
	if got := app.stands("42"); got != `{"user_id":"42","verified":false,"status":"none","code":"","attempts_left":3,"needs_review":false` {
		t.Errorf("nobody ever heard of this user, got %s", got)
	}
	if got := app.Get("/api/users/42").Body; !strings.HasSuffix(got, `"updated_at":0}`+"\n") || len(a.Rows("SELECT user_id FROM people")) != 0 {
		t.Errorf("to ask makes nobody, got %s", got)
	}
	id := app.mustBegin(a, "42")
	session, _ := a.Sim.Session(id)
	if session.UserID != "42" || session.ReturnURL != returnTo {
		t.Errorf("the session must be the user's, and lead back to the app, got %q and %q", session.UserID, session.ReturnURL)
	}
	if again := app.mustBegin(a, "42"); again != id {
		t.Errorf("who starts again goes on with the same session, got %s and %s", id, again)
	}
	for _, step := range []struct{ outcome, want string }{
		{"", `"verified":false,"status":"requires_input","code":"","attempts_left":3`},
		{"processing", `"verified":false,"status":"processing","code":"","attempts_left":3`},
		{"document_expired", `"verified":false,"status":"requires_input","code":"document_expired","attempts_left":2`},
		{"verified", `"verified":true,"status":"verified","code":"","attempts_left":2`},
	} {
		if step.outcome != "" {
			a.Finish(id, step.outcome)
		}
		if got := app.stands("42"); got != `{"user_id":"42",`+step.want+`,"needs_review":false` {
			t.Errorf("after %q the app must be told %s, got %s", step.outcome, step.want, got)
		}
	}
	app.begin("42", "").Refused(t, "already_verified", 409)
	if n := len(a.Creates()); n != 1 {
		t.Errorf("all that costs one session, got %d", n)
	}
}

// When something has changed last is told: a check, and a reviewer's word, which no session knows of.
func TestUpdatedAt(t *testing.T) {
	a, app := start(t, nil)
	at := func() int64 {
		_, text, _ := strings.Cut(app.Get("/api/users/42").Body, `"updated_at":`)
		n, err := strconv.ParseInt(strings.TrimSuffix(text, "}\n"), 10, 64)
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	old := func() {
		a.Change("UPDATE people SET updated_at = 1000")
		a.Change("UPDATE verifications SET updated_at = 1000")
	}
	now := time.Now().Unix()
	session := app.mustBegin(a, "42")
	for _, change := range []struct {
		what string
		do   func()
	}{
		{"what is processed", func() { a.Finish(session, "processing") }},
		{"a failed check", func() { a.Finish(session, "document_expired") }},
		{"a reviewer's word", func() { a.Decide("42", store.Approve) }},
	} {
		if old(); at() != 1000 {
			t.Fatalf("it must be as old as what it is about, got %d", at())
		}
		if change.do(); at() < now {
			t.Errorf("%s changes where a user stands, got %d", change.what, at())
		}
	}
}

// inState brings a user to where the button refuses.
var inState = map[string]struct {
	status   int
	others   extras.List
	settings []string
	meet     func(a *tests.App, app client)
}{
	"already_verified":   {409, nil, nil, func(a *tests.App, app client) { a.Finish(app.mustBegin(a, "42"), "verified") }},
	"processing":         {409, nil, nil, func(a *tests.App, app client) { a.Finish(app.mustBegin(a, "42"), "processing") }},
	"attempts_exhausted": {403, nil, []string{"MAX_VERIFICATION_ATTEMPTS=1"}, func(a *tests.App, app client) { a.Finish(app.mustBegin(a, "42"), "document_expired") }},
	"rejected":           {403, nil, nil, func(a *tests.App, app client) { app.mustBegin(a, "42"); a.Decide("42", store.Reject) }},
	"in_review": {409, extras.List{holds}, nil, func(a *tests.App, app client) {
		a.Finish(app.mustBegin(a, "42"), "verified")
		a.NothingIsLeft()
	}},
	"rate_limited": {429, nil, []string{"MAX_CHECKS_PER_DAY=1"}, func(a *tests.App, app client) { a.Finish(app.mustBegin(a, "43"), "verified") }},
	"stripe_rejected": {502, nil, nil, func(a *tests.App, _ client) {
		a.Sim.AddFault(stripesim.Fault{Path: "/v1/", Status: http.StatusForbidden, Times: -1})
	}},
	"stripe_unavailable": {503, nil, nil, func(a *tests.App, _ client) { a.Sim.AddFault(stripesim.Fault{Path: "/v1/", Close: true, Times: -1}) }},
}

// Whatever the button refuses, the API refuses for the same user in the same words; and it tells where he stands as the page's
// script is told.
func TestTheSameRefusalsAsTheButton(t *testing.T) {
	for code, c := range inState {
		t.Run(code, func(t *testing.T) {
			t.Parallel()
			a, app := start(t, c.others, append(c.settings, "AUTH_USER_HEADER=X-Auth-User", "REVIEWERS=")...)
			c.meet(a, app)
			person := a.API().As("42", "X-Auth-User", "42")
			button, got := person.Click(), app.begin("42", "")
			got.Refused(t, code, c.status)
			if got.Body != button.Body || got.Status != button.Status || got.Header.Get("Retry-After") != button.Header.Get("Retry-After") {
				t.Errorf("the button is answered %d %s, the app %d %s", button.Status, button.Body, got.Status, got.Body)
			}
			status := person.Status()
			if want := fmt.Sprintf(`"status":%q,"code":%q,"attempts_left":%v,`, status["status"], status["code"], status["attempts_left"]); !strings.Contains(app.stands("42"), want) {
				t.Errorf("the page's script is told %s, the app %s", want, app.stands("42"))
			}
			if strings.Contains(app.stands("42"), `"needs_review":true`) != (code == "in_review") {
				t.Errorf("a person must look at who is in review, and at nobody else, got %s", app.stands("42"))
			}
		})
	}
}

// A verdict that Stripe has taken back is told as revoked, and a new attempt is possible.
func TestRevoked(t *testing.T) {
	a, app := start(t, nil)
	session := app.mustBegin(a, "42")
	a.Finish(session, "verified")
	a.NothingIsLeft()
	a.Change("UPDATE verifications SET news_at = news_at - 100") // so that what comes now is later
	a.Override(session, "selfie_manipulated")
	a.NothingIsLeft()
	if got := app.stands("42"); !strings.Contains(got, `"verified":false,"status":"requires_input","code":"selfie_manipulated"`) {
		t.Errorf("who is verified no more must be told so, with Stripe's reason, got %s", got)
	}
	if again := app.mustBegin(a, "42"); again == session {
		t.Error("a session whose verdict was taken back is never handed out again")
	}
}

// The button and the app's own at the same moment are one session, which costs one fee: they ask with one idempotency key and
// must ask for the same, also for the same way back.
func TestOneSessionByButtonAndAPI(t *testing.T) {
	a, app := start(t, nil, "AUTH_USER_HEADER=X-Auth-User")
	person := a.API().As("42", "X-Auth-User", "42")
	var all []*http.Request
	for range 4 {
		all = append(all, app.Request("POST", "/api/users/42/verification-session", nil), person.Clicks(1)[0])
	}
	for _, got := range app.Together(all...) {
		if got.Status != 200 {
			t.Errorf("each click must be answered 200, got %d %s", got.Status, got.Body)
		}
	}
	ways := map[string]bool{}
	for _, r := range a.Creates() {
		ways[r.Form.Get("return_url")] = true
	}
	if n := len(a.Sim.Sessions()); n != 1 || len(ways) != 1 {
		t.Errorf("all of them must be one session, asked for in one way, got %d sessions and %v", n, ways)
	}
}

// Where the button has got no answer, the app goes on with what Stripe has, or asks for the same again.
func TestTheAppGoesOnWhereTheButtonFailed(t *testing.T) {
	for name, fault := range map[string]stripesim.Fault{"before": {Close: true, Times: -1}, "after": {Close: true, Times: -1, After: true}} {
		a, app := start(t, nil, "AUTH_USER_HEADER=X-Auth-User")
		a.Sim.AddFault(tests.AtCreate(fault))
		a.API().As("42", "X-Auth-User", "42").MustRefuse("Stripe gives no answer", 503, "stripe_unavailable")
		a.Sim.ClearFaults()
		session, _ := a.Sim.Session(app.mustBegin(a, "42"))
		if n := len(a.Sim.Sessions()); n != 1 || session.ReturnURL != a.URL+"/verification/return" {
			t.Errorf("%s: there must be one session, made as it was first asked for, got %d, %q", name, n, session.ReturnURL)
		}
	}
}

// The connected accounts of a user are listed, and nobody else's, and none that has ended.
func TestAccounts(t *testing.T) {
	a, app := start(t, nil, "AUTH_USER_HEADER=X-Auth-User")
	merchant := a.Browser().As("42", "X-Auth-User", "42")
	list := func(user string) string { return app.Get(pathOf(user) + "/accounts").Body }
	if got := list("42"); got != `{"accounts":[]}`+"\n" {
		t.Errorf("who has connected none has an empty list, got %s", got)
	}
	merchant.Connect(a, stripesim.AccountA)
	since := a.Rows("SELECT scope || '\",\"connected_at\":' || connected_at FROM accounts")[0]
	if got := list("42"); got != `{"accounts":[{"id":"`+stripesim.AccountA+`","scope":"`+since+`}]}`+"\n" || list("43") != `{"accounts":[]}`+"\n" {
		t.Errorf("a connected account must be told with scope and time, to be its user's, got %s and %s", got, list("43"))
	}
	merchant.Post("/connect/accounts/"+stripesim.AccountA+"/disconnect", nil)
	if got := list("42"); got != `{"accounts":[]}`+"\n" {
		t.Errorf("a connection that has ended is none, got %s", got)
	}
	if n := slices.Compact(a.Rows("SELECT count(*) FROM verifications")); n[0] != "0" {
		t.Errorf("to ask for accounts starts nothing, got %q", n)
	}
}
