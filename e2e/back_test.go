package e2e_test

import (
	"context"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/fetch"
	cdpage "github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
)

// back presses the browser's Back button.
func (p *page) back() {
	p.t.Helper()
	history := call(p, cdpage.GetNavigationHistory, cdp.Empty{})
	entry := history.Entries[history.CurrentIndex-1]
	call(p, cdpage.NavigateToHistoryEntry, cdpage.NavigateToHistoryEntryParams{EntryID: entry.ID})
}

// Who comes back from Stripe's page with the browser's Back finds a button that works.
func TestBack(t *testing.T) {
	t.Parallel()
	a := start(t)
	p := a.person(t).open("/").toStripe()
	p.back()
	p.wait("the button is back", `(b => b.textContent.trim() === "Continue" && !b.ariaBusy)(document.querySelector("#verify-button"))`)
	p.toStripe().outcome("verified").state("verified")
	a.session()
}

// Some browsers keep a page as it was and show it again on Back, with its script
// in the middle of what it was doing. Chromium does so only without no-store,
// which is taken away here.
func TestBackToFrozenPage(t *testing.T) {
	t.Parallel()
	a := start(t)
	p := a.person(t)
	p.allowFreezing()
	p.open("/").state("none")
	get[bool](p, mark+"=true")
	p.toStripe()
	p.back()
	p.wait("the very page is shown again", mark)
	p.wait("the button is back", `document.querySelector("#verify-button").textContent.trim() === "Verify my identity"
		&& !document.querySelector("#verify-button").ariaBusy`)
	p.toStripe().outcome("verified").state("verified")
	a.session()
}

// allowFreezing removes from every answer what forbids the browser to keep it.
func (p *page) allowFreezing() {
	p.t.Helper()
	call(p, fetch.Enable, fetch.EnableParams{Patterns: []*fetch.RequestPattern{{RequestStage: fetch.RequestStageResponse}}})
	ctx, cancel := context.WithCancel(p.ctx)
	p.t.Cleanup(cancel)
	go func() {
		for paused, err := range chromedp.Events(ctx, fetch.RequestPaused) {
			if err != nil {
				return
			}
			var kept []*fetch.HeaderEntry
			for _, header := range paused.ResponseHeaders {
				if !strings.EqualFold(header.Name, "Cache-Control") {
					kept = append(kept, header)
				}
			}
			_, _ = chromedp.Call(ctx, fetch.ContinueResponse, fetch.ContinueResponseParams{RequestID: paused.RequestID, // gone with the tab
				ResponseCode: paused.ResponseStatusCode, ResponseHeaders: kept})
		}
	}()
}
