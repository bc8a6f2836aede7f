package e2e_test

import (
	"context"
	"fmt"
	"strconv"
	"testing"
	"time"

	"github.com/chromedp/cdproto/audits"
	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"
)

// patience is how long something may take to appear in the browser. Waiting for
// the slowest of the page's own pauses is within it.
const patience = 20 * time.Second

// page is one tab of one person's browser.
type page struct {
	t     *testing.T
	ctx   context.Context
	base  string
	guard *guard
}

// person opens a browser with an empty profile, on a blank page.
func (a *app) person(t *testing.T) *page { t.Helper(); return person(t, a.url) }

func person(t *testing.T, base string) *page {
	t.Helper()
	return openTab(t, browser, base, chromedp.WithNewBrowserContext())
}

// tab opens another tab of the same person.
func (p *page) tab() *page { p.t.Helper(); return openTab(p.t, p.ctx, p.base) }

func openTab(t *testing.T, parent context.Context, base string, options ...chromedp.ContextOption) *page {
	t.Helper()
	p := &page{t: t, base: base, guard: &guard{}}
	ctx, cancel := chromedp.NewContext(parent, append(options, chromedp.WithListener(p.guard.listen))...)
	p.ctx = ctx
	t.Cleanup(func() {
		p.guard.report(t)
		cancel()
	})
	if err := chromedp.Do(ctx); err != nil { // opens the tab, for as long as ctx lives
		t.Fatalf("open a tab: %v", err)
	}
	call(p, network.Enable, network.EnableParams{})
	call(p, log.Enable, cdp.Empty{})
	call(p, audits.Enable, cdp.Empty{})
	p.size(1280)
	return p
}

// call sends the browser a command about the tab.
func call[P, R any](p *page, command cdp.Command[P, R], params P) R {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.ctx, patience)
	defer cancel()
	result, err := chromedp.Call(ctx, command, params)
	if err != nil {
		p.t.Fatalf("command to the browser: %v", err)
	}
	return result
}

// do is one step of a person: a click, a key, an address.
func (p *page) do(step chromedp.Action[chromedp.Void]) {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.ctx, patience)
	defer cancel()
	if err := chromedp.Do(ctx, step); err != nil {
		p.t.Fatalf("on %s: %v", p.where(), err)
	}
}

// open goes to an address; one that starts with a slash is the program's.
func (p *page) open(address string) *page {
	p.t.Helper()
	if address[0] == '/' {
		address = p.base + address
	}
	p.do(chromedp.Navigate(address))
	return p
}

// size sets the width of the window. Below 600 it is a phone's.
func (p *page) size(width int64) { p.t.Helper(); p.window(width, 800) }

func (p *page) window(width, height int64) {
	p.t.Helper()
	call(p, emulation.SetDeviceMetricsOverride, emulation.SetDeviceMetricsOverrideParams{
		Width: width, Height: height, DeviceScaleFactor: 1, Mobile: width < 600})
}

// scheme switches between "light" and "dark".
func (p *page) scheme(name string) {
	p.t.Helper()
	call(p, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{
		{Name: "prefers-color-scheme", Value: name}, {Name: "prefers-reduced-motion", Value: "reduce"}}})
}

// eval is the value of an expression in the page.
func eval[T any](p *page, expression string, options ...chromedp.EvaluateOption) (T, error) {
	ctx, cancel := context.WithTimeout(p.ctx, 10*time.Second)
	defer cancel()
	return chromedp.Run(ctx, chromedp.Evaluate[T](expression, options...))
}

// get is eval on a page that stays where it is.
func get[T any](p *page, expression string) T {
	p.t.Helper()
	v, err := eval[T](p, expression)
	if err != nil {
		p.t.Fatalf("on %s: %s: %v", p.where(), expression, err)
	}
	return v
}

// wait waits until a condition holds in the page, which may be a page that is
// still on its way. The rule is what must become true, in words.
func (p *page) wait(rule, condition string) *page {
	p.t.Helper()
	wait(p.t, rule, func() bool {
		ok, err := eval[bool](p, "Boolean("+condition+")")
		return err == nil && ok // an error: between two pages there is nothing to ask
	}, p.where)
	return p
}

func wait(t *testing.T, rule string, ok func() bool, where func() string) {
	t.Helper()
	tick, limit := time.NewTicker(20*time.Millisecond), time.After(patience)
	defer tick.Stop()
	for !ok() {
		select {
		case <-tick.C:
		case <-limit:
			t.Fatalf("must become true: %s\n%s", rule, where())
		}
	}
}

// where says what is on the screen, for a test that fails.
func (p *page) where() string {
	text, err := eval[string](p, `location.href + "\n" + document.title + "\n" + document.body.innerText`)
	if err != nil {
		return fmt.Sprintf("(the page cannot be read: %v)", err)
	}
	return text
}

// state waits until the verification page tells a state.
func (p *page) state(status string) *page {
	p.t.Helper()
	return p.wait("the verification page tells "+status, `document.querySelector('#status[data-status="`+status+`"]')`)
}

// heading waits for a page by its first heading.
func (p *page) heading(text string) *page {
	p.t.Helper()
	return p.wait("a page is headed "+text,
		`document.readyState === "complete" && document.querySelector("h1")?.textContent.trim() === `+quote(text))
}

// click presses the mouse in the middle of an element, once it is there and
// nothing covers it.
func (p *page) click(selector string) *page {
	p.t.Helper()
	x, y := p.find(selector)
	p.do(chromedp.MouseClickXY(x, y))
	return p
}

func (p *page) find(selector string) (x, y float64) {
	p.t.Helper()
	middle := `(() => {
		const e = document.querySelector(` + quote(selector) + `);
		if (!e || document.readyState !== "complete") return null;
		e.scrollIntoView({block: "center", behavior: "instant"});
		const r = e.getBoundingClientRect(), x = r.x + r.width / 2, y = r.y + r.height / 2;
		const top = document.elementFromPoint(x, y);
		return top && (e === top || e.contains(top)) ? [x, y] : null;
	})()`
	wait(p.t, selector+" can be clicked", func() bool {
		at, err := eval[[]float64](p, middle)
		if err == nil && len(at) == 2 {
			x, y = at[0], at[1]
		}
		return err == nil && len(at) == 2
	}, p.where)
	return x, y
}

// keys types; names of keys are in chromedp's package kb.
func (p *page) keys(keys string) *page { p.t.Helper(); p.do(chromedp.KeyEvent(keys)); return p }

// quote makes a text a string of JavaScript's.
func quote(text string) string { return strconv.Quote(text) }
