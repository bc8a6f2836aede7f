package e2e_test

import (
	"fmt"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/chromedp/cdproto/audits"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/runtime"
)

// guard watches a tab for what no page may do, whatever the test is about:
// breaking the content security policy, an error in the console, an exception
// that nobody caught, and asking another machine for anything.
type guard struct {
	mu        sync.Mutex
	problems  []string
	expected  []string
	documents []document
	visited   []string // every address that was asked for
}

// document is a page that the tab was given.
type document struct {
	url    string
	status int64
}

func (g *guard) listen(event any) {
	g.mu.Lock()
	defer g.mu.Unlock()
	switch e := event.(type) {
	case *log.EventEntryAdded:
		if e.Entry.Level == log.EntryLevelError || e.Entry.Source == log.EntrySourceSecurity {
			g.problems = append(g.problems, fmt.Sprintf("console: %s (%s)", e.Entry.Text, e.Entry.URL))
		}
	case *runtime.EventConsoleAPICalled:
		if e.Type == runtime.ConsoleAPICalledTypeError || e.Type == runtime.ConsoleAPICalledTypeAssert {
			g.problems = append(g.problems, "console: "+arguments(e.Args))
		}
	case *runtime.EventExceptionThrown:
		g.problems = append(g.problems, "uncaught: "+e.ExceptionDetails.Text+" "+arguments([]*runtime.RemoteObject{e.ExceptionDetails.Exception}))
	case *audits.EventIssueAdded:
		if d := e.Issue.Details; d != nil && d.ContentSecurityPolicyIssueDetails != nil {
			g.problems = append(g.problems, "content security policy: "+d.ContentSecurityPolicyIssueDetails.ViolatedDirective)
		}
	case *network.EventRequestWillBeSent:
		g.visited = append(g.visited, e.Request.URL)
		if u, err := url.Parse(e.Request.URL); err != nil || !local(u) {
			g.problems = append(g.problems, "request to another host: "+e.Request.URL)
		}
	case *network.EventResponseReceived:
		if e.Type == network.ResourceTypeDocument {
			g.documents = append(g.documents, document{e.Response.URL, e.Response.Status})
		}
	}
}

func arguments(objects []*runtime.RemoteObject) string {
	var texts []string
	for _, o := range objects {
		if o != nil {
			texts = append(texts, strings.TrimSpace(o.Description+" "+string(o.Value)))
		}
	}
	return strings.Join(texts, " ")
}

// local says whether an address is on this machine, or none of the network's at all.
func local(u *url.URL) bool {
	switch u.Scheme {
	case "http":
		return u.Hostname() == "localhost" || u.Hostname() == "127.0.0.1"
	case "about", "data", "blob":
		return true
	}
	return false
}

// report fails the test for everything that was not expected.
func (g *guard) report(t *testing.T) {
	t.Helper()
	for _, problem := range g.found() {
		t.Errorf("no page may do this: %s", problem)
	}
}

func (g *guard) found() (unexpected []string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	for _, problem := range g.problems {
		if !slices.ContainsFunc(g.expected, func(part string) bool { return strings.Contains(problem, part) }) {
			unexpected = append(unexpected, problem)
		}
	}
	return unexpected
}

// expect accepts problems that contain a text. The browser calls every answer
// from 400 on an error of the console.
func (p *page) expect(part string) *page {
	p.guard.mu.Lock()
	defer p.guard.mu.Unlock()
	p.guard.expected = append(p.guard.expected, part)
	return p
}

// redirected is the last address below a path that the tab was sent to.
func (g *guard) redirected(path string) (address string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	for _, a := range g.visited {
		if u, err := url.Parse(a); err == nil && u.Path == path {
			address = a
		}
	}
	return address
}

// document is the page that the tab was given last.
func (p *page) document() document {
	p.t.Helper()
	p.guard.mu.Lock()
	defer p.guard.mu.Unlock()
	if len(p.guard.documents) == 0 {
		p.t.Fatal("the tab has not been given a page yet")
	}
	return p.guard.documents[len(p.guard.documents)-1]
}

// The guard itself must be awake: else every other test proves less than it says.
func TestGuardCatches(t *testing.T) {
	t.Parallel()
	a := start(t)
	for name, c := range map[string]struct{ do, problem string }{
		"inline style":    {`document.body.setAttribute("style", "color:red")`, "content security policy: style-src"},
		"inline script":   {`document.body.append(Object.assign(document.createElement("script"), {text: "1"}))`, "content security policy: script-src"},
		"foreign form":    {`Object.assign(document.body.appendChild(document.createElement("form")), {action: "http://localhost:1/"}).submit()`, "content security policy: form-action"},
		"foreign picture": {`document.body.append(Object.assign(new Image(), {src: "https://other.example/a.png"}))`, "content security policy: img-src"},
		"console error":   {`console.error("by the test")`, "by the test"},
		"uncaught":        {`setTimeout(() => { throw new Error("by the test") })`, "uncaught: Uncaught Error: by the test"},
		"rejected":        {`Promise.reject(new Error("by the test")) && 0`, "uncaught: Uncaught (in promise) Error: by the test"},
		"missing file":    {`fetch("/static/none.js") && 0`, "404"},
		"another host":    {`location.assign("http://other.example/")`, "request to another host: http://other.example/"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := a.person(t).open("/")
			if _, err := eval[any](p, "void "+c.do); err != nil {
				t.Fatal(err)
			}
			wait(t, "the guard notices: "+c.problem, func() bool {
				return slices.ContainsFunc(p.guard.found(), func(s string) bool { return strings.Contains(s, c.problem) })
			}, func() string { return fmt.Sprintf("%q", p.guard.found()) })
			p.expect("") // everything: it was on purpose
		})
	}
}
