package gateway_test

import (
	"errors"
	"net/url"
	"strings"
	"testing"

	"example.com/identity-starter/gateway"
	"example.com/identity-starter/stripesim"
)

// What a team prefills reaches Stripe's form, and cannot take the place of what protects the connection.
func TestAuthorizeURL(t *testing.T) {
	client := gateway.New(gateway.Options{SecretKey: "sk_test_simulator", ClientID: "ca_simulator", RedirectURL: "http://localhost:4242/connect/callback"})
	address, err := url.Parse(client.AuthorizeURL("ours", url.Values{"stripe_user[email]": {"person@mail.example"},
		"state": {"theirs"}, "client_id": {"theirs"}, "redirect_uri": {"http://mail.example"}, "scope": {"theirs"}}))
	if err != nil || address.Scheme+"://"+address.Host+address.Path != "https://connect.stripe.com/oauth/authorize" {
		t.Fatalf("the address must be Stripe's, got %v %v", address, err)
	}
	want := url.Values{"response_type": {"code"}, "client_id": {"ca_simulator"}, "scope": {"read_write"}, "state": {"ours"},
		"redirect_uri": {"http://localhost:4242/connect/callback"}, "stripe_user[email]": {"person@mail.example"}}
	if got := address.Query().Encode(); got != want.Encode() {
		t.Errorf("want the parameters %s, got %s", want.Encode(), got)
	}
}

// A 401 of the Connect host has several causes, and each is told: a wrong key is only one of them.
func TestCausesOfARefusedDeauthorization(t *testing.T) {
	sim, err := stripesim.Start(stripesim.Config{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(sim.Close)
	for name, c := range map[string]struct {
		key, clientID string
		kind          error
		hint          string
	}{
		"not connected":     {"sk_test_simulator", "ca_simulator", gateway.ErrNotConnected, ""},
		"a wrong key":       {"sk_test_wrong", "ca_simulator", gateway.ErrRejected, "STRIPE_SECRET_KEY is not"},
		"a wrong client id": {"sk_test_simulator", "ca_other", gateway.ErrRejected, "STRIPE_CLIENT_ID does not"},
	} {
		client := gateway.New(gateway.Options{SecretKey: c.key, ClientID: c.clientID, APIBase: sim.URL(), ConnectBase: sim.ConnectURL()})
		err := client.Deauthorize(t.Context(), stripesim.AccountA)
		var e *gateway.Error
		if !errors.Is(err, c.kind) || !errors.As(err, &e) || !strings.HasPrefix(e.Hint, c.hint) || c.hint == "" && e.Hint != "" {
			t.Errorf("%s must be %v, with the hint %q, got %v", name, c.kind, c.hint, err)
		}
	}
}

// A restricted key that Connect's OAuth refuses is not a wrong one, nor is the client id: Stripe may not let such a key do that.
func TestRestrictedKeyIsNotBlamed(t *testing.T) {
	for name, config := range map[string]stripesim.Config{
		"not known":          {RefuseRestrictedOAuth: true},
		"lacks a permission": {Lacks: []string{"POST /oauth/"}},
	} {
		for _, key := range []string{"rk_test_simulator", "rkcs_test_simulator"} {
			config.SecretKey = key
			sim, err := stripesim.Start(config)
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(sim.Close)
			client := gateway.New(gateway.Options{SecretKey: key, ClientID: "ca_simulator", APIBase: sim.URL(), ConnectBase: sim.ConnectURL()})
			_, exchange := client.Exchange(t.Context(), sim.IssueCode(stripesim.Code{}))
			for _, err := range []error{exchange, client.Deauthorize(t.Context(), stripesim.AccountA)} {
				if !errors.Is(err, gateway.ErrRestricted) || !errors.Is(err, gateway.ErrRejected) || !strings.Contains(err.Error(), "use a secret key for Connect") ||
					strings.Contains(err.Error(), "STRIPE_") {
					t.Errorf("%s, %s: the error must say what is known of the key, and blame neither it nor the client id, got %v", key, name, err)
				}
			}
		}
	}
	sim, err := stripesim.Start(stripesim.Config{SecretKey: "rk_test_simulator"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(sim.Close)
	opt := gateway.Options{SecretKey: "rk_test_simulator", ClientID: "ca_simulator", APIBase: sim.URL(), ConnectBase: sim.ConnectURL()}
	if err := gateway.New(opt).Deauthorize(t.Context(), stripesim.AccountA); !errors.Is(err, gateway.ErrNotConnected) {
		t.Errorf("a 401 about the account is none about the key, got %v", err)
	}
	opt.ClientID = "ca_other"
	if err := gateway.New(opt).Deauthorize(t.Context(), stripesim.AccountA); !strings.Contains(err.Error(), "STRIPE_CLIENT_ID does not") {
		t.Errorf("a wrong client id must be told of, got %v", err)
	}
	sim.AddFault(stripesim.Fault{Path: "/oauth/token", Status: 403, Body: `{"error":{"message":"Having the 'rak_oauth_any' permission would help"}}`})
	if _, err := gateway.New(opt).Exchange(t.Context(), "ac_any"); !errors.Is(err, gateway.ErrRestricted) || !strings.Contains(err.Error(), "permission rak_oauth_any)") {
		t.Errorf("a permission that is named must be told, got %v", err)
	}
	sim.AddFault(stripesim.Fault{Path: "/oauth/token", Status: 403, Body: "<h1>not from here</h1>", ContentType: "text/html"})
	if _, err := gateway.New(opt).Exchange(t.Context(), "ac_any"); !errors.Is(err, gateway.ErrOutcomeUnknown) {
		t.Errorf("what is not Stripe's JSON says nothing about the key, got %v", err)
	}
}
