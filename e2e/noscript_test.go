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

// Everything works without JavaScript, from start to end, and each page on the way
// has one main action.
func TestWithoutScript(t *testing.T) {
	t.Parallel()
	a := start(t)
	p := a.person(t).withoutScript().open("/").state("none")
	p.wait("the rest of the introduction is folded in", `document.querySelector("main details:not([open])")`)
	p.click("main details > summary").wait("it folds out without a script", `document.querySelector("main details[open] > :not(summary)").checkVisibility()`)
	p.acts("none", verify)
	p.toStripe().outcome("processing").state("processing").acts("processing", way{selector: check})
	p.click(check).state("processing")
	a.finish("document_expired")
	p.state("requires_input").acts("requires_input", verify) // the page asks again by itself
	p.toStripe().outcome("verified").slowly(a).state("verified").acts("verified", goOn)
	p.click(goOn.selector).heading("Welcome, you are verified")
	p.wait("times are in UTC, and say so", `document.querySelector("main time[datetime]").textContent.includes("UTC")`)

	p.click(`a[href="/connect"]`).heading("Your Stripe accounts").acts("connect", connect).click(`form[action="/connect/authorize"] button`).click(`button[value="acct_kiosk_nord"]`)
	p.heading("Your Stripe accounts").click(`a[href$="/disconnect"]`).heading("Disconnect this account?").acts("disconnect", keep)
	p.click(ends).wait("the account has gone", `document.querySelector("main").textContent.includes("No account is connected.")`)
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
