package e2e_test

import (
	"strings"
	"testing"

	"github.com/chromedp/chromedp/kb"

	"example.com/identity-starter/stripesim"
)

// stop is what has the focus: where it is, what it is, and whether that can be seen.
type stop struct {
	What, Part string
	Top        float64
	Visible    bool
}

const focused = `(e => e && e !== document.body ? {
	What: e.id ? "#" + e.id : e.matches(".skip") ? ".skip" : e.localName, Part: e.closest("header, main, footer")?.localName || "",
	Top: e.getBoundingClientRect().top + scrollY,
	Visible: e.matches(":focus-visible") && getComputedStyle(e).outlineStyle !== "none" && e.getBoundingClientRect().width > 1,
} : null)(document.activeElement)`

// stops are all stops of the Tab key on a page, in their order.
func (p *page) stops() (all []stop) {
	p.t.Helper()
	for len(all) < 60 {
		p.keys(kb.Tab)
		at := get[*stop](p, focused)
		if at == nil || len(all) > 0 && *at == all[0] {
			return all
		}
		all = append(all, *at)
	}
	p.t.Fatalf("on %s: the Tab key must come to an end", p.where())
	return nil
}

// ordered checks that the Tab key goes through a page as one reads it.
func (p *page) ordered(name string) (order string) {
	p.t.Helper()
	parts := map[string]int{"": 0, "header": 1, "main": 2, "footer": 3}
	before := stop{}
	for i, at := range p.stops() {
		if i == 0 && at.What != ".skip" {
			p.t.Errorf("%s: the first stop must skip to the content, it is %s", name, at.What)
		}
		if !at.Visible {
			p.t.Errorf("%s: who uses the keyboard must see where he is: %s in %s", name, at.What, at.Part)
		}
		if parts[at.Part] < parts[before.Part] || at.Part == before.Part && at.Top < before.Top-40 {
			p.t.Errorf("%s: the stops must be in the order in which one reads, %s (%s) is after %s (%s)", name, at.What, at.Part, before.What, before.Part)
		}
		before, order = at, order+" "+at.What
	}
	return order
}

// The keyboard goes through the verification page as the eye does: the button before
// what folds out below it.
func TestOrderOfStops(t *testing.T) {
	t.Parallel()
	a := start(t, "SMTP_URL=smtp://localhost:1", "MAIL_FROM=shop@example.test", "SUPPORT_URL=mailto:help@example.com")
	p := a.person(t).open("/").state("none")
	order := p.ordered("none")
	button, email, more := strings.Index(order, "#verify-button"), strings.Index(order, "#email"), strings.Index(order, "summary")
	if button < 0 || email > button || more < button {
		t.Errorf("an address comes before the button, and what folds out after it, got%s", order)
	}
	fold := "main details > summary"
	p.tabTo(fold).keys(kb.Enter).wait("Enter folds it out", `document.querySelector("main details[open] > :not(summary)").checkVisibility()`)
	p.keys(" ").wait("and Space in again", `!document.querySelector("main details[open]")`)

	p.toStripe().outcome("document_expired").state("requires_input").ordered("requires_input")
	p.toAuthorize().pick(stripesim.AccountA).heading("Your Stripe accounts").ordered("connect")
	p.click(`.accounts a[href$="/disconnect"]`).heading("Disconnect this account?").ordered("disconnect")
}

// Nothing ends because somebody presses Enter before he reads.
func TestEnterDisconnectsNothing(t *testing.T) {
	t.Parallel()
	a := start(t)
	p := a.person(t).toAuthorize().pick(stripesim.AccountA).heading("Your Stripe accounts")
	p.open("/connect/accounts/" + stripesim.AccountA + "/disconnect").heading("Disconnect this account?")
	if at := get[string](p, "document.activeElement.localName"); at != "body" && at != "main" && at != "h1" {
		t.Errorf("nothing that acts may have the focus by itself, <%s> has", at)
	}
	p.keys(kb.Enter).wait("the page still asks", `location.pathname.endsWith("/disconnect")`)
	p.open("/connect").wait("the account is still connected", `document.querySelector(".accounts > li")`)
	p.click(`.accounts a[href$="/disconnect"]`).heading("Disconnect this account?")
	p.tabTo(ends).keys(kb.Enter).wait("who means it can", `!document.querySelector(".accounts")`)
}
