package stripesim_test

import (
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"example.com/identity-starter/stripesim"
)

var outcomeButton = regexp.MustCompile(`name="outcome" value="([a-z_]+)"`)

func submit(t *testing.T, address, name, value string, header ...string) reply {
	t.Helper()
	return request(t, http.MethodPost, address, url.Values{name: {value}}, header...)
}

func TestEveryButtonOfTheHostedPageEndsAsItSays(t *testing.T) {
	s := start(t, stripesim.Config{})
	page := request(t, http.MethodGet, create(t, s).URL, nil, "Authorization", "")
	if page.status != http.StatusOK || !strings.Contains(page.body, "no document is asked for") {
		t.Fatalf("the page says that it is simulated, got %d %s", page.status, page.body)
	}
	policy := page.header.Get("Content-Security-Policy")
	if !strings.Contains(policy, "form-action 'self' http://localhost:4242") || !strings.Contains(policy, "default-src 'none'") {
		t.Errorf("the policy must let the form lead back to the site only: %s", policy)
	}
	buttons := outcomeButton.FindAllStringSubmatch(page.body, -1)
	if len(buttons) < 24 {
		t.Fatalf("%d outcomes are offered, want every code of stripe-go and more", len(buttons))
	}
	for _, b := range buttons {
		outcome := b[1]
		v := create(t, s)
		r := submit(t, v.URL, "outcome", outcome)
		if r.status != http.StatusSeeOther || r.header.Get("Location") != returnTo {
			t.Errorf("%s leads to %d %q, want the return_url and nothing added", outcome, r.status, r.header.Get("Location"))
		}
		got, _ := s.Session(v.ID)
		want := stripesim.Session{Status: "requires_input", ErrorCode: outcome}
		switch outcome {
		case "verified", "verified_other_name":
			want = stripesim.Session{Status: "verified"}
		case "processing":
			want = stripesim.Session{Status: "processing"}
		case "close":
			want = stripesim.Session{Status: "requires_input"}
		}
		if got.Status != want.Status || got.ErrorCode != want.ErrorCode {
			t.Errorf("%s left %+v", outcome, got)
		}
		if again := submit(t, v.URL, "outcome", "verified"); again.status != http.StatusGone || !strings.Contains(again.body, "already used") {
			t.Errorf("after %s the link still works: %d", outcome, again.status)
		}
	}
}

func TestLinksThatDoNotWorkSaySo(t *testing.T) {
	c := newClock()
	s := start(t, stripesim.Config{Now: c.now})
	sc := client(t, s, testKey)
	expired, canceled, submitted := create(t, s), create(t, s), create(t, s)
	c.forward(48*time.Hour + time.Second)
	if _, err := sc.V1IdentityVerificationSessions.Cancel(t.Context(), canceled.ID, nil); err != nil {
		t.Fatal(err)
	}
	fresh, err := sc.V1IdentityVerificationSessions.Retrieve(t.Context(), submitted.ID, nil)
	if err != nil {
		t.Fatal(err)
	}
	finish(t, s, submitted.ID, "processing")
	open, err := sc.V1IdentityVerificationSessions.Retrieve(t.Context(), expired.ID, nil)
	if err != nil {
		t.Fatal(err)
	}
	for address, want := range map[string]struct {
		status int
		says   string
	}{
		expired.URL:               {http.StatusGone, "expired"},
		fresh.URL:                 {http.StatusGone, "Already submitted"},
		s.URL() + "/start/test_x": {http.StatusNotFound, "not valid"},
		open.URL:                  {http.StatusOK, "It passes"},
	} {
		if r := request(t, http.MethodGet, address, nil); r.status != want.status || !strings.Contains(r.body, want.says) {
			t.Errorf("got %d, want %d and %q", r.status, want.status, want.says)
		}
	}
	if r := submit(t, open.URL, "outcome", "No Such"); r.status != http.StatusBadRequest {
		t.Errorf("an outcome that is none got %d", r.status)
	}
}

func TestTheAuthorizePageConnectsOrRefuses(t *testing.T) {
	s := start(t, stripesim.Config{})
	q := url.Values{"response_type": {"code"}, "client_id": {"ca_simulator"}, "scope": {"read_write"}, "redirect_uri": {callback}, "state": {"x"}}
	page := request(t, http.MethodGet, s.ConnectURL()+"/oauth/authorize", q).header.Get("Location")
	r := request(t, http.MethodGet, page, nil)
	for _, says := range []string{"Kiosk Nord", "Atelier Süd", "A new account", stripesim.PlatformAccount, "Deny"} {
		if r.status != http.StatusOK || !strings.Contains(r.body, says) {
			t.Errorf("%q is missing on the page: %d", says, r.status)
		}
	}
	if !strings.Contains(r.header.Get("Content-Security-Policy"), "form-action 'self' http://localhost:4242") {
		t.Errorf("policy is %s", r.header.Get("Content-Security-Policy"))
	}
	for choice, want := range map[string]string{
		stripesim.AccountA: "code state", stripesim.PlatformAccount: "code state", stripesim.NewAccount: "code state",
		"deny": "access_denied", "deny_with_state": "access_denied state",
	} {
		to, err := url.Parse(submit(t, page, "account", choice).header.Get("Location"))
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		if to.Query().Has("code") {
			got = append(got, "code")
		}
		if e := to.Query().Get("error"); e != "" {
			got = append(got, e)
		}
		if to.Query().Get("state") == "x" {
			got = append(got, "state")
		}
		if strings.Join(got, " ") != want {
			t.Errorf("%s answers with %v, want %s", choice, got, want)
		}
	}
	for choice, status := range map[string]int{"acct_none": 400, "": 400} {
		if r := submit(t, page, "account", choice); r.status != status {
			t.Errorf("account %q got %d, want %d", choice, r.status, status)
		}
	}
	if r := request(t, http.MethodGet, s.URL()+"/connect/visit_none", nil); r.status != http.StatusNotFound {
		t.Errorf("an unknown visit got %d", r.status)
	}
}

func TestTheOverviewSettlesRevokesAndResends(t *testing.T) {
	s, _ := listening(t, stripesim.Config{})
	connect(t, s, stripesim.AccountB)
	first, second := create(t, s).ID, create(t, s).ID
	finish(t, s, first, "processing")
	finish(t, s, second, "processing")
	idle(t, s)
	page := request(t, http.MethodGet, s.URL()+"/", nil)
	for _, says := range []string{first, second, "Settle: verified", "Disconnect, as the merchant", "answered with 200"} {
		if !strings.Contains(page.body, says) {
			t.Errorf("%q is missing on the overview", says)
		}
	}
	if strings.Contains(page.body, "<option>abandoned") || !strings.Contains(page.body, "<option>document_expired") {
		t.Error("a session that was submitted must be offered the codes of what is submitted, and no others")
	}
	for path, form := range map[string]url.Values{
		"/settle": {"session": {first}, "outcome": {"verified"}},
		"/revoke": {"account": {stripesim.AccountB}},
		"/resend": {"event": {s.Events()[1].ID}},
	} {
		if r := request(t, http.MethodPost, s.URL()+path, form); r.status != http.StatusSeeOther || r.header.Get("Location") != "/" {
			t.Errorf("%s got %d %s", path, r.status, r.body)
		}
	}
	form := url.Values{"session": {second}, "outcome": {"failure"}, "failure": {"selfie_manipulated"}}
	request(t, http.MethodPost, s.URL()+"/settle", form)
	a, _ := s.Session(first)
	b, _ := s.Session(second)
	if a.Status != "verified" || b.ErrorCode != "selfie_manipulated" || connections(s) != nil {
		t.Errorf("left %+v, %+v, %v", a, b, connections(s))
	}
	if r := request(t, http.MethodPost, s.URL()+"/settle", form); r.status != http.StatusConflict {
		t.Errorf("settling twice got %d", r.status)
	}
}

func TestTheOverviewSetsTheDelivery(t *testing.T) {
	s, rc := listening(t, stripesim.Config{})
	request(t, http.MethodPost, s.URL()+"/delivery", url.Values{"duplicate": {"1"}, "hold": {"true"}})
	create(t, s)
	request(t, http.MethodPost, s.URL()+"/delivery", url.Values{"duplicate": {"0"}})
	idle(t, s)
	if n := len(rc.hooks()); n != 2 {
		t.Errorf("%d deliveries after holding one event that goes out twice", n)
	}
	if r := request(t, http.MethodPost, s.URL()+"/delivery", url.Values{"delay": {"-1"}}); r.status != http.StatusConflict {
		t.Errorf("a negative delay got %d", r.status)
	}
}

func TestPagesRefuseForeignSitesAndNames(t *testing.T) {
	s := start(t, stripesim.Config{})
	v := create(t, s)
	if r := submit(t, v.URL, "outcome", "verified", "Sec-Fetch-Site", "cross-site"); r.status != http.StatusForbidden {
		t.Errorf("another site's form got %d", r.status)
	}
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, s.URL()+"/", nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Host = "attacker.example"
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	if err := res.Body.Close(); err != nil || res.StatusCode != http.StatusMisdirectedRequest {
		t.Errorf("another host name got %d, %v", res.StatusCode, err)
	}
	for _, file := range []string{"/sim.css", "/sim.svg"} {
		if r := request(t, http.MethodGet, s.URL()+file, nil); r.status != http.StatusOK || r.body == "" {
			t.Errorf("%s got %d", file, r.status)
		}
	}
}
