package tests

import (
	"encoding/json"
	"net/http"
	"regexp"
	"strings"
	"testing"

	"example.com/identity-starter/store"
	"example.com/identity-starter/stripesim"
)

// refusal brings a program and a person to an error and returns the request that gets it.
type refusal struct {
	code     string
	status   int
	settings []string
	meet     func(a *App, person *Browser) func(b *Browser) Answer
}

// click is Verify, after something has happened.
func click(before func(a *App, person *Browser)) func(*App, *Browser) func(*Browser) Answer {
	return func(a *App, person *Browser) func(*Browser) Answer {
		before(a, person)
		return func(b *Browser) Answer { return b.Post("/create-verification-session", nil) }
	}
}

// open is one request, always the same.
func open(method, path string) func(*App, *Browser) func(*Browser) Answer {
	return func(*App, *Browser) func(*Browser) Answer {
		return func(b *Browser) Answer { return b.Do(method, path, nil) }
	}
}

// sent is Verify with a body and a header of the test's choice.
func sent(body, header, value string) func(*App, *Browser) func(*Browser) Answer {
	return func(*App, *Browser) func(*Browser) Answer {
		return func(b *Browser) Answer {
			request := b.Request("POST", "/create-verification-session", strings.NewReader(body))
			request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
			if header == "Host" {
				request.Host = value
			} else {
				request.Header.Set(header, value)
			}
			return b.Send(request)
		}
	}
}

// back is a fresh callback for the account, after something has happened.
func back(account string, before func(a *App)) func(*App, *Browser) func(*Browser) Answer {
	return func(a *App, person *Browser) func(*Browser) Answer {
		return func(b *Browser) Answer {
			to := person.Authorize(a, account)
			before(a)
			return b.Get(to)
		}
	}
}

func fails(f stripesim.Fault) func(a *App) { return func(a *App) { a.Sim.AddFault(f) } }

const form, formType = "Content-Type", "application/x-www-form-urlencoded"

// refusals are the error table of the contract, as far as this program can meet it.
var refusals = []refusal{
	{"sign_in_required", 401, []string{"AUTH_USER_HEADER=X-Auth-User"}, open("GET", "/")},
	{"already_verified", 409, nil, click(func(a *App, p *Browser) { a.Finish(p.Verify(a).ID, "verified") })},
	{"processing", 409, nil, click(func(a *App, p *Browser) { a.Finish(p.Verify(a).ID, "processing") })},
	{"rejected", 403, nil, click(func(a *App, p *Browser) {
		p.Verify(a)
		a.Decide(p.User(), store.Reject)
	})},
	{"attempts_exhausted", 403, []string{"MAX_VERIFICATION_ATTEMPTS=1"},
		click(func(a *App, p *Browser) { a.Finish(p.Verify(a).ID, "document_expired") })},
	{"invalid_email", 400, nil, sent("email=nobody", form, formType)},
	{"bad_request", 400, nil, sent("email=%zz", form, formType)},
	{"too_large", 413, nil, sent("email="+strings.Repeat("a", 300<<10), form, formType)},
	{"method_not_allowed", 405, nil, open("DELETE", "/")},
	{"cross_site", 403, nil, sent("", "Sec-Fetch-Site", "cross-site")},
	{"wrong_host", 421, nil, sent("", "Host", "verify.example.test")},
	{"rate_limited", 429, []string{"RATE_LIMIT_PER_MINUTE=1"}, click(func(_ *App, p *Browser) { p.Post("/create-verification-session", nil) })},
	{"rate_limited", 429, []string{"MAX_CHECKS_PER_DAY=1"}, click(func(a *App, _ *Browser) {
		other := a.Merchant()
		a.Finish(other.Verify(a).ID, "document_expired")
	})},
	{"stripe_rejected", 502, nil, click(func(a *App, _ *Browser) {
		a.Sim.AddFault(stripesim.Fault{Path: "/v1/", Status: 403, Times: -1})
	})},
	{"stripe_unavailable", 503, nil, click(func(a *App, _ *Browser) {
		a.Sim.AddFault(stripesim.Fault{Path: "/v1/", Close: true, Times: -1})
	})},
	{"invalid_state", 403, nil, open("GET", "/connect/callback?code=ac_x&state=x")},
	{"connect_refused", 200, nil, open("GET", "/connect/callback?error=access_denied")},
	{"code_rejected", 400, nil, func(_ *App, person *Browser) func(*Browser) Answer {
		return func(b *Browser) Answer { return b.Get(Callback("code", "ac_x", "state", person.State())) }
	}},
	{"outcome_unknown", 502, nil, back("", fails(stripesim.Fault{Path: "/oauth/token", Close: true}))},
	{"own_account", 409, nil, back(stripesim.PlatformAccount, func(*App) {})},
	{"wrong_mode", 409, nil, back("", fails(stripesim.Fault{Path: "/oauth/token", Body: `{"livemode":true,"stripe_user_id":"acct_x"}`}))},
	{"account_taken", 409, nil, func(a *App, person *Browser) func(*Browser) Answer {
		a.Merchant().Connect(a, stripesim.AccountA)
		return back(stripesim.AccountA, func(*App) {})(a, person)
	}},
	{"connect_disabled", 404, []string{"STRIPE_CLIENT_ID="}, open("POST", "/connect/authorize")},
	{"not_found", 404, nil, open("GET", "/no/such/page")},
	{"not_found", 404, nil, open("POST", "/connect/accounts/acct_x/disconnect")},
	{"internal", 500, nil, click(func(a *App, _ *Browser) { a.Change("ALTER TABLE people RENAME TO gone") })},
}

var element = regexp.MustCompile(`<[^>]*>`)

// Every error is a code and a sentence for scripts, and the same sentence on a page for people.
func TestRefusals(t *testing.T) {
	for _, r := range refusals {
		t.Run(r.code, func(t *testing.T) {
			a := Start(t, r.settings...)
			person := a.Browser()
			if r.status != 401 {
				person = a.Merchant()
			}
			ask := r.meet(a, person)
			got := ask(person.AsJSON())
			got.Refused(t, r.code, r.status)
			var body struct {
				Error struct{ Code, Message string }
			}
			decoder := json.NewDecoder(strings.NewReader(got.Body))
			decoder.DisallowUnknownFields()
			if err := decoder.Decode(&body); err != nil || len(strings.Fields(body.Error.Message)) < 4 {
				t.Errorf("the error must be a code and a sentence and nothing else, got %s", got.Body)
			}
			page := ask(person)
			text := strings.Join(strings.Fields(element.ReplaceAllString(page.Body, " ")), " ")
			if page.Status != r.status || !strings.Contains(page.Header.Get("Content-Type"), "text/html") || !strings.Contains(text, body.Error.Message) {
				t.Errorf("for a person the same sentence must be on a page with the same status, got %d\n%s", page.Status, text)
			}
			if !strings.Contains(page.Body, page.Header.Get("X-Request-Id")) || NextStep.FindString(page.Body) == "" {
				t.Errorf("the page must show the request's id and a next step\n%s", page.Body)
			}
			for _, internal := range []string{"sqlite", "no such", "SQL", "goroutine", "req_", "simulator was told", "acct_", "stripe gave"} {
				if strings.Contains(body.Error.Message, internal) || strings.Contains(text, internal) {
					t.Errorf("neither Stripe's words nor ours for ourselves may be shown: %q\n%s", internal, text)
				}
			}
			later := r.status == http.StatusTooManyRequests || r.status == http.StatusServiceUnavailable
			if later != (got.Header.Get("Retry-After") != "") {
				t.Errorf("Retry-After must be sent with rate_limited and stripe_unavailable only, got %q", got.Header.Get("Retry-After"))
			}
		})
	}
}

// On a developer's machine a rejected call says where to look; in public it does not.
func TestStripeRejectedSaysMoreToDevelopers(t *testing.T) {
	a := Start(t)
	a.Sim.AddFault(stripesim.Fault{Path: "/v1/", Status: 400, Times: -1})
	if got := a.API().Post("/create-verification-session", nil); got.Code() != "stripe_rejected" || !strings.Contains(got.Body, "doctor") {
		t.Errorf("on loopback with a test key the error must name the log and doctor, got %s", got.Body)
	}
	p := NewPeers(t, "BASE_URL=https://verify.example.test")
	p.Sim.AddFault(stripesim.Fault{Path: "/v1/", Status: 400, Times: -1})
	if got := p.Ask("POST", "/create-verification-session", "127.0.0.1:1", nil); got.Code() != "stripe_rejected" || strings.Contains(got.Body, "doctor") {
		t.Errorf("in public the error must not speak to developers, got %s", got.Body)
	}
}
