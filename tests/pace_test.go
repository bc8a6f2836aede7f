package tests

import (
	"net/http"
	"testing"
	"time"

	"example.com/identity-starter/stripesim"
)

// Stripe's limit is shared with the merchant's payments: however many people
// click at once, calls keep to the pace; who gets no turn is told to come back.
func TestPace(t *testing.T) {
	t.Parallel() // beside others that wait
	const perSecond, people = 2, 16
	a := Start(t, "STRIPE_REQUESTS_PER_SECOND=2")
	var clicks []*http.Request
	for range people {
		person := a.Browser()
		person.User()
		request := person.Clicks(1)[0]
		request.Header.Set("Cookie", person.Cookies(a))
		clicks = append(clicks, request)
	}
	began := time.Now()
	served, refused := 0, 0
	for _, got := range a.API().Together(clicks...) {
		switch {
		case got.Status == 200:
			served++
		case got.Status == 503 && got.Code() == "stripe_unavailable" && got.Header.Get("Retry-After") != "":
			refused++
		default:
			t.Errorf("a click must be served or told to come back, got %d %s", got.Status, got.Body)
		}
	}
	allowed := perSecond + int(time.Since(began).Seconds()*perSecond) + 1
	if calls := len(a.Asked()); calls > allowed || calls < served {
		t.Errorf("%d calls in %v are too many: %d are allowed", calls, time.Since(began), allowed)
	}
	if served < perSecond || refused == 0 {
		t.Errorf("some must be served, and some must not wait for ever, got %d and %d", served, refused)
	}
	if n := len(a.Sim.Sessions()); n != served {
		t.Errorf("who is refused must not have a session, got %d for %d", n, served)
	}
}

// Five minutes between Stripe's clock and ours, just inside of what signatures
// allow: nothing about an outcome changes.
func TestTwoClocks(t *testing.T) {
	for name, skew := range map[string]time.Duration{"ours is slow": 5 * time.Minute, "ours is fast": -5*time.Minute + 15*time.Second} {
		t.Run(name, func(t *testing.T) {
			stripe := &Clock{Offset: skew}
			a := StartWith(t, stripesim.Config{Now: stripe.Now})
			person := a.Browser()
			session := person.Verify(a)
			for _, outcome := range []string{"document_expired", "abandoned"} {
				a.Finish(session.ID, outcome)
				stripe.Move(time.Second)
			}
			person.Get("/verification/return")
			if got := a.Rows("SELECT status, error_code FROM verifications"); got[0] != "requires_input|abandoned" || person.Attempts(a) != "document_expired" {
				t.Errorf("two outcomes, one of which counts: got %q, %q", got, person.Attempts(a))
			}
			a.Sim.SetDelivery(stripesim.Switches{Drop: true})
			a.Finish(session.ID, "verified")
			stripe.Move(2 * time.Second)
			a.Change("UPDATE verifications SET asked_at = 0")
			person.Get("/verification/return")
			if got := person.Get("/members"); got.Status != 200 {
				t.Errorf("a verdict learned by asking counts, got %d", got.Status)
			}
			if out, err := a.Reconcile(a.Database); err != nil {
				t.Errorf("reconcile: %v\n%s", err, out)
			}
			if got := a.Rows("SELECT status, error_code FROM verifications"); got[0] != "verified|" || person.Attempts(a) != "document_expired" {
				t.Errorf("what arrives late changes nothing, got %q, %q", got, person.Attempts(a))
			}
		})
	}
}
