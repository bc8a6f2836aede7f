package e2e_test

import (
	"testing"

	"github.com/chromedp/chromedp"
)

// toStripe presses Verify and waits for Stripe's page.
func (p *page) toStripe() *page {
	p.t.Helper()
	return p.click("#verify-button").atStripe()
}

func (p *page) atStripe() *page {
	p.t.Helper()
	return p.wait("the button leads to Stripe's page", `document.readyState === "complete" && document.querySelector('button[value="verified"]')`)
}

// outcome picks on Stripe's page how the check ends.
func (p *page) outcome(value string) *page {
	p.t.Helper()
	return p.click(`button[value="` + value + `"]`)
}

// slowly comes back from Stripe after the webhook. The program asks Stripe about
// a verification once in a few seconds, and nobody is checked twice in them.
func (p *page) slowly(a *app) *page {
	p.t.Helper()
	p.wait("the person is back", `document.querySelector("#status")`)
	a.delivered()
	return p.open("/verification/return")
}

// A person verifies: from the first page over Stripe's to the members' page.
func TestVerify(t *testing.T) {
	t.Parallel()
	a := start(t, "APP_NAME=Shop")
	p := a.person(t).open("/members").state("none") // the gate leads here
	p.toStripe().outcome("verified").state("verified").heading("You are verified")
	if title := get[string](p, "document.title"); title != "You are verified – Shop" {
		t.Errorf("the title must tell the state, got %q", title)
	}
	p.click(goOn.selector).heading("Welcome, you are verified")
	p.open("/").state("verified").wait("a verified person is offered no button", `!document.querySelector("#verify-button")`)
}

func TestFailThenVerify(t *testing.T) {
	t.Parallel()
	a := start(t)
	p := a.person(t).open("/").toStripe().outcome("document_expired")
	p.state("requires_input").heading("The document has expired")
	p.wait("the page says what to do", `document.querySelector("#state-next").textContent.includes("another valid document")`)
	p.wait("the page says how many attempts are left", `document.querySelector("#attempts").textContent === "Attempts left: 2 of 3"`)
	p.wait("the button offers another try", `document.querySelector("#verify-button").textContent.trim() === "Try again"`)
	p.toStripe().outcome("verified").slowly(a).state("verified")
	a.session() // one for both tries
}

func TestUsedUp(t *testing.T) {
	t.Parallel()
	a := start(t, "SUPPORT_URL=mailto:help@example.com")
	p := a.person(t).open("/")
	for _, code := range []string{"document_expired", "document_unverified_other", "selfie_face_mismatch"} {
		p.toStripe().outcome(code).slowly(a)
	}
	p.state("exhausted").heading("No attempts left")
	p.wait("there is no button", `!document.querySelector("#verify-button")`)
	p.wait("there is a way on", `document.querySelector('#contact a[href^="mailto:help@example.com"]') && document.querySelector("#state-next")`)
}

// Nobody who clicks twice pays twice.
func TestDoubleClick(t *testing.T) {
	t.Parallel()
	a := start(t)
	p := a.person(t).open("/")
	x, y := p.find("#verify-button")
	p.do(chromedp.Steps(chromedp.MouseClickXY(x, y), chromedp.MouseClickXY(x, y, chromedp.ClickCount(2))))
	p.outcome("verified").state("verified")
	a.session()
	if n := a.creates(); n != 1 {
		t.Errorf("a double click must ask Stripe for one session, got %d", n)
	}
}

// Two tabs share one session, and the one that is behind catches up.
func TestTwoTabs(t *testing.T) {
	t.Parallel()
	a := start(t)
	first := a.person(t).open("/").state("none")
	second := first.tab().open("/").state("none")
	first.toStripe()
	second.toStripe()
	third := first.tab().open("/").state("started").asleep() // stays behind
	first.outcome("verified").state("verified")
	a.session()
	second.expect("status of 410").outcome("verified").heading("Already submitted")
	second.click("a.button").state("verified")
	third.expect("status of 409").click("#verify-button")
	third.state("verified").wait("the button has gone", `document.querySelector("#verify-form").hidden`)
	third.click(goOn.selector).heading("Welcome, you are verified")
	if n := a.creates(); n != 1 {
		t.Errorf("two tabs must ask Stripe for one session, got %d", n)
	}
}

func TestClosedAndReturned(t *testing.T) {
	t.Parallel()
	a := start(t)
	p := a.person(t).open("/").toStripe().outcome("close")
	p.state("started").heading("Continue your verification")
	p.toStripe().outcome("verified").slowly(a).state("verified")
	a.session()
}

// A result belongs to the browser in which the verification was started.
func TestOtherBrowser(t *testing.T) {
	t.Parallel()
	a := start(t)
	a.person(t).open("/").toStripe()
	p := a.person(t).open("/verification/return").state("other_browser")
	p.wait("there is no button", `!document.querySelector("#verify-button")`)
	if cookies := get[string](p, "document.cookie"); cookies != "" {
		t.Errorf("the page must set no cookie, got %q", cookies)
	}
}
