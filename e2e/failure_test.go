package e2e_test

import (
	"strings"
	"testing"

	"github.com/chromedp/cdproto/network"

	"example.com/identity-starter/stripesim"
)

// offline cuts or mends the network of the tab.
func (p *page) offline(off bool) {
	p.t.Helper()
	call(p, network.EmulateNetworkConditionsByRule, network.EmulateNetworkConditionsByRuleParams{
		MatchedNetworkConditions: []*network.Conditions{{Offline: off, DownloadThroughput: -1, UploadThroughput: -1}}})
}

// message waits for the message at the button, and for a button that works again.
func (p *page) message(text string) {
	p.t.Helper()
	p.wait("the page says: "+text, `document.querySelector("#message").textContent.includes("`+text+`")`)
	p.wait("the button is back", `(b => b.textContent.trim() === "Verify my identity" && !b.ariaBusy && !b.ariaDisabled)(document.querySelector("#verify-button"))`)
}

func TestNetworkGone(t *testing.T) {
	t.Parallel()
	a := start(t)
	p := a.person(t).open("/").expect("ERR_INTERNET_DISCONNECTED")
	p.offline(true)
	p.click("#verify-button").message("There is no connection at the moment.")
	p.offline(false)
	p.toStripe().outcome("verified").state("verified")
}

func TestProgramGone(t *testing.T) {
	t.Parallel()
	a := start(t)
	p := a.person(t).open("/").expect("ERR_CONNECTION_REFUSED")
	a.stop()
	p.click("#verify-button").message("There is no connection at the moment.")
}

// Stripe is down: the person learns it, has lost nothing, and goes on later.
func TestStripeGone(t *testing.T) {
	t.Parallel()
	a := start(t)
	p := a.person(t).open("/").expect("status of 503")
	a.sim.AddFault(stripesim.Fault{Path: "/v1/", Times: -1, Close: true})
	p.click("#verify-button").message("Stripe does not answer at the moment. You have lost no attempt.")
	a.sim.ClearFaults()
	p.toStripe().outcome("verified").state("verified")
	a.session()
}

// A mistake in the settings is no fault of the person's.
func TestStripeRefuses(t *testing.T) {
	t.Parallel()
	a := start(t)
	p := a.person(t).open("/").expect("status of 502")
	a.sim.AddFault(stripesim.Fault{Path: "/v1/", Times: -1, Status: 400})
	p.click("#verify-button").message("Stripe did not accept the request.")
	a.sim.ClearFaults()
	p.toStripe()
}

// Without a script the same failures are pages with a way on.
func TestFailuresWithoutScript(t *testing.T) {
	t.Parallel()
	a := start(t)
	p := a.person(t).withoutScript().open("/").expect("status of 503")
	a.sim.AddFault(stripesim.Fault{Path: "/v1/", Times: -1, Close: true})
	p.click("#verify-button").heading("Stripe cannot be reached at the moment")
	a.sim.ClearFaults()
	p.click(next).wait("the way on leads to a button or to Stripe", `document.querySelector("#verify-button, button[value=verified]")`)
}

func TestNotFound(t *testing.T) {
	t.Parallel()
	a := start(t)
	p := a.person(t).expect("status of 404").open("/no/such/page").heading("This page does not exist")
	if status := p.document().status; status != 404 {
		t.Errorf("an address without a page must be answered with 404, got %d", status)
	}
	p.click(next).state("none")
}

// A person who opens the other name of this computer lands where cookies are sent back to.
func TestLoopbackNames(t *testing.T) {
	t.Parallel()
	a := start(t)
	p := a.person(t).open(strings.Replace(a.url, "localhost", "127.0.0.1", 1)).state("none")
	p.toStripe().outcome("verified").state("verified")
}
