package e2e_test

import (
	"testing"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/chromedp"
)

// withoutScript turns JavaScript off, as some people do.
func (p *page) withoutScript() *page {
	p.t.Helper()
	call(p, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: true})
	return p
}

// Everything works without JavaScript, from start to end.
func TestWithoutScript(t *testing.T) {
	t.Parallel()
	a := start(t)
	p := a.person(t).withoutScript().open("/").state("none")
	p.toStripe().outcome("processing").state("processing")
	p.wait("there is a button that asks for the result", `document.querySelector("#action a").textContent === "Check for the result now"`)
	p.click("#action a").state("processing")
	a.finish("document_expired")
	p.state("requires_input") // the page asks again by itself
	p.toStripe().outcome("verified").slowly(a).state("verified")
	p.click("#status p:not([hidden]) > a.button").heading("Welcome, you are verified")

	p.click(`a[href="/connect"]`).click(`form[action="/connect/authorize"] button`).click(`button[value="acct_kiosk_nord"]`)
	p.heading("Your Stripe accounts").click(`a[href$="/disconnect"]`).heading("Disconnect this account?")
	p.click(`main .danger`).wait("the account has gone", `document.querySelector("main").textContent.includes("No account is connected yet.")`)
}

// Nobody who clicks twice pays twice, where no script stops the second click.
func TestDoubleClickWithoutScript(t *testing.T) {
	t.Parallel()
	a := start(t)
	p := a.person(t).withoutScript().open("/")
	x, y := p.find("#verify-button")
	press := func(kind input.DispatchMouseEventType) chromedp.Action[chromedp.Void] {
		return chromedp.MouseEvent(kind, x, y, chromedp.ButtonLeft, chromedp.ClickCount(1))
	}
	p.do(chromedp.Steps(press(chromedp.MousePressed), press(chromedp.MouseReleased), press(chromedp.MousePressed), press(chromedp.MouseReleased)))
	p.outcome("verified").state("verified")
	a.session()
}
