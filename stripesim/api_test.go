package stripesim_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"example.com/identity-starter/stripesim"
	"github.com/stripe/stripe-go/v82"
)

const sessionsPath = "/v1/identity/verification_sessions"

func TestOnlyTheConfiguredKeyIsLetIn(t *testing.T) {
	s := start(t, stripesim.Config{})
	_, err := client(t, s, "sk_test_wrong").V1Accounts.Retrieve(t.Context(), nil)
	if e := stripeError(t, err); e.HTTPStatusCode != http.StatusUnauthorized || strings.Contains(e.Msg, "wrong") {
		t.Errorf("a wrong key got %v; the key must not be repeated", err)
	}
	for name, header := range map[string]string{"none": "", "another scheme": "Digest " + testKey} {
		if r := request(t, http.MethodGet, s.URL()+"/v1/account", nil, "Authorization", header); r.status != http.StatusUnauthorized {
			t.Errorf("authorization %q: got %d, want 401", name, r.status)
		}
	}
	basic := "Basic c2tfdGVzdF9zaW11bGF0b3I6" // the test key as user name, and no password
	if r := request(t, http.MethodGet, s.URL()+"/v1/account", nil, "Authorization", basic); r.status != http.StatusOK {
		t.Errorf("Basic authentication got %d %s", r.status, r.body)
	}
}

func TestAccountsAreReadAsThePlatformOrAsTheConnectedOne(t *testing.T) {
	s := start(t, stripesim.Config{})
	sc := client(t, s, testKey)
	own, err := sc.V1Accounts.Retrieve(t.Context(), nil)
	if err != nil || own.ID != stripesim.PlatformAccount {
		t.Fatalf("own account is %+v, %v", own, err)
	}
	asAccount := &stripe.AccountRetrieveParams{}
	asAccount.SetStripeAccount(stripesim.AccountA)
	for _, call := range []func() error{
		func() error { _, err := sc.V1Accounts.Retrieve(t.Context(), asAccount); return err },
		func() error { _, err := sc.V1Accounts.GetByID(t.Context(), stripesim.AccountA, nil); return err },
	} {
		e := stripeError(t, call())
		if e.HTTPStatusCode != http.StatusForbidden || e.Code != stripe.ErrorCodeAccountInvalid {
			t.Errorf("an account that is not connected: %v", e)
		}
	}
	connect(t, s, stripesim.AccountA)
	got, err := sc.V1Accounts.Retrieve(t.Context(), asAccount)
	if err != nil || got.ID != stripesim.AccountA || got.BusinessProfile.Name != "Kiosk Nord" || !got.ChargesEnabled || got.Email != "" {
		t.Errorf("connected account is %+v, %v", got, err)
	}
	if got, err = sc.V1Accounts.GetByID(t.Context(), stripesim.AccountA, nil); err != nil || got.Settings.Dashboard.DisplayName != "Kiosk Nord" {
		t.Errorf("connected account by id is %+v, %v", got, err)
	}
	s.Revoke(stripesim.AccountA)
	if _, err = sc.V1Accounts.Retrieve(t.Context(), asAccount); stripeError(t, err).Code != stripe.ErrorCodeAccountInvalid {
		t.Errorf("a revoked account: %v", err)
	}
}

func TestBadParametersAreRefusedByName(t *testing.T) {
	s := start(t, stripesim.Config{})
	for name, tc := range map[string]struct {
		form        url.Values
		code, param string
	}{
		"unknown":        {url.Values{"type": {"document"}, "colour": {"red"}}, "parameter_unknown", "colour"},
		"nested unknown": {url.Values{"type": {"document"}, "options[email][require_verification]": {"true"}}, "parameter_unknown", "options[email][require_verification]"},
		"no type":        {url.Values{"return_url": {returnTo}}, "parameter_missing", "type"},
		"bad type":       {url.Values{"type": {"passport"}}, "", "type"},
		"bad flow":       {url.Values{"verification_flow": {"flow"}}, "resource_missing", "verification_flow"},
		"both":           {url.Values{"type": {"document"}, "verification_flow": {"vf_one"}}, "", "verification_flow"},
		"bad boolean":    {url.Values{"type": {"document"}, "options[document][require_live_capture]": {"yes"}}, "", "options[document][require_live_capture]"},
		"bad list":       {url.Values{"type": {"document"}, "options[document][allowed_types][0]": {"library_card"}}, "", "options[document][allowed_types][0]"},
		"not an object":  {url.Values{"type": {"document"}, "options": {"document"}}, "", "options"},
		"bad e-mail":     {url.Values{"type": {"document"}, "provided_details[email]": {"nobody"}}, "email_invalid", "provided_details[email]"},
		"bad address":    {url.Values{"type": {"document"}, "return_url": {"/relative"}}, "url_invalid", "return_url"},
		"empty":          {url.Values{"type": {"document"}, "client_reference_id": {""}}, "parameter_invalid_empty", "client_reference_id"},
		"too long":       {url.Values{"type": {"document"}, "client_reference_id": {strings.Repeat("a", 5001)}}, "", "client_reference_id"},
		"bad expand":     {url.Values{"type": {"document"}, "expand[]": {"everything"}}, "", "expand"},
	} {
		t.Run(name, func(t *testing.T) {
			r := request(t, http.MethodPost, s.URL()+sessionsPath, tc.form)
			if r.status != http.StatusBadRequest || !strings.Contains(r.body, `"type": "invalid_request_error"`) ||
				!strings.Contains(r.body, `"param": "`+tc.param+`"`) || !strings.Contains(r.body, `"code": "`+tc.code) && tc.code != "" {
				t.Errorf("got %d %s", r.status, r.body)
			}
		})
	}
	if n := len(s.Sessions()); n != 0 {
		t.Errorf("refused creations left %d sessions", n)
	}
	if r := request(t, http.MethodPost, s.URL()+sessionsPath, url.Values{"verification_flow": {"vf_one"}}); r.status != http.StatusOK || !strings.Contains(r.body, `"type": "verification_flow"`) {
		t.Errorf("a flow in place of the type: %d %s", r.status, r.body)
	}
}

func TestUnknownThingsAreNotFound(t *testing.T) {
	s := start(t, stripesim.Config{})
	for _, path := range []string{sessionsPath + "/vs_none", "/v1/identity/verification_reports/vr_none", "/v1/events/evt_none",
		"/v1/webhook_endpoints/we_none", "/v1/charges", "/nothing"} {
		if r := request(t, http.MethodGet, s.URL()+path, nil); r.status != http.StatusNotFound {
			t.Errorf("%s got %d, want 404", path, r.status)
		}
	}
}

func TestSessionsOfAConnectedAccountAreItsOwn(t *testing.T) {
	s := start(t, stripesim.Config{})
	connect(t, s, stripesim.AccountA)
	own, theirs := receive(t), receive(t)
	s.AddEndpoint(stripesim.Endpoint{URL: own.url})
	s.AddEndpoint(stripesim.Endpoint{URL: theirs.url, Connect: true})
	p := documentParams()
	p.SetStripeAccount(stripesim.AccountA)
	sc := client(t, s, testKey)
	v, err := sc.V1IdentityVerificationSessions.Create(t.Context(), p)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := sc.V1IdentityVerificationSessions.Retrieve(t.Context(), v.ID, nil); stripeError(t, err).HTTPStatusCode != http.StatusNotFound {
		t.Errorf("the platform must not see it without Stripe-Account: %v", err)
	}
	idle(t, s)
	if len(own.hooks()) != 0 || len(theirs.hooks()) != 1 || !strings.Contains(string(theirs.hooks()[0].body), `"account": "`+stripesim.AccountA+`"`) {
		t.Errorf("its events belong to the Connect endpoint, with account: %d and %d", len(own.hooks()), len(theirs.hooks()))
	}
}

func TestEndpointsAreMadeAndListedOverTheAPI(t *testing.T) {
	s := start(t, stripesim.Config{})
	sc := client(t, s, testKey)
	rc := receive(t)
	made, err := sc.V1WebhookEndpoints.Create(t.Context(), &stripe.WebhookEndpointCreateParams{URL: stripe.String(rc.url),
		EnabledEvents: stripe.StringSlice([]string{"*"}), APIVersion: stripe.String("2025-08-27.basil"), Connect: stripe.Bool(true)})
	if err != nil || made.Secret == "" || made.Status != "enabled" || made.APIVersion != "2025-08-27.basil" || made.Application == "" {
		t.Fatalf("made %+v, %v", made, err)
	}
	s.AddEndpoint(stripesim.Endpoint{ID: "we_own", URL: rc.url, Status: "disabled"})
	var listed []*stripe.WebhookEndpoint
	for e, err := range sc.V1WebhookEndpoints.List(t.Context(), nil) {
		if err != nil {
			t.Fatal(err)
		}
		listed = append(listed, e)
	}
	if len(listed) != 2 || listed[0].ID != "we_own" || listed[0].Status != "disabled" || listed[0].Application != "" || listed[1].Secret != "" {
		t.Errorf("listed %+v; the secret is shown at creation only", listed)
	}
	form := url.Values{"url": {"https://example.com/webhook"}, "enabled_events[]": {"*"}}
	if r := request(t, http.MethodPost, s.URL()+"/v1/webhook_endpoints", form); r.status != http.StatusBadRequest {
		t.Errorf("an endpoint off loopback got %d", r.status)
	}
}

func TestLoopbackOnly(t *testing.T) {
	for _, addr := range []string{":0", "0.0.0.0:0", "[::]:0", "192.0.2.1:0", "example.com:0", "nonsense"} {
		for _, cfg := range []stripesim.Config{{Addr: addr}, {ConnectAddr: addr}} {
			if s, err := stripesim.Start(cfg); err == nil {
				s.Close()
				t.Errorf("%+v must be refused", cfg)
			}
		}
	}
}

func TestLiveKeyMakesLiveObjects(t *testing.T) {
	s := start(t, stripesim.Config{SecretKey: "sk_live_simulator"})
	v, err := client(t, s, "sk_live_simulator").V1IdentityVerificationSessions.Create(t.Context(), documentParams())
	if err != nil || !v.Livemode || !strings.Contains(v.URL, "/start/live_") || !strings.Contains(string(s.Events()[0].Body), `"livemode": true`) {
		t.Errorf("session is %+v, %v", v, err)
	}
}

func TestRequestsAreKeptForLooking(t *testing.T) {
	s := start(t, stripesim.Config{})
	create(t, s)
	got := s.Requests()
	if len(got) != 1 || got[0].Method != "POST" || got[0].Path != sessionsPath || got[0].Form.Get("metadata[user_id]") != "user" ||
		got[0].IdempotencyKey == "" || got[0].StripeVersion != stripe.APIVersion || got[0].Status != 200 {
		t.Errorf("requests are %+v", got)
	}
}
