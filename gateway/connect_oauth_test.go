package gateway_test

import (
	"net/url"
	"testing"

	"example.com/identity-starter/gateway"
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
