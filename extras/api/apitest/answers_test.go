package apitest_test

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/labstack/echo/v4"

	"example.com/identity-starter/extras"
	"example.com/identity-starter/extras/api"
	"example.com/identity-starter/handlers"
	"example.com/identity-starter/outcomes"
	"example.com/identity-starter/store"
	"example.com/identity-starter/stripesim"
	"example.com/identity-starter/tests"
)

const token = "words-that-only-the-app-and-this-know"

const (
	userPath     = "/api/users/{id}"
	startPath    = "/api/users/{id}/verification-session"
	accountsPath = "/api/users/{id}/accounts"
)

// holds is a gate that lets nobody through.
func holds(extras.Program) extras.Extra {
	return extras.Extra{Name: "holds", State: "on", Gate: true, Consumers: []outcomes.Consumer{{
		Consumer: store.Consumer{Name: "holds", Wants: func(o outcomes.Outcome) bool { return o.What == store.OutcomeAtGate }},
		Do: func(ctx context.Context, p outcomes.Parts, a store.Action) error {
			return p.DB.OpenGate(ctx, a, false, "not who was expected")
		}}}}
}

// program is a running program, and the routes that it has below /api.
type program struct {
	*tests.App
	routes []string
}

func start(t *testing.T, others extras.List, settings ...string) *program {
	t.Helper()
	p := &program{}
	spy := func(extras.Program) extras.Extra {
		return extras.Extra{Name: "spy", Routes: func(w *handlers.Web) { p.routes = below(w.Routes()) }} // the last to add any
	}
	p.App = tests.StartTeam(t, tests.With(append(others, api.New, spy)...), append([]string{"API_TOKEN=" + token, "API_RETURN_URL=http://localhost:3000/verified"}, settings...)...)
	return p
}

func below(all []*echo.Route) (list []string) {
	for _, r := range all {
		if strings.HasPrefix(r.Path, "/api") && r.Method != http.MethodHead {
			list = append(list, strings.ToLower(r.Method)+" "+strings.ReplaceAll(r.Path, ":id", "{id}"))
		}
	}
	slices.Sort(list)
	return list
}

// send asks as the app does.
func (p *program) send(path, method, body string, change func(*http.Request)) tests.Answer {
	p.T.Helper()
	b := p.API()
	request := b.Request(strings.ToUpper(method), strings.Replace(path, "{id}", "customer-42", 1), strings.NewReader(body))
	request.Header.Set("Authorization", "Bearer "+token)
	if change != nil {
		change(request)
	}
	return b.Send(request)
}

// begin starts a verification that ends so.
func (p *program) begin(outcome string) {
	p.T.Helper()
	if got := p.send(startPath, "post", "", nil); got.Status != 200 {
		p.T.Fatalf("got %d %s", got.Status, got.Body)
	}
	if outcome != "" {
		p.Finish(p.Sim.Sessions()[0].ID, outcome)
	}
	p.NothingIsLeft()
}

func drop(table string) func(*program) { return func(p *program) { p.Change("DROP TABLE " + table) } }

func named(id string) func(*http.Request) {
	return func(r *http.Request) { r.URL.Path = strings.Replace(r.URL.Path, "customer-42", id, 1) }
}

func with(name, value string) func(*http.Request) {
	return func(r *http.Request) { r.Header.Set(name, value) }
}

var large = strings.Repeat("a", 300<<10)

// cases are requests, and what has happened before each; between them they get every answer that the document has.
var cases = []struct {
	path, method string
	others       extras.List
	settings     []string
	meet         func(*program)
	body         string
	change       func(*http.Request)
}{
	{path: userPath, method: "get"},
	{path: userPath, method: "get", meet: func(p *program) { p.begin("verified") }},
	{path: userPath, method: "get", meet: func(p *program) { p.begin("document_expired") }},
	{path: userPath, method: "get", meet: func(p *program) { p.begin("processing") }},
	{path: userPath, method: "get", meet: func(p *program) { p.begin(""); p.Decide("customer-42", store.Reject) }},
	{path: userPath, method: "get", others: extras.List{holds}, meet: func(p *program) { p.begin("verified") }},
	{path: userPath, method: "get", change: named("(null)")},
	{path: userPath, method: "get", change: with("Authorization", "Bearer another")},
	{path: userPath, method: "get", settings: []string{"API_TOKEN=", "API_RETURN_URL="}},
	{path: userPath, method: "get", body: large},
	{path: userPath, method: "get", meet: drop("people")},

	{path: startPath, method: "post"},
	{path: startPath, method: "post", body: `{"email":"ada@example.test"}`},
	{path: startPath, method: "post", body: `{"email":"nobody"}`},
	{path: startPath, method: "post", body: `{"email":`},
	{path: startPath, method: "post", change: named("anon_x")},
	{path: startPath, method: "post", change: with("Authorization", "")},
	{path: startPath, method: "post", settings: []string{"MAX_VERIFICATION_ATTEMPTS=1"}, meet: func(p *program) { p.begin("document_expired") }},
	{path: startPath, method: "post", meet: func(p *program) { p.begin(""); p.Decide("customer-42", store.Reject) }},
	{path: startPath, method: "post", change: with("Sec-Fetch-Site", "cross-site")},
	{path: startPath, method: "post", settings: []string{"API_TOKEN=", "API_RETURN_URL="}},
	{path: startPath, method: "post", meet: func(p *program) { p.begin("verified") }},
	{path: startPath, method: "post", meet: func(p *program) { p.begin("processing") }},
	{path: startPath, method: "post", others: extras.List{holds}, meet: func(p *program) { p.begin("verified") }},
	{path: startPath, method: "post", body: large},
	{path: startPath, method: "post", settings: []string{"MAX_CHECKS_PER_DAY=1"}, meet: func(p *program) { p.begin("document_expired") }},
	{path: startPath, method: "post", meet: drop("people")},
	{path: startPath, method: "post", meet: func(p *program) { p.Sim.AddFault(stripesim.Fault{Path: "/v1/", Status: 403, Times: -1}) }},
	{path: startPath, method: "post", meet: func(p *program) { p.Sim.AddFault(stripesim.Fault{Path: "/v1/", Close: true, Times: -1}) }},

	{path: accountsPath, method: "get"},
	{path: accountsPath, method: "get", settings: []string{"AUTH_USER_HEADER=X-Auth-User"}, meet: func(p *program) {
		p.Browser().As("customer-42", "X-Auth-User", "customer-42").Connect(p.App, stripesim.AccountA)
	}},
	{path: accountsPath, method: "get", change: named("(null)")},
	{path: accountsPath, method: "get", change: with("Authorization", "Basic "+token)},
	{path: accountsPath, method: "get", settings: []string{"API_TOKEN=", "API_RETURN_URL="}},
	{path: accountsPath, method: "get", body: large},
	{path: accountsPath, method: "get", meet: drop("accounts")},
}

// What is answered is what the document says, each field and no other, and all that the document has is answered; also the
// codes of errors, each with its status.
func TestAnswersAreAsDescribed(t *testing.T) {
	doc, compiler := read(t)
	met := map[string]bool{}
	for _, c := range cases {
		p := start(t, c.others, c.settings...)
		if c.meet != nil {
			c.meet(p)
		}
		got := p.send(c.path, c.method, c.body, c.change)
		met[doc.told(t, compiler, c.path, c.method, got.Status, got.Header, got.Body)] = true
	}
	for path, item := range doc.Paths {
		for method, o := range item {
			for status, r := range o.Responses {
				described := []string{""}
				if status >= "400" {
					described = codes(t, r)
				}
				for _, code := range described {
					if what := strings.TrimSpace(method + " " + path + " " + status + " " + code); !met[what] {
						t.Errorf("nothing is answered %s, which the document has; or add what is", what)
					}
				}
			}
		}
	}
}

// The document has the routes that there are, and no others.
func TestRoutesAreDescribed(t *testing.T) {
	doc, _ := read(t)
	var described []string
	for path, item := range doc.Paths {
		for method := range item {
			described = append(described, method+" "+path)
		}
	}
	slices.Sort(described)
	if p := start(t, nil); !slices.Equal(described, p.routes) {
		t.Errorf("the document must have the routes %q, got %q", p.routes, described)
	}
}
