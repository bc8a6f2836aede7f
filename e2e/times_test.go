package e2e_test

import (
	"testing"

	"github.com/chromedp/cdproto/emulation"

	"example.com/identity-starter/stripesim"
)

// shownHere says whether every time on the page is that of the browser's time zone, to
// the minute, with UTC for those who hover over it.
const shownHere = `(times => times.length > 0 && times.every(e => {
	const at = new Date(e.dateTime), hour = at.getHours(), minute = String(at.getMinutes()).padStart(2, "0");
	return e.dateTime.endsWith("Z") && !e.textContent.includes("UTC") && e.title.includes("UTC") && e.textContent.includes(at.getFullYear()) &&
		[hour, hour % 12 || 12].some(h => new RegExp("(^|\\D)0?" + h + ":" + minute + "\\b").test(e.textContent));
}))([...document.querySelectorAll("main time[datetime]")])`

// People read times in their own time zone, in the language of the page.
func TestTimes(t *testing.T) {
	t.Parallel()
	p := start(t).person(t)
	call(p, emulation.SetTimezoneOverride, emulation.SetTimezoneOverrideParams{TimezoneID: "Asia/Tokyo"})
	p.open("/").toStripe().outcome("verified").state("verified")
	p.toAuthorize().pick(stripesim.AccountA).heading("Your Stripe accounts")
	for _, path := range []string{"/members", "/connect"} {
		texts := map[string]bool{}
		p.open(path).each(func(lang string) {
			p.wait("in "+lang+" the times on "+path+" are those of Tokyo", shownHere)
			texts[get[string](p, `document.querySelector("main time").textContent`)] = true
		})
		if len(texts) < 2 {
			t.Errorf("%s must write times as each language does, got %v", path, texts)
		}
	}
	plain := p.tab().withoutScript()
	call(plain, emulation.SetTimezoneOverride, emulation.SetTimezoneOverrideParams{TimezoneID: "Asia/Tokyo"})
	for _, path := range []string{"/members", "/connect"} {
		plain.open(path).wait("without a script the times are in UTC, and say so", `(e => e.textContent.includes("UTC") &&
			e.textContent.includes(e.dateTime.slice(11, 16)))(document.querySelector("main time[datetime]"))`)
	}
}
