package doctor_test

import (
	"slices"
	"strings"
	"testing"

	"example.com/identity-starter/stripesim"
)

// Stripe's reference promises a valid address to who reads an open session, not another one: the same again is no fault while it is unused
// (docs.stripe.com/api/identity/verification_sessions/retrieve).
func TestTryTheSameAddress(t *testing.T) {
	p := trying(t, stripesim.Config{})
	same := `{"id":"vs_other","object":"identity.verification_session","status":"requires_input","livemode":false,"url":"http://localhost/one"}`
	p.sim.AddFault(stripesim.Fault{Method: "POST", Ends: "/verification_sessions", Body: same})
	p.sim.AddFault(stripesim.Fault{Method: "GET", Path: sessionsPath + "/", Body: same})
	if _, failed, out := p.lines(); slices.Contains(failed, "fresh address") || !strings.Contains(out, "with an address as before") || strings.Contains(out, "localhost/one") {
		t.Errorf("an unused address that comes again must be told of, and not fail, got\n%s", out)
	}
}
