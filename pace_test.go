package main

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
	a := start(t, "STRIPE_REQUESTS_PER_SECOND=2")
	var clicks []*http.Request
	for range people {
		person := a.browser()
		person.user()
		request := person.clicks(1)[0]
		request.Header.Set("Cookie", person.cookies(a))
		clicks = append(clicks, request)
	}
	began := time.Now()
	served, refused := 0, 0
	for _, got := range a.api().together(clicks...) {
		switch {
		case got.status == 200:
			served++
		case got.status == 503 && got.code() == "stripe_unavailable" && got.header.Get("Retry-After") != "":
			refused++
		default:
			t.Errorf("a click must be served or told to come back, got %d %s", got.status, got.body)
		}
	}
	allowed := perSecond + int(time.Since(began).Seconds()*perSecond) + 1
	if calls := len(a.asked()); calls > allowed || calls < served {
		t.Errorf("%d calls in %v are too many: %d are allowed", calls, time.Since(began), allowed)
	}
	if served < perSecond || refused == 0 {
		t.Errorf("some must be served, and some must not wait for ever, got %d and %d", served, refused)
	}
	if n := len(a.sim.Sessions()); n != served {
		t.Errorf("who is refused must not have a session, got %d for %d", n, served)
	}
}

// Five minutes between Stripe's clock and ours, just inside of what signatures
// allow: nothing about an outcome changes.
func TestTwoClocks(t *testing.T) {
	for name, skew := range map[string]time.Duration{"ours is slow": 5 * time.Minute, "ours is fast": -5*time.Minute + 15*time.Second} {
		t.Run(name, func(t *testing.T) {
			stripe := &clock{offset: skew}
			a := startWith(t, stripesim.Config{Now: stripe.now})
			person := a.browser()
			session := person.verify(a)
			for _, outcome := range []string{"document_expired", "abandoned"} {
				a.finish(session.ID, outcome)
				stripe.move(time.Second)
			}
			person.get("/verification/return")
			if got := a.rows("SELECT status, error_code FROM verifications"); got[0] != "requires_input|abandoned" || person.attempts(a) != "document_expired" {
				t.Errorf("two outcomes, one of which counts: got %q, %q", got, person.attempts(a))
			}
			a.sim.SetDelivery(stripesim.Switches{Drop: true})
			a.finish(session.ID, "verified")
			stripe.move(2 * time.Second)
			a.change("UPDATE verifications SET asked_at = 0")
			person.get("/verification/return")
			if got := person.get("/members"); got.status != 200 {
				t.Errorf("a verdict learned by asking counts, got %d", got.status)
			}
			if out, err := a.reconcile(a.database); err != nil {
				t.Errorf("reconcile: %v\n%s", err, out)
			}
			if got := a.rows("SELECT status, error_code FROM verifications"); got[0] != "verified|" || person.attempts(a) != "document_expired" {
				t.Errorf("what arrives late changes nothing, got %q, %q", got, person.attempts(a))
			}
		})
	}
}
