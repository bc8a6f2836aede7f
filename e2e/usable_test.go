package e2e_test

import (
	"testing"

	"example.com/identity-starter/stripesim"
)

// crowded are the texts and controls of a page that lie over each other, or stick out.
// What scrolls by itself, such as a line of code, may be wider.
const crowded = `(() => {
	const found = [], boxes = [], wide = innerWidth;
	const scrolls = (e) => e && (getComputedStyle(e).overflowX !== "visible" && e.localName !== "html" && e.localName !== "body" || scrolls(e.parentElement));
	const name = (e) => "<" + e.localName + "> " + e.textContent.trim().slice(0, 30);
	const seen = (e, r) => r.width > 1 && r.height > 1 && r.right > 0 && e.checkVisibility({opacityProperty: true, visibilityProperty: true}) && !scrolls(e);
	const add = (e, r) => {
		if (!seen(e, r)) return;
		if (r.left < -1 || r.right > wide + 1) found.push(name(e) + " sticks out");
		boxes.push({e, left: r.left + 1, right: r.right - 1, top: r.top + r.height / 4, bottom: r.bottom - r.height / 4});
	};
	const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
	for (let n; (n = texts.nextNode());) {
		if (!n.data.trim()) continue;
		const range = document.createRange();
		range.selectNodeContents(n);
		for (const r of range.getClientRects()) add(n.parentElement, r);
	}
	for (const e of document.querySelectorAll("button, a.button, input, select, textarea, .badge, img, svg")) add(e, e.getBoundingClientRect());
	for (const [i, a] of boxes.entries()) for (const b of boxes.slice(i + 1)) {
		if (a.e === b.e || a.e.contains(b.e) || b.e.contains(a.e)) continue;
		if (Math.min(a.right, b.right) - Math.max(a.left, b.left) > 1 && Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top) > 1)
			found.push(name(a.e) + " and " + name(b.e) + " lie over each other");
	}
	return found;
})()`

// fits checks that nobody has to scroll sideways, and that nothing lies over anything
// else: 1280 pixels at a zoom of 400 % are 320.
func (p *page) fits(name string) {
	p.t.Helper()
	p.size(320)
	if wide := get[int](p, "document.documentElement.scrollWidth"); wide > 320 {
		p.t.Errorf("%s must fit into 320 pixels, it needs %d", name, wide)
	}
	for _, problem := range get[[]string](p, crowded) {
		p.t.Errorf("%s must be readable in 320 pixels: %s", name, problem)
	}
	p.size(1280)
}

// usable checks the page in its other languages, on a desktop and, dark, on a phone.
// In English TestStates does.
func (p *page) usable(name string) *page {
	p.t.Helper()
	p.each(func(lang string) {
		if lang == "en" {
			return
		}
		p.scheme("light")
		p.size(1280)
		p.accessible(name + ", " + lang + ", light")
		p.scheme("dark")
		p.size(390)
		p.accessible(name + ", " + lang + ", dark, on a phone")
		p.fits(name + ", " + lang)
	})
	return p
}

// What people see most is usable by everyone in every language.
func TestUsableInEveryLanguage(t *testing.T) {
	t.Parallel()
	settings := []string{"SMTP_URL=smtp://localhost:1", "MAIL_FROM=shop@example.test", "SUPPORT_URL=mailto:help@example.com"}
	t.Run("verification", func(t *testing.T) {
		t.Parallel()
		a := start(t, settings...)
		p := a.person(t).open("/").state("none").usable("none")
		p.toStripe().outcome("document_unverified_other").state("requires_input").open("/").usable("requires_input")
		a.person(t).open("/").toStripe().outcome("processing").state("processing").open("/").usable("processing")
	})
	t.Run("afterwards", func(t *testing.T) {
		t.Parallel()
		p := start(t, settings...).person(t).open("/").toStripe().outcome("verified").state("verified").open("/").usable("verified")
		p.open("/members").heading("Welcome, you are verified").usable("members")
		p.toAuthorize().pick(stripesim.AccountB).heading("Your Stripe accounts").usable("connect")
		p.click(`.accounts a[href$="/disconnect"]`).heading("Disconnect this account?").usable("disconnect")
	})
}
