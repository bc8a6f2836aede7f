package tests

import (
	"strings"
	"testing"

	"example.com/identity-starter/stripesim"
)

// What an account or its key lacks is said to the operator, with the remedy, and not to visitors; their attempts are left.
func TestAccountThatIsNotReady(t *testing.T) {
	for name, c := range map[string]struct {
		stripe             stripesim.Config
		log, doctor, fixes string
	}{
		"Identity is not activated": {stripesim.Config{IdentityOff: true}, "not activated", "FAIL  identity", "at https://dashboard.stripe.com/identity/application"},
		"a permission is missing": {stripesim.Config{Lacks: []string{"POST /v1/identity", "GET /v1/identity"}},
			"permission rak_identity_product_write", "FAIL  permissions", "rak_identity_product_read"},
	} {
		t.Run(name, func(t *testing.T) {
			c.stripe.SecretKey = "rk_test_simulator"
			a := StartWith(t, c.stripe, "STRIPE_SECRET_KEY=rk_test_simulator")
			person := a.Browser()
			got := person.MustRefuse(name, 502, "stripe_rejected")
			if strings.Contains(got.Body, "dashboard.stripe.com") || strings.Contains(got.Body, "rak_") {
				t.Errorf("what is wrong with the account is not for visitors, got %s", got.Body)
			}
			a.Says(c.log)
			if log := a.Out.String(); strings.Contains(log, "provided key") || strings.Contains(log, "rk_test") || strings.Contains(log, "account admin") {
				t.Errorf("none of Stripe's sentences may be logged, got\n%s", log)
			}
			if rows := a.Rows("SELECT id FROM verifications"); len(rows) != 0 || person.Status()["attempts_left"] != 3.0 {
				t.Errorf("nobody's attempt may be spent, got %q", rows)
			}
			a.doctorSays(c.doctor, c.fixes)
		})
	}
}
