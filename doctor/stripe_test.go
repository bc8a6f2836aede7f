package doctor_test

import (
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"example.com/identity-starter/store"
	"example.com/identity-starter/stripesim"
)

func TestSettings(t *testing.T) {
	p := healthy(t, stripesim.Config{}, "http://localhost:4242")
	p.says("PASS  .env", "found")
	p.says("PASS  settings", "complete")
	p.settings.Dotenv, p.settings.Gateway.SecretKey = "", ""
	p.settings.Problems = []error{errors.New(".env: does not parse"), errors.New("STRIPE_SECRET_KEY: is not set")}
	p.says("FAIL  settings", ".env: does not parse")
	p.says("FAIL  settings", "STRIPE_SECRET_KEY: is not set")
	p.says("WARN  key", "not asked")
	p.says("PASS  webhooks", "stripe listen") // which is what a newcomer needs first
	before := len(p.sim.Requests())
	p.examine()
	if len(p.sim.Requests()) != before {
		t.Error("without a key Stripe must not be asked")
	}
}

func TestKey(t *testing.T) {
	p := healthy(t, stripesim.Config{}, public)
	p.settings.Gateway.SecretKey = "sk_test_other"
	p.says("FAIL  key", "does not know it", "STRIPE_SECRET_KEY")
	if out, _ := p.examine(); strings.Contains(out, "identity") {
		t.Errorf("with a wrong key nothing more must be asked, got\n%s", out)
	}
	p = healthy(t, stripesim.Config{SecretKey: "sk_live_simulator"}, public)
	p.says("PASS  key", "LIVE mode")
	p.says("WARN  permissions", "restricted key")
	p.sim.AddFault(stripesim.Fault{Close: true, Times: -1})
	p.says("FAIL  key", "no answer", "STRIPE_API_BASE") // which is where it was asked
}

func TestPermissions(t *testing.T) {
	rk := "rk_test_simulator"
	healthy(t, stripesim.Config{SecretKey: rk}, public).says("PASS  permissions", "only -try tries")
	for path, want := range map[string][3]string{ // with the permission as Stripe calls it
		"GET /v1/identity/verification_sessions": {"FAIL  permissions", "Sessions and Reports: Write", "rak_identity_product_read"},
		"GET /v1/identity/verification_reports":  {"WARN  permissions", "Sessions and Reports: Read", "rak_identity_product_read"},
		"GET /v1/events":                         {"WARN  permissions", "Events", "rak_event_read"},
		"GET /v1/webhook_endpoints":              {"WARN  permissions", "Webhook Endpoints and Event Destinations: Read", "rak_webhook_read"},
		"GET /v2/core/event_destinations":        {"WARN  payload style", "Webhook Endpoints and Event Destinations", "rak_webhook_read"},
		"GET /v1/account":                        {"WARN  key", "Connect, Accounts: Read", "rak_accounts_kyc_basic_read"},
	} {
		healthy(t, stripesim.Config{SecretKey: rk, Lacks: []string{path}}, public).says(want[0], want[1], want[2])
	}
	healthy(t, stripesim.Config{SecretKey: "rkcs_test_simulator"}, public).says("PASS  permissions", "only -try tries")
}

func TestIdentity(t *testing.T) {
	p := healthy(t, stripesim.Config{IdentityOff: true}, public)
	p.says("FAIL  identity", "not set up", "at https://dashboard.stripe.com/identity/application")
	p = healthy(t, stripesim.Config{}, public)
	p.sim.AddFault(stripesim.Fault{Path: "/v1/identity", Status: http.StatusTooManyRequests, Times: -1})
	p.says("FAIL  identity", "http 429")
}

// Events of this very account that name it are not taken for its own: who has such an endpoint must hear of it.
func TestIgnoredEventsOfThisAccount(t *testing.T) {
	p := healthy(t, stripesim.Config{}, public)
	p.sim.AddEndpoint(good())
	e := store.Event{ID: "evt_1", Type: sessionEvents[0], Account: stripesim.AccountA, CreatedAt: time.Now()}
	p.database(e)
	if out, _ := p.examine(); strings.Contains(out, "ignored") {
		t.Errorf("what is a connected account's is rightly ignored, got\n%s", out)
	}
	e.ID, e.Account = "evt_2", stripesim.PlatformAccount
	p.database(e)
	p.says("WARN  ignored events", "1 about this very account's own sessions", "an organization's", "STRIPE_WEBHOOK_SECRET")
}

func TestSecrets(t *testing.T) {
	p := healthy(t, stripesim.Config{}, public)
	p.says("PASS  webhook secret", "one")
	p.settings.Gateway.ClientID = "ca_simulator"
	p.says("WARN  webhook secret", "connected accounts")
	p.settings.Gateway.WebhookSecrets = []string{"whsec_simulator", "whsec_simulator_connect"}
	p.says("PASS  webhook secret", "2")
	p = healthy(t, stripesim.Config{}, "http://localhost:4242")
	p.settings.Gateway.ClientID = "ca_simulator"
	p.says("PASS  webhook secret", "one") // stripe listen has one for both
}

func TestConnect(t *testing.T) {
	p := healthy(t, stripesim.Config{}, public)
	p.settings.Gateway.ClientID = "ca_simulator"
	p.says("PASS  connect", "on", public+"/connect/callback")
	p.sim.AddEndpoint(good())
	p.says("FAIL  Connect endpoint", "connect=true", "we_own")
	e := good()
	e.ID, e.Connect = "we_connect", true
	p.sim.AddEndpoint(e)
	p.says("FAIL  Connect endpoint", "we_connect", "account.application.deauthorized")
	e.ID, e.Thin, e.Events = "we_thin", true, []string{"v1.account.application.deauthorized"}
	p.sim.AddEndpoint(e)
	p.says("FAIL  Connect endpoint", "we_thin sends thin events", "Snapshot") // of which only those about sessions are read
	e.ID, e.Thin, e.Events = "we_right", false, []string{"account.application.deauthorized"}
	p.sim.AddEndpoint(e)
	p.says("PASS  Connect endpoint", "we_right")
	for _, from := range [][]string{{"self", "other_accounts"}, {"@self", "@accounts"}} {
		p := healthy(t, stripesim.Config{}, public)
		p.settings.Gateway.ClientID = "ca_simulator"
		e := good()
		e.From = from
		p.sim.AddEndpoint(e)
		p.says("PASS  endpoint", "we_own") // one destination may be for both
		p.says("FAIL  Connect endpoint", "we_own is not subscribed to account.application.deauthorized")
		e.Events = append(e.Events, "account.application.deauthorized")
		p.sim.AddEndpoint(e)
		p.says("PASS  endpoint", "we_own")
		p.says("PASS  Connect endpoint", "we_own")
	}
}

func TestListenOnThisMachine(t *testing.T) {
	p := healthy(t, stripesim.Config{}, "http://localhost:4242")
	p.says("PASS  webhooks", "stripe listen --forward-to localhost:4242/webhook --events "+strings.Join(sessionEvents, ",")+"\n")
	p.settings.Gateway.ClientID = "ca_simulator"
	p.says("PASS  webhooks", strings.Join(sessionEvents, ",")+",account.application.deauthorized\n")
	if out, _ := p.examine(); strings.Contains(out, "endpoint: ") {
		t.Errorf("on this machine no endpoint is needed at Stripe, got\n%s", out)
	}
}

// thinTypes are the thin twins of sessionEvents.
func thinTypes() (all []string) {
	for _, e := range sessionEvents {
		all = append(all, "v1."+e)
	}
	return all
}

func TestEndpoints(t *testing.T) {
	for name, test := range map[string]struct {
		change func(*stripesim.Endpoint)
		prefix string
		says   []string
	}{
		"as it should be": {func(*stripesim.Endpoint) {}, "PASS  endpoint", []string{"enabled", "snapshots", "2025-08-27.basil"}},
		"elsewhere":       {func(e *stripesim.Endpoint) { e.URL = "https://other.example.com/webhook" }, "FAIL  endpoint", []string{"none points at " + public}},
		"with a slash":    {func(e *stripesim.Endpoint) { e.URL += "/" }, "FAIL  endpoint", []string{"another address of the same host", "slash"}},
		"disabled":        {func(e *stripesim.Endpoint) { e.Status = "disabled" }, "FAIL  endpoint", []string{"we_own", "disabled", "enable"}},
		"all events":      {func(e *stripesim.Endpoint) { e.Events = nil }, "FAIL  endpoint", []string{"not subscribed to identity.verification_session.redacted (", "by name"}},
		"wrong events":    {func(e *stripesim.Endpoint) { e.Events = sessionEvents[1:] }, "FAIL  endpoint", []string{"not subscribed to " + sessionEvents[0] + " ("}},
		"newer version":   {func(e *stripesim.Endpoint) { e.APIVersion = "2026-09-30.endive" }, "PASS  endpoint", []string{"API version 2026-09-30.endive, which is newer", "and fine"}},
		"default version": {func(e *stripesim.Endpoint) { e.APIVersion = "" }, "WARN  endpoint", []string{"api_version=2025-08-27.basil"}},
		"thin": {func(e *stripesim.Endpoint) { e.Thin, e.Events = true, thinTypes() }, "PASS  endpoint",
			[]string{"we_own", "has the events, sends thin events: Stripe is asked about each", "Snapshot"}},
		"thin, wrong events": {func(e *stripesim.Endpoint) { e.Thin, e.Events = true, thinTypes()[1:] }, "FAIL  endpoint",
			[]string{"not subscribed to v1." + sessionEvents[0] + " ("}},
		"thin, all events": {func(e *stripesim.Endpoint) { e.Thin, e.Events = true, nil }, "FAIL  endpoint",
			[]string{"not subscribed to v1.identity.verification_session.redacted ("}},
		"thin, disabled":                   {func(e *stripesim.Endpoint) { e.Thin, e.Status = true, "disabled" }, "FAIL  endpoint", []string{"we_own", "disabled"}},
		"an organization's":                {func(e *stripesim.Endpoint) { e.Organization = true }, "WARN  endpoint", []string{"we_own is an organization's", "make one in this account"}},
		"an organization's, which is none": {func(e *stripesim.Endpoint) { e.Organization = true }, "FAIL  endpoint", []string{"none points at " + public}},
		"for Connect":                      {func(e *stripesim.Endpoint) { e.Connect = true }, "FAIL  endpoint", []string{"none points at"}},
	} {
		t.Run(name, func(t *testing.T) {
			p, e := healthy(t, stripesim.Config{}, public), good()
			test.change(&e)
			p.sim.AddEndpoint(e)
			p.says(test.prefix, test.says...)
		})
	}
	p := healthy(t, stripesim.Config{}, public)
	p.says("FAIL  endpoint", "none", "docs/going-live.md")
	p.sim.AddEndpoint(good())
	p.sim.AddEndpoint(stripesim.Endpoint{URL: public + "/webhook", Events: sessionEvents, APIVersion: "2025-08-27.basil"})
	p.says("WARN  endpoint", "2 enabled ones")
	p.sim.AddFault(stripesim.Fault{Path: "/v2/core/event_destinations", Status: http.StatusNotFound, Times: 1})
	p.says("WARN  payload style", "did not list the event destinations", "an organization's", "stripe refused", "https://dashboard.stripe.com/acct_simulator_platform/test/webhooks")
	for _, status := range []int{http.StatusTooManyRequests, http.StatusServiceUnavailable} { // which are no refusal, and no matter of the key
		p.sim.AddFault(stripesim.Fault{Path: "/v2/core/event_destinations", Status: status})
		out, _ := p.examine()
		if !strings.Contains(out, "list event destinations: stripe gave no answer, or asked to come back later (http ") || !strings.Contains(out, "(run doctor again)") {
			t.Errorf("a %d of version 2 must be told as no answer, with to ask again, got\n%s", status, out)
		}
	}
	p.sim.AddFault(stripesim.Fault{Path: "/v1/webhook_endpoints", Status: http.StatusBadRequest, Times: -1})
	p.says("WARN  endpoint", "did not list")
}
