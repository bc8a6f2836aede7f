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
