package main

import (
	"encoding/json"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"example.com/identity-starter/stripesim"
)

const (
	sessionsPath = "/v1/identity/verification_sessions"
	createPath   = "/create-verification-session"
)

// creates are the calls by which the program has asked Stripe for a new session.
func (a *app) creates() []stripesim.Request {
	return slices.DeleteFunc(a.asked(), func(r stripesim.Request) bool { return r.Method != "POST" || r.Path != sessionsPath })
}

// retrieves is how often the program has asked Stripe about the session.
func (a *app) retrieves(session string) int {
	return len(slices.DeleteFunc(a.asked(), func(r stripesim.Request) bool {
		return r.Method != "GET" || r.Path != sessionsPath+"/"+session
	}))
}

// atStripe does something with a session as the merchant can in the Dashboard: "cancel" or "redact".
func (a *app) atStripe(action, session string) {
	a.t.Helper()
	merchant := a.api()
	request := merchant.request("POST", a.sim.URL()+sessionsPath+"/"+session+"/"+action, nil)
	request.SetBasicAuth("sk_test_simulator", "")
	if got := merchant.send(request); got.status != 200 {
		a.t.Fatalf("%s at Stripe: %d %s", action, got.status, got.body)
	}
	a.idle()
}

// click clicks Verify, as the page's script does.
func (b *browser) click() answer { b.t.Helper(); return b.asJSON().post(createPath, nil) }

// mustRefuse clicks Verify and expects to be refused.
func (b *browser) mustRefuse(why string, status int, code string) answer {
	b.t.Helper()
	got := b.click()
	if got.status != status || got.code() != code {
		b.t.Fatalf("%s: want %d %s, got %d %s", why, status, code, got.status, got.body)
	}
	return got
}

// mustOpen clicks Verify and expects an address of Stripe's.
func (b *browser) mustOpen(a *app, why string) {
	b.t.Helper()
	got := b.click()
	var body map[string]string
	if err := json.Unmarshal([]byte(got.body), &body); got.status != 200 || err != nil {
		b.t.Fatalf("%s: want 200, got %d %s", why, got.status, got.body)
	}
	if len(body) != 1 || !strings.HasPrefix(body["url"], a.sim.URL()+"/start/") {
		b.t.Fatalf("%s: the answer must be Stripe's address and nothing else, got %s", why, got.body)
	}
}

// The button leads to Stripe: as an address for a script, as a redirect without one.
func TestCreateAnswersURL(t *testing.T) {
	a := start(t)
	a.browser().mustOpen(a, "a first click")
	curl := a.api()
	curl.accept = "*/*"
	curl.mustOpen(a, "curl -d ''")
	noScript := a.browser().post(createPath, nil)
	if noScript.status != http.StatusSeeOther || !strings.HasPrefix(noScript.location, a.sim.URL()+"/start/") {
		t.Errorf("a form must be sent to Stripe's page with 303, got %d %q", noScript.status, noScript.location)
	}
	for _, path := range []string{"/start/", "client_secret", "_secret_"} {
		if a.remembers(path) || strings.Contains(a.out.String(), path) {
			t.Errorf("neither database nor log may hold a session's address or secret: %q", path)
		}
	}
}

// Stripe is sent what was configured and nothing more.
func TestCreateParameters(t *testing.T) {
	for _, c := range []struct {
		name     string
		settings []string
		want     map[string]string
	}{
		{"without settings", nil, map[string]string{"type": "document"}},
		{"with a selfie", []string{"REQUIRE_MATCHING_SELFIE=true"},
			map[string]string{"type": "document", "options[document][require_matching_selfie]": "true"}},
		{"with live capture", []string{"REQUIRE_LIVE_CAPTURE=true"},
			map[string]string{"type": "document", "options[document][require_live_capture]": "true"}},
		{"with both", []string{"REQUIRE_MATCHING_SELFIE=true", "REQUIRE_LIVE_CAPTURE=true"}, map[string]string{"type": "document",
			"options[document][require_matching_selfie]": "true", "options[document][require_live_capture]": "true"}},
		{"with a flow", []string{"STRIPE_VERIFICATION_FLOW=vf_simulator"}, map[string]string{"verification_flow": "vf_simulator"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			a := start(t, c.settings...)
			person := a.browser()
			person.mustOpen(a, "a first click")
			row := a.rows("SELECT id, user_id, length(id) >= 22 FROM verifications")
			id, user, _ := strings.Cut(row[0], "|")
			c.want["client_reference_id"], c.want["metadata[user_id]"] = id, strings.TrimSuffix(user, "|1")
			c.want["return_url"] = a.url + "/verification/return"
			got, sent := map[string]string{}, a.creates()[0]
			for name := range sent.Form {
				got[name] = sent.Form.Get(name)
			}
			if !maps.Equal(got, c.want) {
				t.Errorf("create must send\n%v\ngot\n%v", c.want, got)
			}
			if sent.IdempotencyKey != id {
				t.Errorf("the verification's id must be the idempotency key, got %q and %q", sent.IdempotencyKey, id)
			}
			if user != person.user()+"|1" {
				t.Errorf("the row must be the person's, and its id hold 128 bits, got %q", row)
			}
		})
	}
}

// An e-mail address goes to Stripe, from a form or from JSON, and stays nowhere here.
func TestCreateEmail(t *testing.T) {
	a := start(t)
	const first, second = "form@mail.example", "json@mail.example"
	if got := a.browser().post(createPath, url.Values{"email": {first}}); got.status != 303 {
		t.Errorf("a form with an address must be accepted, got %d %s", got.status, got.body)
	}
	if got := a.api().postJSON(`{"email":"` + second + `"}`); got.status != 200 {
		t.Errorf("JSON with an address must be accepted, got %d %s", got.status, got.body)
	}
	for _, none := range []string{`{}`, `{"email":""}`, `{"other":1}`, ""} {
		if got := a.api().postJSON(none); got.status != 200 {
			t.Errorf("the address is optional (%s), got %d %s", none, got.status, got.body)
		}
	}
	var emails []string
	for _, s := range a.sim.Sessions() {
		emails = append(emails, s.Email)
	}
	if want := []string{first, second, "", "", "", ""}; !slices.Equal(emails, want) {
		t.Errorf("Stripe must get the address as provided_details.email, want %q, got %q", want, emails)
	}
	if a.remembers("mail.example") || strings.Contains(a.out.String(), "mail.example") {
		t.Error("neither database nor log may hold an e-mail address")
	}
}

// What cannot be read, or is no address, is refused before Stripe is asked.
func TestCreateBadInput(t *testing.T) {
	a := start(t)
	for _, c := range []struct {
		body   string
		status int
		code   string
	}{
		{`{"email":"nobody"}`, 400, "invalid_email"},
		{`{"email":"a@b@c"}`, 400, "invalid_email"},
		{`{"email":"A Name <a@mail.example>"}`, 400, "invalid_email"},
		{`{"email":"a@mail.example, b@mail.example"}`, 400, "invalid_email"},
		{`{"email":"a@mail.example\r\nBcc: b@mail.example"}`, 400, "invalid_email"},
		{`{"email":"` + strings.Repeat("a", 250) + `@mail.example"}`, 400, "invalid_email"},
		{`{"email":`, 400, "bad_request"},
		{`{"email":5}`, 400, "bad_request"},
		{`[]`, 400, "bad_request"},
		{`email=a@mail.example`, 400, "bad_request"},
		{`{"email":"` + strings.Repeat("a", 256<<10) + `"}`, 413, "too_large"},
	} {
		got := a.api().postJSON(c.body)
		if got.status != c.status || got.code() != c.code {
			t.Errorf("%.60q must be answered %d %s, got %d %s", c.body, c.status, c.code, got.status, got.body)
		}
		if strings.Contains(got.body, "mail.example") {
			t.Errorf("an answer must not repeat what was sent, got %s", got.body)
		}
	}
	if got := a.api().post(createPath, url.Values{"email": {"nobody"}}); got.code() != "invalid_email" {
		t.Errorf("a form's address is checked, too, got %d %s", got.status, got.body)
	}
	if n := len(a.creates()); n != 0 {
		t.Errorf("Stripe must not be asked for a session, got %d calls", n)
	}
	if rows := a.rows("SELECT * FROM verifications"); len(rows) != 0 {
		t.Errorf("no row may be left, got %q", rows)
	}
	if strings.Contains(a.out.String(), "mail.example") {
		t.Error("the log must not hold what was sent")
	}
}

// postJSON clicks Verify with a JSON body.
func (b *browser) postJSON(body string) answer {
	b.t.Helper()
	request := b.request("POST", createPath, strings.NewReader(body))
	request.Header.Set("Content-Type", "application/json")
	return b.send(request)
}

// Opening a page costs nothing: only a POST makes a session.
func TestOnlyPostCreates(t *testing.T) {
	a := start(t)
	person := a.browser()
	if got := person.asJSON().get(createPath); got.status != 405 || got.code() != "method_not_allowed" {
		t.Errorf("GET %s must be answered 405, got %d %s", createPath, got.status, got.body)
	}
	for _, path := range []string{"/", "/verification.html", "/verification/return", "/verification/status"} {
		person.get(path)
	}
	if n := len(a.asked()); n != 0 {
		t.Errorf("looking at pages must not make the program call Stripe, got %d calls", n)
	}
}
