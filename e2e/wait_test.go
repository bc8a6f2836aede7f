package e2e_test

import "testing"

// mark is lost when the page is loaded again.
const mark = `globalThis.stillHere`

// A page that waits tells the result by itself, without a reload, which would
// take the words from under a screen reader.
func TestLateWebhook(t *testing.T) {
	t.Parallel()
	a := start(t)
	p := a.person(t).open("/")
	a.sim.Hold()
	p.toStripe().outcome("processing").state("processing").heading("Your documents are being checked")
	get[bool](p, mark+"=true")
	a.finish("verified")
	a.sim.Release()
	a.delivered()
	p.state("verified").wait("the page was not loaded again", mark)
	p.wait("title and heading follow", `document.title.startsWith("You are verified") && document.querySelector("#state-title").textContent === "You are verified"`)
	p.click(goOn.selector).heading("Welcome, you are verified")
}

// The same when the webhook never comes: the page makes the program ask Stripe.
func TestNoWebhook(t *testing.T) {
	t.Parallel()
	a := start(t)
	p := a.person(t).open("/")
	a.sim.Hold()
	p.toStripe().outcome("processing").state("processing")
	get[bool](p, mark+"=true")
	a.finish("document_unverified_other")
	p.state("requires_input").wait("the page was not loaded again", mark)
	p.wait("the new state is complete", `document.querySelector("#attempts").textContent === "Attempts left: 2 of 3"
		&& document.querySelector("#state-message").textContent && document.title.startsWith("The document could not be verified")`)
	p.wait("the button is for another try", `document.querySelector("#verify-button").textContent === "Try again"`)
	p.toStripe()
}

// Who goes on with the check on the phone sees the result here, too.
func TestSubmittedElsewhere(t *testing.T) {
	t.Parallel()
	a := start(t)
	p := a.person(t).open("/").toStripe().open("/").state("started")
	get[bool](p, mark+"=true")
	a.finish("document_expired")
	p.state("requires_input").wait("the page was not loaded again", mark)
	p.wait("the new state is complete", `document.querySelector("#verify-button").textContent === "Try again"`)
	p.toStripe()
}

// A page that is told the news says what it says to somebody who opens it now: not an attempt more, nor a reference less.
func TestNewsAreWhatThePageSays(t *testing.T) {
	t.Parallel()
	const words = `document.querySelector("main").innerText.replace(/\s+/g, " ")`
	for outcome, settings := range map[string][]string{
		"verified":                  support,
		"document_unverified_other": support,
		"selfie_manipulated":        support,
		"document_expired":          append([]string{"MAX_VERIFICATION_ATTEMPTS=1"}, support...),
		"under_supported_age":       nil,
	} {
		t.Run(outcome, func(t *testing.T) {
			t.Parallel()
			a := start(t, settings...)
			p := a.person(t).open("/").toStripe().outcome("processing").state("processing")
			a.finish(outcome)
			p.wait("the page tells the news", `document.querySelector("#status").dataset.status !== "processing"`)
			told := get[string](p, words)
			if opened := get[string](p.open("/"), words); told != opened {
				t.Errorf("a page that waited must say what it says when it is opened:\n%s\n%s", told, opened)
			}
		})
	}
}

// asleep has the page ask nothing by itself any more, as one does that nobody looks
// at, until it is awake.
func (p *page) asleep() *page { p.t.Helper(); return p.hide("true") }
func (p *page) awake() *page  { p.t.Helper(); return p.hide("false") }

func (p *page) hide(hidden string) *page {
	p.t.Helper()
	get[bool](p, `(Object.defineProperty(document, "hidden", {configurable: true, get: () => `+hidden+`}),
		document.dispatchEvent(new Event("visibilitychange")))`)
	return p
}

// The waiting person's attention is not stolen.
func TestWaitingIsAccessible(t *testing.T) {
	t.Parallel()
	a := start(t)
	p := a.person(t).open("/")
	p.toStripe().outcome("processing").state("processing")
	p.wait("changes are announced politely", `document.querySelector("#state").getAttribute("aria-live") === "polite"`)
	p.scheme("light") // with reduced motion
	p.wait("nothing moves for people who want that", `getComputedStyle(document.querySelector("#status"), "::before").animationName === "none"`)
	a.finish("verified")
	p.state("verified")
}

// Somebody else decides while the page is open: a click on the button learns it.
func TestStaleButton(t *testing.T) {
	t.Parallel()
	a := start(t)
	p := a.person(t).open("/").toStripe().open("/").state("started").asleep()
	a.finish("processing")
	a.delivered()
	p.expect("status of 409").click("#verify-button").state("processing")
	p.wait("the button has gone", `document.querySelector("#verify-form").hidden`)
	p.wait("the focus is where the news is", `document.activeElement.id === "state"`)
	a.finish("verified")
	p.awake().state("verified")
}

// Who has moved to a button that goes when the result comes is not thrown back to the
// start of the page.
func TestFocusStaysWithTheNews(t *testing.T) {
	t.Parallel()
	a := start(t)
	p := a.person(t).open("/").toStripe().outcome("processing").state("processing").asleep()
	get[bool](p, `((document.querySelector("main :is(a, button):not([hidden] *)") || document.querySelector("#main")).focus(), true)`)
	a.finish("verified")
	a.delivered()
	p.awake().state("verified").wait("the focus is where the news is, or on what is still there", `document.activeElement !== document.body &&
		document.activeElement.checkVisibility()`)
}

// A tab that still shows an earlier failure, while another one has used the last
// attempt: the button says why it goes, and the page says how to go on.
func TestStaleTabOfUsedUpAttempts(t *testing.T) {
	t.Parallel()
	a := start(t, "MAX_VERIFICATION_ATTEMPTS=2")
	p := a.person(t).open("/").toStripe()
	a.finish("document_expired")
	a.delivered()
	p.open("/").state("requires_input")
	a.finish("document_expired")
	a.delivered()
	p.expect("status of 403").click("#verify-button").wait("the page says that no attempts are left",
		`document.querySelector("#state-title").textContent === "No attempts left"`)
	p.wait("the button has gone", `document.querySelector("#verify-form").hidden`)
	p.wait("the refusal can be read", `document.querySelector("#message").checkVisibility() && document.querySelector("#message").textContent !== ""`)
}

// A tab in which the button is still there, while all is over in another one: a click
// tells the news, with what there is to do now.
func TestStaleTabsLeadOn(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		outcomes []string // before the tab is opened, and after
		refused  string
		main     way
	}{
		"none, then verified":           {[]string{"", "verified"}, "status of 409", goOn},
		"none, then used up":            {[]string{"", "document_expired"}, "status of 403", contact},
		"none, then processing":         {[]string{"", "processing"}, "status of 409", waits},
		"requires_input, then verified": {[]string{"device_not_supported", "verified"}, "status of 409", goOn},
		"requires_input, then used up":  {[]string{"device_not_supported", "document_expired"}, "status of 403", contact},
		"contact, then processing":      {[]string{"consent_declined", "processing"}, "status of 409", waits},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := start(t, "MAX_VERIFICATION_ATTEMPTS=1", "SUPPORT_URL=mailto:help@example.com")
			p := a.person(t).open("/").state("none")
			other := p.tab().open("/").toStripe()
			if c.outcomes[0] != "" {
				a.finish(c.outcomes[0])
				a.delivered()
				p.open("/").state("requires_input")
				p.wait("what comes next is of another of Stripe's seconds", `Date.now() > performance.timeOrigin + 1100`)
			}
			a.finish(c.outcomes[1])
			a.delivered()
			title := get[string](other.open("/"), `document.querySelector("#state-title").textContent`)
			p.expect(c.refused).click("#verify-button").wait("the page tells the news", `document.querySelector("#state-title").textContent === `+quote(title))
			p.acts(name, c.main)
		})
	}
}
