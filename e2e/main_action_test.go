package e2e_test

import (
	"fmt"
	"strings"
)

// way is the main action of a page: the one button that weighs most.
type way struct {
	selector string
	none     string // why the page may do without one; "": it may not
	below    string // why it may be below the fold; "": it may not
}

// check asks for the result by hand.
const check = `main a.button[href="/verification/return"]`

var (
	verify  = way{selector: "#verify-button"}
	contact = way{selector: `a[href^="mailto:help@example.com"]`}
	connect = way{selector: `form[action="/connect/authorize"] button`}
	goOn    = way{selector: `main a.button[href="/members"]`}
	some    = way{selector: "*"} // where more than one makes sense, such as back to the start and another try
	link    = way{selector: "a"} // a browser that nobody knows starts nothing
	notOurs = way{}              // of the simulator, which looks like Stripe

	waits = way{selector: check, none: "the page asks by itself, and a button besides would say that somebody has to do something; " +
		"without a script it is the main action"}
	arrived = way{selector: "*", none: "it is where all ways lead: what stands here is the team's"}
	keep    = way{selector: `main a[href="/connect"]`, none: "it is a question, and what it asks about ends something: no answer is the one that is meant"}

	connectMore = way{selector: connect.selector, below: "the accounts come first, and there may be many"}
)

// mains are the elements of a page that look like its main action.
const mains = `[...document.querySelectorAll("main :is(button, input[type=submit], a.button):not(.quiet, .danger)")].filter(e =>
	e.checkVisibility({opacityProperty: true, visibilityProperty: true}) && e.getBoundingClientRect().height > 1)`

// acts checks that a page has one main action, and that it is seen without scrolling,
// on a desktop and on a phone.
func (p *page) acts(name string, main way) *page {
	p.t.Helper()
	if main.selector == "" {
		return p
	}
	p.wait("the page is there", `document.readyState === "complete"`)
	found := get[[]string](p, mains+".map(e => e.outerHTML)")
	if len(found) == 0 && main.none != "" {
		return p
	}
	if len(found) != 1 || !get[bool](p, mains+`[0].matches(`+quote(main.selector)+`)`) {
		p.t.Errorf("%s must have one main action, %s, it has %d: %s", name, main.selector, len(found), strings.Join(found, " "))
		return p
	}
	if main.below == "" {
		p.aboveFold(name, mains+"[0]")
	}
	return p
}

// aboveFold checks that all of an element is seen before anybody scrolls, and nothing
// covers it.
func (p *page) aboveFold(name, element string) {
	p.t.Helper()
	for _, window := range [][2]int64{{1280, 800}, {390, 844}} {
		p.window(window[0], window[1])
		if at := get[string](p, `(e => {
			scrollTo(0, 0);
			const r = e.getBoundingClientRect();
			const x = r.left + r.width / 2, y = r.top + r.height / 2;
			const covered = [[r.left + 4, y], [r.right - 4, y], [x, r.top + 3], [x, r.bottom - 3]].some(([x, y]) => {
				const top = document.elementFromPoint(x, y);
				return !top || top !== e && !e.contains(top);
			});
			return r.top >= 0 && r.left >= 0 && r.right <= `+fmt.Sprint(window[0])+` && r.bottom <= `+fmt.Sprint(window[1])+` && !covered ? "" :
				"from " + Math.round(r.top) + " to " + Math.round(r.bottom) + (covered ? ", covered or out of sight" : "");
		})(`+element+`)`); at != "" {
			p.t.Errorf("%s: the main action must be seen without scrolling at %d×%d, it is %s", name, window[0], window[1], at)
		}
	}
	p.size(1280)
}
