package stripesim_test

import (
	"slices"
	"testing"
	"time"

	"example.com/identity-starter/stripesim"
	"github.com/stripe/stripe-go/v82"
)

func TestListsAreFilteredAndPaged(t *testing.T) {
	c := newClock()
	s := start(t, stripesim.Config{Now: c.now})
	sc := client(t, s, testKey)
	var ids []string
	for range 5 {
		ids = append([]string{create(t, s).ID}, ids...)
		c.forward(time.Minute)
	}
	collect := func(p *stripe.IdentityVerificationSessionListParams) (got []string) {
		for v, err := range sc.V1IdentityVerificationSessions.List(t.Context(), p) {
			if err != nil {
				t.Fatal(err)
			}
			if got = append(got, v.ID); v.URL == "" || v.ClientSecret == "" {
				t.Errorf("a list has link and client secret of what is open, got %+v", v)
			}
		}
		return got
	}
	p := &stripe.IdentityVerificationSessionListParams{ClientReferenceID: stripe.String("reference")}
	p.Limit = stripe.Int64(2)
	if got := collect(p); !slices.Equal(got, ids) {
		t.Errorf("pages of two give %v, want %v: newest first, each once", got, ids)
	}
	if got := collect(&stripe.IdentityVerificationSessionListParams{ClientReferenceID: stripe.String("other")}); got != nil {
		t.Errorf("another reference has %v", got)
	}
	since := c.now().Add(-2 * time.Minute).Unix()
	if got := collect(&stripe.IdentityVerificationSessionListParams{CreatedRange: &stripe.RangeQueryParams{GreaterThanOrEqual: since}}); !slices.Equal(got, ids[:2]) {
		t.Errorf("created since two minutes are %v, want %v", got, ids[:2])
	}
}

func TestEventsAreFilteredAndKeptForThirtyDays(t *testing.T) {
	c := newClock()
	s := start(t, stripesim.Config{Now: c.now})
	sc := client(t, s, testKey)
	create(t, s)
	c.forward(time.Minute)
	ids := []string{create(t, s).ID}
	finish(t, s, ids[0], "verified")
	since := c.now().Unix()
	var events []string
	ep := &stripe.EventListParams{Types: []*string{stripe.String("identity.verification_session.created")},
		CreatedRange: &stripe.RangeQueryParams{GreaterThanOrEqual: since}}
	for e, err := range sc.V1Events.List(t.Context(), ep) {
		if err != nil {
			t.Fatal(err)
		}
		events = append(events, e.Data.Object["id"].(string))
	}
	if !slices.Equal(events, ids) {
		t.Errorf("created events since then are of %v, want %v", events, ids)
	}
	c.forward(31 * 24 * time.Hour)
	for e, err := range sc.V1Events.List(t.Context(), &stripe.EventListParams{}) {
		t.Errorf("events are kept for 30 days, got %v, %v", e, err)
	}
}
