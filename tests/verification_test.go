package tests

import (
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
)

// The button leads to Stripe: as an address for a script, as a redirect without one.
func TestCreateAnswersURL(t *testing.T) {
	a := Start(t)
	a.Browser().MustOpen(a, "a first click")
	curl := a.API()
	curl.Accept = "*/*"
	curl.MustOpen(a, "curl -d ''")
	noScript := a.Browser().Post(CreatePath, nil)
	if noScript.Status != http.StatusSeeOther || !strings.HasPrefix(noScript.Location, a.Sim.URL()+"/start/") {
		t.Errorf("a form must be sent to Stripe's page with 303, got %d %q", noScript.Status, noScript.Location)
	}
	for _, path := range []string{"/start/", "client_secret", "_secret_"} {
		if a.Remembers(path) || strings.Contains(a.Out.String(), path) {
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
			a := Start(t, c.settings...)
			person := a.Browser()
			person.MustOpen(a, "a first click")
			row := a.Rows("SELECT id, user_id, length(id) >= 22 FROM verifications")
			id, user, _ := strings.Cut(row[0], "|")
			c.want["client_reference_id"], c.want["metadata[user_id]"] = id, strings.TrimSuffix(user, "|1")
			c.want["return_url"] = a.URL + "/verification/return"
			got, sent := map[string]string{}, a.Creates()[0]
			for name := range sent.Form {
				got[name] = sent.Form.Get(name)
			}
			if !maps.Equal(got, c.want) {
				t.Errorf("create must send\n%v\ngot\n%v", c.want, got)
			}
			if sent.IdempotencyKey != id {
				t.Errorf("the verification's id must be the idempotency key, got %q and %q", sent.IdempotencyKey, id)
			}
			if user != person.User()+"|1" {
				t.Errorf("the row must be the person's, and its id hold 128 bits, got %q", row)
			}
		})
	}
}

// An e-mail address goes to Stripe, from a form or from JSON, and stays nowhere here.
func TestCreateEmail(t *testing.T) {
	a := Start(t)
	const first, second = "form@mail.example", "json@mail.example"
	if got := a.Browser().Post(CreatePath, url.Values{"email": {first}}); got.Status != 303 {
		t.Errorf("a form with an address must be accepted, got %d %s", got.Status, got.Body)
	}
	if got := a.API().postJSON(`{"email":"` + second + `"}`); got.Status != 200 {
		t.Errorf("JSON with an address must be accepted, got %d %s", got.Status, got.Body)
	}
	for _, none := range []string{`{}`, `{"email":""}`, `{"other":1}`, ""} {
		if got := a.API().postJSON(none); got.Status != 200 {
			t.Errorf("the address is optional (%s), got %d %s", none, got.Status, got.Body)
		}
	}
	var emails []string
	for _, s := range a.Sim.Sessions() {
		emails = append(emails, s.Email)
	}
	if want := []string{first, second, "", "", "", ""}; !slices.Equal(emails, want) {
		t.Errorf("Stripe must get the address as provided_details.email, want %q, got %q", want, emails)
	}
	if a.Remembers("mail.example") || strings.Contains(a.Out.String(), "mail.example") {
		t.Error("neither database nor log may hold an e-mail address")
	}
}

// What cannot be read, or is no address, is refused before Stripe is asked.
func TestCreateBadInput(t *testing.T) {
	a := Start(t)
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
		got := a.API().postJSON(c.body)
		if got.Status != c.status || got.Code() != c.code {
			t.Errorf("%.60q must be answered %d %s, got %d %s", c.body, c.status, c.code, got.Status, got.Body)
		}
		if strings.Contains(got.Body, "mail.example") {
			t.Errorf("an answer must not repeat what was sent, got %s", got.Body)
		}
	}
	if got := a.API().Post(CreatePath, url.Values{"email": {"nobody"}}); got.Code() != "invalid_email" {
		t.Errorf("a form's address is checked, too, got %d %s", got.Status, got.Body)
	}
	if n := len(a.Creates()); n != 0 {
		t.Errorf("Stripe must not be asked for a session, got %d calls", n)
	}
	if rows := a.Rows("SELECT * FROM verifications"); len(rows) != 0 {
		t.Errorf("no row may be left, got %q", rows)
	}
	if strings.Contains(a.Out.String(), "mail.example") {
		t.Error("the log must not hold what was sent")
	}
}

// postJSON clicks Verify with a JSON body.
func (b *Browser) postJSON(body string) Answer {
	b.T.Helper()
	request := b.Request("POST", CreatePath, strings.NewReader(body))
	request.Header.Set("Content-Type", "application/json")
	return b.Send(request)
}

// Opening a page costs nothing: only a POST makes a session.
func TestOnlyPostCreates(t *testing.T) {
	a := Start(t)
	person := a.Browser()
	if got := person.AsJSON().Get(CreatePath); got.Status != 405 || got.Code() != "method_not_allowed" {
		t.Errorf("GET %s must be answered 405, got %d %s", CreatePath, got.Status, got.Body)
	}
	for _, path := range []string{"/", "/verification.html", "/verification/return", "/verification/status"} {
		person.Get(path)
	}
	if n := len(a.Asked()); n != 0 {
		t.Errorf("looking at pages must not make the program call Stripe, got %d calls", n)
	}
}
