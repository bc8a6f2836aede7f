package e2e_test

import (
	"testing"
	"time"

	"example.com/identity-starter/stripesim"
)

// states are all states of all pages that a person can get to, what each is for, and
// how one gets there.
var states = []struct {
	name     string
	main     way
	settings []string
	reach    func(a *app, p *page)
}{
	{"none", verify, nil, func(a *app, p *page) { p.open("/").state("none") }},
	{"started", verify, nil, func(a *app, p *page) { p.open("/").toStripe().open("/").state("started") }},
	{"busy", verify, nil, func(a *app, p *page) {
		a.sim.AddFault(stripesim.Fault{Path: "/v1/", Times: -1, Hang: true})
		p.open("/").click("#verify-button").wait("the button is busy", `document.querySelector("#verify-button").ariaBusy`)
	}},
	{"offline", verify, nil, func(a *app, p *page) {
		p.open("/").expect("ERR_CONNECTION_REFUSED")
		a.stop()
		p.click("#verify-button").message("There is no connection")
	}},
	{"failed-photo", verify, support, failed("document_unverified_other")},
	{"failed-document", verify, nil, failed("document_expired")},
	{"failed-device", verify, nil, failed("device_not_supported")},
	{"failed-contact", contact, support, failed("consent_declined")},
	{"failed-cannot", some, nil, failed("under_supported_age")},
	{"failed-abandoned", verify, nil, failed("abandoned")},
	{"failed-unknown", verify, nil, failed("some_new_code")},
	{"failed-detail", verify, nil, func(a *app, p *page) {
		failed("selfie_face_mismatch")(a, p)
		p.click("#state-detail summary").wait("the reason is shown", `document.querySelector("#state-detail[open]")`)
	}},
	{"processing", waits, support, func(a *app, p *page) { p.open("/").toStripe().outcome("processing").state("processing") }},
	{"updated-verified", goOn, nil, updated("verified", "verified")},
	{"updated-failed", verify, support, updated("document_unverified_other", "requires_input")},
	{"updated-exhausted", contact, append([]string{"MAX_VERIFICATION_ATTEMPTS=1"}, support...), updated("document_expired", "requires_input")},
	{"updated-exhausted-no-support", some, []string{"MAX_VERIFICATION_ATTEMPTS=1"}, updated("document_expired", "requires_input")},
	{"updated-contact", contact, support, updated("selfie_manipulated", "requires_input")},
	{"verified", goOn, nil, func(a *app, p *page) { p.open("/").toStripe().outcome("verified").state("verified") }},
	{"revoked", verify, support, revoked("document_unverified_other")},
	{"revoked-exhausted", contact, append([]string{"MAX_VERIFICATION_ATTEMPTS=1"}, support...), revoked("document_unverified_other")},
	{"revoked-japanese", verify, support, func(a *app, p *page) { revoked("")(a, p); p.open("/?lang=ja").state("revoked") }},
	{"exhausted", contact, append([]string{"MAX_VERIFICATION_ATTEMPTS=1"}, support...), func(a *app, p *page) {
		p.open("/").toStripe().outcome("document_expired").state("exhausted")
	}},
	{"exhausted-no-support", some, []string{"MAX_VERIFICATION_ATTEMPTS=1"}, func(a *app, p *page) {
		p.open("/").toStripe().outcome("document_expired").state("exhausted")
	}},
	{"other-browser", link, support, func(a *app, p *page) { p.open("/verification/return").state("other_browser") }},
	{"members", arrived, nil, func(a *app, p *page) {
		p.open("/").toStripe().outcome("verified").state("verified").open("/members").heading("Welcome, you are verified")
	}},
	{"german", verify, support, func(a *app, p *page) { p.open("/?lang=de").state("none") }},
	{"french", verify, support, func(a *app, p *page) { p.open("/?lang=fr").state("none") }},
	{"japanese", verify, support, func(a *app, p *page) { p.open("/?lang=ja").state("none") }},

	{"connect-none", connect, nil, func(a *app, p *page) { p.open("/connect").heading("Your Stripe accounts") }},
	{"connect-off", some, []string{"STRIPE_CLIENT_ID="}, func(a *app, p *page) {
		p.expect("status of 404").open("/connect").heading("Connecting accounts is turned off")
	}},
	{"connected", connectMore, nil, func(a *app, p *page) {
		for _, account := range []string{stripesim.AccountA, stripesim.AccountB, stripesim.NewAccount} {
			p.toAuthorize().pick(account).heading("Your Stripe accounts")
		}
	}},
	{"disconnect", keep, nil, func(a *app, p *page) {
		p.toAuthorize().pick(stripesim.AccountA).click(`a[href$="/disconnect"]`).heading("Disconnect this account?")
	}},
	{"refused", some, nil, func(a *app, p *page) { p.toAuthorize().pick("deny").heading("Nothing was connected") }},

	{"error-not-found", some, support, func(a *app, p *page) {
		p.expect("status of 404").open("/none").heading("This page does not exist")
	}},
	{"error-invalid-state", connect, nil, func(a *app, p *page) {
		p.expect("status of 403").open("/connect/callback?state=x&code=y").heading("Please connect again")
	}},
	{"error-stripe-unavailable", some, nil, func(a *app, p *page) {
		a.sim.AddFault(stripesim.Fault{Path: "/v1/", Times: -1, Close: true})
		p.expect("status of 503").open("/").submit().heading("Stripe cannot be reached at the moment")
	}},
	{"error-exhausted", some, []string{"MAX_VERIFICATION_ATTEMPTS=1"}, func(a *app, p *page) {
		p.open("/").toStripe().open("/").state("started")
		a.finish("document_expired")
		a.delivered()
		p.expect("status of 403").submit().heading("No attempts left")
	}},
	{"error-sign-in", some, []string{"AUTH_USER_HEADER=X-Auth-User"}, func(a *app, p *page) {
		p.expect("status of 401").open("/").heading("Please sign in")
	}},
	{"error-method", some, nil, func(a *app, p *page) {
		p.expect("status of 405").open("/create-verification-session").heading("This does not work here")
	}},

	{"stripe-verify", notOurs, nil, func(a *app, p *page) { p.open("/").toStripe() }},
	{"stripe-connect", notOurs, nil, func(a *app, p *page) { p.toAuthorize() }},
	{"stripe-overview", notOurs, nil, func(a *app, p *page) {
		p.open("/").toStripe().outcome("processing").state("processing").open(a.sim.URL()).heading("Overview")
	}},
	{"stripe-overview-verified", notOurs, nil, func(a *app, p *page) {
		p.open("/").toStripe().outcome("verified").state("verified").open(a.sim.URL()).heading("Overview")
	}},
	{"stripe-overview-failed", notOurs, nil, func(a *app, p *page) { failed("document_expired")(a, p); p.open(a.sim.URL()).heading("Overview") }},
	{"stripe-used-link", notOurs, nil, func(a *app, p *page) {
		link := get[string](p.open("/").toStripe(), "location.href")
		p.outcome("close").state("started").expect("status of 410").open(link).heading("This link was already used")
	}},
}

var support = []string{"SUPPORT_URL=mailto:help@example.com"}

func failed(code string) func(a *app, p *page) {
	return func(a *app, p *page) { p.open("/").toStripe().outcome(code).state("requires_input") }
}

// updated has the outcome come while the page waits for it.
func updated(outcome, status string) func(a *app, p *page) {
	return func(a *app, p *page) {
		p.open("/").toStripe().outcome("processing").state("processing")
		a.finish(outcome)
		p.state(status)
	}
}

// revoked has Stripe's team override a verdict, in another second than that in which it was given.
func revoked(code string) func(a *app, p *page) {
	return func(a *app, p *page) {
		p.open("/").toStripe().outcome("verified").state("verified")
		given := time.Now().Unix()
		wait(p.t, "time goes on", func() bool { return time.Now().Unix() > given+1 }, p.where)
		if err := a.sim.Override(a.session().ID, code); err != nil {
			p.t.Fatal(err)
		}
		a.delivered()
		wait(p.t, "the verdict is taken back", func() bool {
			return get[bool](p.open("/"), `document.querySelector("#status").dataset.status === "revoked"`)
		}, p.where)
	}
}

// submit sends the form as a browser without a script does.
func (p *page) submit() *page {
	p.t.Helper()
	p.find("#verify-button")
	get[bool](p, `(document.querySelector("#verify-form").submit(), true)`)
	return p
}

// Every state of every page is usable by everyone, and looks as in shots/.
func TestStates(t *testing.T) {
	t.Parallel()
	for _, state := range states {
		t.Run(state.name, func(t *testing.T) {
			t.Parallel()
			a := start(t, state.settings...)
			p := a.person(t)
			state.reach(a, p)
			p.acts(state.name, state.main)
			p.look(state.name)
		})
	}
}
