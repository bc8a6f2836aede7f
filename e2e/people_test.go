package e2e_test

import (
	"testing"

	"github.com/chromedp/chromedp/kb"
)

// tabTo presses Tab until an element has the focus, which must be visible.
func (p *page) tabTo(selector string) *page {
	p.t.Helper()
	for range 40 {
		p.keys(kb.Tab)
		if get[bool](p, `Boolean(document.activeElement?.matches(`+quote(selector)+`))`) {
			if !get[bool](p, `document.activeElement.matches(":focus-visible") && getComputedStyle(document.activeElement).outlineStyle !== "none"`) {
				p.t.Errorf("on %s: who uses the keyboard must see where he is: %s", p.where(), selector)
			}
			return p
		}
	}
	p.t.Fatalf("on %s: the keyboard must reach %s", p.where(), selector)
	return p
}

// Everything can be done with the keyboard alone.
func TestKeyboard(t *testing.T) {
	t.Parallel()
	a := start(t)
	p := a.person(t).open("/").state("none")
	p.keys(kb.Tab).wait("the first stop skips to the content", `document.activeElement.matches(".skip")
		&& document.activeElement.getBoundingClientRect().left >= 0`)
	p.keys(kb.Enter).wait("it leads there", `document.activeElement.id === "main"`)
	p.tabTo("#verify-button").keys(kb.Enter).atStripe()
	p.tabTo(`button[value="document_expired"]`).keys(kb.Enter).state("requires_input")
	p.tabTo("#verify-button").keys(" ").atStripe()
	p.tabTo(`button[value="verified"]`).keys(kb.Enter).slowly(a).state("verified")
	p.tabTo(goOn.selector).keys(kb.Enter).heading("Welcome, you are verified")

	p.tabTo(`a[href="/connect"]`).keys(kb.Enter).heading("Your Stripe accounts")
	p.tabTo(connect.selector).keys(kb.Enter).heading("Connect an account")
	p.tabTo(`button[value="acct_kiosk_nord"]`).keys(kb.Enter).heading("Your Stripe accounts")
	p.tabTo(`a[href$="/disconnect"]`).keys(kb.Enter).heading("Disconnect this account?")
	p.tabTo(ends).keys(kb.Enter).wait("the account has gone", `document.querySelector("main form[action='/connect/authorize']") && !document.querySelector(".accounts")`)
}

// A link changes the language of the page and of those that follow, and the
// document says which it is.
func TestLanguages(t *testing.T) {
	t.Parallel()
	a := start(t)
	p := a.person(t).open("/").wait("the browser's language comes first", `document.documentElement.lang === "en"`)
	for _, c := range []struct{ lang, start, connect string }{
		{"de", "Bestätigen Sie Ihre Identität", "Ihre Stripe-Konten"},
		{"fr", "Vérifiez votre identité", "Vos comptes Stripe"},
		{"ja", "本人確認のお願い", "お客様の Stripe アカウント"}, {"en", "Verify your identity", "Your Stripe accounts"},
	} {
		p.open("/").click(`footer a[hreflang="` + c.lang + `"]`)
		p.wait("the page is in "+c.lang, `document.documentElement.lang === `+quote(c.lang))
		p.wait("the link says which language it is", `document.querySelector('footer a[aria-current="true"]').lang === `+quote(c.lang))
		start := get[string](p, "document.querySelector('h1').textContent")
		p.click(`header a[href="/connect"]`).wait("the next page is in "+c.lang, `location.pathname === "/connect" && document.documentElement.lang === `+quote(c.lang))
		connect := get[string](p, "document.querySelector('h1').textContent")
		if start != c.start || connect != c.connect {
			t.Errorf("in %s the pages must be headed %q and %q, got %q and %q", c.lang, c.start, c.connect, start, connect)
		}
	}
	p.open("/?lang=de").click("#verify-button").outcome("document_expired").state("requires_input")
	p.wait("outcomes are in the language, too", `document.documentElement.lang === "de" && document.title.includes("abgelaufen")`)
}

// Stripe.js is an extra: where it cannot load, everything is as without it.
func TestStripeJS(t *testing.T) {
	t.Parallel()
	a := startAlone(t, "STRIPE_JS=true")
	p := a.person(t).expect("https://js.stripe.com/basil/stripe.js").open("/").state("none")
	p.wait("the page asks for Stripe.js", `document.querySelector('script[src="https://js.stripe.com/basil/stripe.js"][async]')`)
	p.find("#verify-button")
	p.message("") // which is empty

	simulated := start(t, "STRIPE_JS=true")
	q := simulated.person(t).open("/").state("none")
	q.wait("with another API base Stripe.js is left out", `!document.querySelector('script[src*="stripe.com"]')`)
}
