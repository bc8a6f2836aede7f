package main

import (
	"encoding/json"
	"net/http"
	"regexp"
	"strings"
	"testing"

	"example.com/identity-starter/stripesim"
)

// refusal brings a program and a person to an error and returns the request that gets it.
type refusal struct {
	code     string
	status   int
	settings []string
	meet     func(a *app, person *browser) func(b *browser) answer
}

// click is Verify, after something has happened.
func click(before func(a *app, person *browser)) func(*app, *browser) func(*browser) answer {
	return func(a *app, person *browser) func(*browser) answer {
		before(a, person)
		return func(b *browser) answer { return b.post("/create-verification-session", nil) }
	}
}

// open is one request, always the same.
func open(method, path string) func(*app, *browser) func(*browser) answer {
	return func(*app, *browser) func(*browser) answer {
		return func(b *browser) answer { return b.do(method, path, nil) }
	}
}

// sent is Verify with a body and a header of the test's choice.
func sent(body, header, value string) func(*app, *browser) func(*browser) answer {
	return func(*app, *browser) func(*browser) answer {
		return func(b *browser) answer {
			request := b.request("POST", "/create-verification-session", strings.NewReader(body))
			request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
			if header == "Host" {
				request.Host = value
			} else {
				request.Header.Set(header, value)
			}
			return b.send(request)
		}
	}
}

// back is a fresh callback for the account, after something has happened.
func back(account string, before func(a *app)) func(*app, *browser) func(*browser) answer {
	return func(a *app, person *browser) func(*browser) answer {
		return func(b *browser) answer {
			to := person.authorize(a, account)
			before(a)
			return b.get(to)
		}
	}
}

func fails(f stripesim.Fault) func(a *app) { return func(a *app) { a.sim.AddFault(f) } }

const form, formType = "Content-Type", "application/x-www-form-urlencoded"

// refusals are the error table of the contract, as far as this program can meet it.
var refusals = []refusal{
	{"sign_in_required", 401, []string{"AUTH_USER_HEADER=X-Auth-User"}, open("GET", "/")},
	{"already_verified", 409, nil, click(func(a *app, p *browser) { a.finish(p.verify(a).ID, "verified") })},
	{"processing", 409, nil, click(func(a *app, p *browser) { a.finish(p.verify(a).ID, "processing") })},
	{"rejected", 403, nil, click(func(a *app, p *browser) {
		s := p.verify(a)
		a.change(`INSERT INTO decisions (livemode, user_id, session_id, decision, reviewer, reason, stripe_status, created_at)
			VALUES (0, ?, ?, 'reject', 'reviewer', 'a reason', 'requires_input', 1)`, p.user(), s.ID)
	})},
	{"attempts_exhausted", 403, []string{"MAX_VERIFICATION_ATTEMPTS=1"},
		click(func(a *app, p *browser) { a.finish(p.verify(a).ID, "document_expired") })},
	{"invalid_email", 400, nil, sent("email=nobody", form, formType)},
	{"bad_request", 400, nil, sent("email=%zz", form, formType)},
	{"too_large", 413, nil, sent("email="+strings.Repeat("a", 300<<10), form, formType)},
	{"method_not_allowed", 405, nil, open("DELETE", "/")},
	{"cross_site", 403, nil, sent("", "Sec-Fetch-Site", "cross-site")},
	{"wrong_host", 421, nil, sent("", "Host", "verify.example.test")},
	{"rate_limited", 429, []string{"RATE_LIMIT_PER_MINUTE=1"}, click(func(_ *app, p *browser) { p.post("/create-verification-session", nil) })},
	{"rate_limited", 429, []string{"MAX_CHECKS_PER_DAY=1"}, click(func(a *app, _ *browser) {
		other := a.merchant()
		a.finish(other.verify(a).ID, "document_expired")
	})},
	{"stripe_rejected", 502, nil, click(func(a *app, _ *browser) {
		a.sim.AddFault(stripesim.Fault{Path: "/v1/", Status: 403, Times: -1})
	})},
	{"stripe_unavailable", 503, nil, click(func(a *app, _ *browser) {
		a.sim.AddFault(stripesim.Fault{Path: "/v1/", Close: true, Times: -1})
	})},
	{"invalid_state", 403, nil, open("GET", "/connect/callback?code=ac_x&state=x")},
	{"connect_refused", 200, nil, open("GET", "/connect/callback?error=access_denied")},
	{"code_rejected", 400, nil, func(_ *app, person *browser) func(*browser) answer {
		return func(b *browser) answer { return b.get(callback("code", "ac_x", "state", person.state())) }
	}},
	{"outcome_unknown", 502, nil, back("", fails(stripesim.Fault{Path: "/oauth/token", Close: true}))},
	{"own_account", 409, nil, back(stripesim.PlatformAccount, func(*app) {})},
	{"wrong_mode", 409, nil, back("", fails(stripesim.Fault{Path: "/oauth/token", Body: `{"livemode":true,"stripe_user_id":"acct_x"}`}))},
	{"account_taken", 409, nil, func(a *app, person *browser) func(*browser) answer {
		a.merchant().connect(a, stripesim.AccountA)
		return back(stripesim.AccountA, func(*app) {})(a, person)
	}},
	{"connect_disabled", 404, []string{"STRIPE_CLIENT_ID="}, open("POST", "/connect/authorize")},
	{"not_found", 404, nil, open("GET", "/no/such/page")},
	{"not_found", 404, nil, open("POST", "/connect/accounts/acct_x/disconnect")},
	{"internal", 500, nil, click(func(a *app, _ *browser) { a.change("DROP TABLE attempts") })},
}

var element = regexp.MustCompile(`<[^>]*>`)

// Every error is a code and a sentence for scripts, and the same sentence on a page for people.
func TestRefusals(t *testing.T) {
	for _, r := range refusals {
		t.Run(r.code, func(t *testing.T) {
			a := start(t, r.settings...)
			person := a.browser()
			if r.status != 401 {
				person = a.merchant()
			}
			ask := r.meet(a, person)
			got := ask(person.asJSON())
			got.refused(t, r.code, r.status)
			var body struct {
				Error struct{ Code, Message string }
			}
			decoder := json.NewDecoder(strings.NewReader(got.body))
			decoder.DisallowUnknownFields()
			if err := decoder.Decode(&body); err != nil || len(strings.Fields(body.Error.Message)) < 4 {
				t.Errorf("the error must be a code and a sentence and nothing else, got %s", got.body)
			}
			page := ask(person)
			text := strings.Join(strings.Fields(element.ReplaceAllString(page.body, " ")), " ")
			if page.status != r.status || !strings.Contains(page.header.Get("Content-Type"), "text/html") || !strings.Contains(text, body.Error.Message) {
				t.Errorf("for a person the same sentence must be on a page with the same status, got %d\n%s", page.status, text)
			}
			if !strings.Contains(page.body, page.header.Get("X-Request-Id")) || nextStep.FindString(page.body) == "" {
				t.Errorf("the page must show the request's id and a next step\n%s", page.body)
			}
			for _, internal := range []string{"sqlite", "no such", "SQL", "goroutine", "req_", "simulator was told", "acct_", "stripe gave"} {
				if strings.Contains(body.Error.Message, internal) || strings.Contains(text, internal) {
					t.Errorf("neither Stripe's words nor ours for ourselves may be shown: %q\n%s", internal, text)
				}
			}
			later := r.status == http.StatusTooManyRequests || r.status == http.StatusServiceUnavailable
			if later != (got.header.Get("Retry-After") != "") {
				t.Errorf("Retry-After must be sent with rate_limited and stripe_unavailable only, got %q", got.header.Get("Retry-After"))
			}
		})
	}
}

// On a developer's machine a rejected call says where to look; in public it does not.
func TestStripeRejectedSaysMoreToDevelopers(t *testing.T) {
	a := start(t)
	a.sim.AddFault(stripesim.Fault{Path: "/v1/", Status: 400, Times: -1})
	if got := a.api().post("/create-verification-session", nil); got.code() != "stripe_rejected" || !strings.Contains(got.body, "doctor") {
		t.Errorf("on loopback with a test key the error must name the log and doctor, got %s", got.body)
	}
	p := newPeers(t, "BASE_URL=https://verify.example.test")
	p.sim.AddFault(stripesim.Fault{Path: "/v1/", Status: 400, Times: -1})
	if got := p.ask("POST", "/create-verification-session", "127.0.0.1:1", nil); got.code() != "stripe_rejected" || strings.Contains(got.body, "doctor") {
		t.Errorf("in public the error must not speak to developers, got %s", got.body)
	}
}
