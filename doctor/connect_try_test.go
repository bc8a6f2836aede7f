package doctor_test

import (
	"slices"
	"strings"
	"testing"

	"example.com/identity-starter/stripesim"
)

// Where Stripe does not let a restricted key exchange codes, the lines say that much, and what to do: neither that the key or the
// client id is wrong, nor a consequence. The permissions are not enough then.
func TestTryConnectWithARestrictedKey(t *testing.T) {
	for name, config := range map[string]stripesim.Config{
		"not known":          {RefuseRestrictedOAuth: true},
		"lacks a permission": {Lacks: []string{"POST /oauth/"}},
	} {
		config.SecretKey = "rk_test_simulator"
		p := trying(t, config)
		_, failed, out := p.lines()
		for line, does := range map[string]string{"code": "exchange codes", "deauthorize": "end connections"} {
			got := tried(out, line)
			if !strings.HasPrefix(got, "WARN") || !strings.Contains(got, "(not known: Stripe does not let this restricted key "+does+")") || !strings.Contains(got, "use a secret key for Connect") ||
				strings.Contains(got, "STRIPE_SECRET_KEY") || strings.Contains(got, "STRIPE_CLIENT_ID") {
				t.Errorf("%s: the line must say what is known, and what to do, got %s", name, got)
			}
		}
		if !slices.Equal(failed, []string{"permissions"}) {
			t.Errorf("%s: exactly the permissions must fail, got\n%s", name, out)
		}
		p.nothingIsLeft()
	}
}
