package e2e_test

import (
	"context"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/fetch"
	"github.com/chromedp/chromedp"
)

// openWhile opens a page and lets something happen between the program's answer and
// the moment in which the browser gets it.
func (p *page) openWhile(path string, happen func()) *page {
	p.t.Helper()
	call(p, fetch.Enable, fetch.EnableParams{Patterns: []*fetch.RequestPattern{{URLPattern: p.base + path, RequestStage: fetch.RequestStageResponse}}})
	ctx, cancel := context.WithTimeout(p.ctx, patience)
	defer cancel()
	held := make(chan fetch.RequestID, 1)
	go func() {
		for paused, err := range chromedp.Events(ctx, fetch.RequestPaused) {
			if err != nil {
				return
			}
			held <- paused.RequestID
		}
	}()
	get[bool](p, `(setTimeout(() => location.assign(`+quote(path)+`)), true)`)
	select {
	case id := <-held:
		happen()
		call(p, fetch.ContinueResponse, fetch.ContinueResponseParams{RequestID: id})
	case <-time.After(patience):
		p.t.Fatalf("the page must be asked for: %s", path)
	}
	call(p, fetch.Disable, cdp.Empty{})
	return p
}

// A result that comes while the page is on its way is shown at once: the first
// question is early, and one is enough.
func TestFirstQuestionIsEarly(t *testing.T) {
	t.Parallel()
	a := start(t)
	p := a.person(t).open("/").toStripe().outcome("processing").state("processing")
	p.openWhile("/verification.html", func() {
		a.finish("verified")
		a.delivered()
	})
	const asked = `performance.getEntriesByType("resource").filter(e => e.name.endsWith("/verification/status"))`
	p.state("verified").wait("the page has asked", asked+".length")
	after := get[float64](p, asked+`[0].startTime - performance.getEntriesByType("navigation")[0].domContentLoadedEventStart`)
	if n := get[int](p, asked+".length"); n != 1 || after < 300 || after > 1500 {
		t.Errorf("a page that waits must first ask after half a second, and once is enough where the result is there, it asked %d times, first after %.0f ms", n, after)
	}
}
