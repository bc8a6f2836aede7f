package tests

import (
	"slices"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"example.com/identity-starter/stripesim"
)

// attribute is the value of an element's attribute; has says whether it is there at all.
func attribute(node *html.Node, name string) (value string, has bool) {
	for _, a := range node.Attr {
		if a.Key == name {
			return a.Val, true
		}
	}
	return "", false
}

// hasClass says whether an element has one of the classes.
func hasClass(node *html.Node, names ...string) bool {
	class, _ := attribute(node, "class")
	return slices.ContainsFunc(strings.Fields(class), func(c string) bool { return slices.Contains(names, c) })
}

// shown are the elements of a page's main part that nothing hides, in the order in which they stand there.
func shown(t *testing.T, page Answer) (elements []*html.Node) {
	t.Helper()
	doc, err := html.Parse(strings.NewReader(page.Body))
	if err != nil {
		t.Fatal(err)
	}
	for node := range doc.Descendants() {
		if node.Type != html.ElementNode {
			continue
		}
		inside, hidden := false, false
		for up := node; up != nil; up = up.Parent {
			_, h := attribute(up, "hidden")
			inside, hidden = inside || up.Data == "main", hidden || h
		}
		if inside && !hidden {
			elements = append(elements, node)
		}
	}
	return elements
}

// textOf is what an element says.
func wordsOf(node *html.Node) string {
	text := ""
	for inner := range node.Descendants() {
		if inner.Type == html.TextNode {
			text += inner.Data + " "
		}
	}
	return strings.Join(strings.Fields(text), " ")
}

// actionsOf are where a page's main actions lead, as a browser with scripts shows it: the address of a link, or of a button's form.
func actionsOf(t *testing.T, page Answer) (lead []string) {
	t.Helper()
	for _, node := range shown(t, page) {
		link := node.Data == "a" && hasClass(node, "button")
		if !link && node.Data != "button" || hasClass(node, "quiet", "danger") {
			continue
		}
		to, _ := attribute(node, "href")
		for form := node; !link && form != nil; form = form.Parent {
			if action, ok := attribute(form, "action"); ok {
				to = action
			}
		}
		lead = append(lead, to)
	}
	return lead
}

// leadsTo checks that a page has one main action, and that it leads to one of the places.
func (a Answer) leadsTo(t *testing.T, what string, places ...string) {
	t.Helper()
	got := actionsOf(t, a)
	if len(got) != 1 || len(places) > 0 && !slices.ContainsFunc(places, func(p string) bool { return strings.HasPrefix(got[0], p) }) {
		t.Errorf("%s must have one main action, a button that leads to %q, got %q", what, places, got)
	}
}

const help = "mailto:help@example.test"

// Whatever Stripe found, the page has one main action: another try where that is possible, contact where that is the way, and where
// nobody can be contacted some way on all the same.
func TestEveryOutcomeHasOneMainAction(t *testing.T) {
	contact := []string{"selfie_manipulated", "consent_declined", "under_supported_age", "country_not_supported"}
	again := []string{"abandoned", "device_not_supported", "document_expired", "document_unverified_other", "selfie_face_mismatch",
		"id_number_mismatch", "some_new_code"}
	for _, support := range []string{help, ""} {
		a := Start(t, "MAX_VERIFICATION_ATTEMPTS=100", "SUPPORT_URL="+support)
		for _, code := range slices.Concat(contact, again) {
			person := a.Browser()
			a.Finish(person.Verify(a).ID, code)
			page, what := person.Get("/verification/return"), "after "+code+", SUPPORT_URL being "+support+", the page"
			switch {
			case slices.Contains(again, code):
				page.leadsTo(t, what, CreatePath)
			case support != "":
				page.leadsTo(t, what, support)
			default: // some way on
				page.leadsTo(t, what)
			}
		}
	}
}

// Where a person is when a check is over, or has never begun, there is one main action, too.
func TestEveryStateHasOneMainAction(t *testing.T) {
	for _, support := range []string{help, ""} {
		a := Start(t, "MAX_VERIFICATION_ATTEMPTS=1", "SUPPORT_URL="+support)
		of := func(state string) string {
			return "with SUPPORT_URL being " + support + ", the page that tells " + state
		}
		var contact []string // where nobody can be contacted, any way on will do
		if support != "" {
			contact = []string{support}
		}

		stranger := a.Browser()
		stranger.Get("/verification/return").leadsTo(t, of("other_browser"))
		if len(stranger.Client.Jar.Cookies(stranger.Request("GET", "/", nil).URL)) != 0 {
			t.Error("a browser that is no known user must get no cookie from a page with a way on")
		}
		person := a.Browser()
		person.Get("/").leadsTo(t, of("none"), CreatePath)
		session := person.Verify(a)
		person.Get("/").leadsTo(t, of("started"), CreatePath)
		a.Finish(session.ID, "document_expired")
		person.Get("/").leadsTo(t, of("exhausted"), contact...)

		for decision, state := range map[string]string{"reject": "rejected", "cancel": "canceled"} {
			b := a.Browser()
			b.Verify(a)
			a.Decide(b.User(), decision)
			want := contact
			if decision == "cancel" {
				a.Idle()
				want = nil
			}
			b.Get("/").leadsTo(t, of(state), want...)
		}
		done := a.Browser()
		a.Finish(done.Verify(a).ID, "verified")
		done.Get("/").leadsTo(t, of("verified"), "/members")
	}
}

// Who has refused or was refused at Connect goes on with a button.
func TestEveryPageOfConnectHasOneMainAction(t *testing.T) {
	a := Start(t, "SUPPORT_URL="+help)
	merchant := a.Merchant()
	merchant.Get("/connect").leadsTo(t, "the page without accounts", "/connect/authorize")
	merchant.Get(Callback("error", "access_denied")).leadsTo(t, "the page of a refusal", "/connect")
	merchant.Get(Callback("state", "x", "code", "y")).leadsTo(t, "the page of an invalid state", "/connect")
	merchant.Connect(a, stripesim.AccountA)
	merchant.Get("/connect").leadsTo(t, "the page with an account", "/connect/authorize")

	off := Start(t, "STRIPE_CLIENT_ID=")
	off.Browser().Get("/connect").leadsTo(t, "the page of Connect that is off")
}

// Whoever is refused learns it on a page that has one main action.
func TestEveryRefusalHasOneMainAction(t *testing.T) {
	a := Start(t, "SUPPORT_URL="+help)
	for route, status := range map[string]int{"GET /no/such/page": 404, "GET /create-verification-session": 405, "POST /healthz": 405} {
		method, path, _ := strings.Cut(route, " ")
		got := a.Browser().Do(method, path, nil)
		if got.Status != status {
			t.Errorf("%s must be %d, got %d", route, status, got.Status)
		}
		got.leadsTo(t, "the answer to "+route, "/")
	}
	a.Sim.AddFault(stripesim.Fault{Path: "/v1/", Times: -1, Close: true})
	a.Browser().Post(CreatePath, nil).leadsTo(t, "the page that says that Stripe cannot be reached", "/")
}
