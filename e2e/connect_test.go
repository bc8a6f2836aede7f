package e2e_test

import (
	"strings"
	"testing"

	"example.com/identity-starter/stripesim"
)

// toAuthorize presses Connect with Stripe and waits for Stripe's page.
func (p *page) toAuthorize() *page {
	p.t.Helper()
	return p.open("/connect").click(`form[action="/connect/authorize"] button`).heading("Connect an account")
}

// pick picks on Stripe's page which account is connected, or refuses.
func (p *page) pick(value string) *page { p.t.Helper(); return p.outcome(value) }

// ends is the button that disconnects, on the page that asks.
const ends = `main form[action$="/disconnect"] button`

// next is the one thing that an error page proposes.
const next = "main :is(button, .button):not(.quiet, .danger)"

func TestConnectAndDisconnect(t *testing.T) {
	t.Parallel()
	a := start(t)
	p := a.person(t).toAuthorize().pick(stripesim.AccountA).heading("Your Stripe accounts")
	p.wait("the account is listed by its name", `document.querySelector(".accounts h2")?.textContent === "Kiosk Nord"`)

	p.click(`.accounts a[href$="/disconnect"]`).heading("Disconnect this account?")
	p.click(keep.selector).heading("Your Stripe accounts")
	p.wait("the account stays until it is confirmed", `document.querySelector(".accounts")`)
	p.click(`.accounts a[href$="/disconnect"]`).heading("Disconnect this account?").click(ends)
	p.wait("the account has gone", `document.querySelector("main").textContent.includes("No account is connected.")`)
	for _, account := range a.sim.Accounts() {
		if account.Connected {
			t.Errorf("the account must be disconnected at Stripe, too: %s", account.ID)
		}
	}
}

// A person may say no, and is told what that means. Stripe sends such a refusal
// without the state.
func TestRefuse(t *testing.T) {
	t.Parallel()
	a := start(t)
	for _, how := range []string{"deny", "deny_with_state"} {
		p := a.person(t).toAuthorize().pick(how).heading("Nothing was connected")
		if status := p.document().status; status != 200 {
			t.Errorf("%s: saying no is no error, got status %d", how, status)
		}
		p.click(next).heading("Your Stripe accounts")
		p.toAuthorize().pick(stripesim.AccountA).wait("the account is connected now", `document.querySelector(".accounts")`)
		p.click(`.accounts a[href$="/disconnect"]`).click(ends).wait("the account has gone", `!document.querySelector(".accounts")`)
	}
}

// The address that brought a code leads to the accounts when the browser opens it again.
func TestReplayedCallback(t *testing.T) {
	t.Parallel()
	a := start(t)
	p := a.person(t).toAuthorize().pick(stripesim.AccountA)
	p.wait("the account is connected", `document.querySelector(".accounts")`)
	callback := p.guard.redirected("/connect/callback")
	if !strings.Contains(callback, "code=") {
		t.Fatalf("Stripe must have sent the browser to the callback with a code, got %q", callback)
	}
	p.open(callback).heading("Your Stripe accounts")
	if text := get[string](p, "document.documentElement.outerHTML"); strings.Contains(text, "ac_") {
		t.Error("nothing of the query may be shown")
	}
	p.wait("the account is still connected", `document.querySelectorAll(".accounts > li").length === 1`)
}

// Whatever goes wrong on the way has a page that says what to do.
func TestConnectErrors(t *testing.T) {
	t.Parallel()
	a := start(t)
	own := a.person(t).expect("status of 409").toAuthorize().pick(stripesim.PlatformAccount).heading("This is our own account")
	own.click(next).heading("Connect an account")
	a.person(t).toAuthorize().pick(stripesim.AccountA).wait("the first connects", `document.querySelector(".accounts")`)
	a.person(t).expect("status of 409").toAuthorize().pick(stripesim.AccountA).heading("This account is already connected")

	a.sim.AddFault(stripesim.Fault{Path: "/oauth/token", Times: -1, Status: 500})
	p := a.person(t).expect("status of 502").toAuthorize().pick(stripesim.AccountB).heading("We do not know whether it worked")
	a.sim.ClearFaults()
	p.click(next).heading("Connect an account").pick(stripesim.AccountB).wait("another try connects", `document.querySelector(".accounts")`)
}

// What a connected account does at Stripe shows here.
func TestRevokedAtStripe(t *testing.T) {
	t.Parallel()
	a := start(t)
	p := a.person(t).toAuthorize().pick(stripesim.AccountA).wait("the account is connected", `document.querySelector(".accounts")`)
	a.sim.Revoke(stripesim.AccountA)
	a.delivered()
	p.open("/connect").wait("the account has gone", `!document.querySelector(".accounts")`)
}
