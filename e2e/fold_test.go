package e2e_test

import (
	"slices"
	"testing"
)

// languages are the addresses of the page in each language that it offers.
func (p *page) languages() map[string]string {
	p.t.Helper()
	found := get[map[string]string](p, `Object.fromEntries([...document.querySelectorAll("footer a[hreflang]")].map(a => [a.hreflang, a.getAttribute("href")]))`)
	if len(found) < 2 {
		p.t.Fatalf("the page must offer its languages, it offers %v", found)
	}
	return found
}

// each opens the page in each of its languages, English last.
func (p *page) each(do func(lang string)) {
	p.t.Helper()
	all := p.languages()
	for lang, address := range all {
		if lang != "en" {
			p.open(address).wait("the page is in "+lang, `document.documentElement.lang === `+quote(lang))
			do(lang)
		}
	}
	p.open(all["en"]).wait("the page is in English again", `document.documentElement.lang === "en"`)
	do("en")
}

// folds checks the Verify button in every language, and returns what it says in each.
func (p *page) folds(name, status string) map[string]string {
	p.t.Helper()
	says := map[string]string{}
	p.each(func(lang string) {
		p.state(status).aboveFold(name+", "+lang, `document.querySelector("#verify-button")`)
		p.wait("the page says that nobody is really checked", `document.querySelector(".banner").checkVisibility()`)
		says[lang] = get[string](p, `document.querySelector("#verify-button").textContent.trim()`)
	})
	return says
}

// listed are the three things to know, which stand above the button.
const listed = `[...document.querySelectorAll("main :is(li, dt)")].filter(e => e.checkVisibility() &&
	e.compareDocumentPosition(document.querySelector("#verify-button")) & Node.DOCUMENT_POSITION_FOLLOWING)`

// The first screen has the button, in every language, whatever the settings add to it.
func TestFold(t *testing.T) {
	t.Parallel()
	for name, settings := range map[string][]string{
		"plain": nil,
		// What an extra asks for is there where it is in the program.
		"mail": {"SMTP_URL=smtp://localhost:1", "MAIL_FROM=shop@example.test", "REQUIRE_MATCHING_SELFIE=true", "SUPPORT_URL=mailto:help@example.com"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := start(t, settings...)
			p := a.person(t).open("/").state("none")
			if n := get[int](p, listed+".length"); n != 3 {
				t.Errorf("above the button stand three things, who checks, what is needed and how long it takes, got %d", n)
			}
			p.wait("the rest folds out below it", `document.querySelector("main details:not([open])").getBoundingClientRect().top >=
				document.querySelector("#verify-button").getBoundingClientRect().bottom`)
			says := []map[string]string{p.folds("none", "none")}
			p.toStripe().open("/").state("started")
			if n := get[int](p, listed+".length"); n != 0 {
				t.Errorf("who goes on must not be told everything again, got %d things", n)
			}
			says = append(says, p.folds("started", "started"))
			a.finish("document_unverified_other")
			a.delivered()
			says = append(says, p.open("/").state("requires_input").folds("requires_input", "requires_input"))
			for lang := range says[0] {
				labels := []string{says[0][lang], says[1][lang], says[2][lang]}
				slices.Sort(labels)
				if len(slices.Compact(labels)) != 3 {
					t.Errorf("in %s the button must say what it does: start, continue, or try again, got %q", lang, labels)
				}
			}
		})
	}
}

// The same with Stripe's own test mode, whose banner says something else.
func TestFoldInTestMode(t *testing.T) {
	t.Parallel()
	startAlone(t).person(t).open("/").state("none").folds("test mode", "none")
}
