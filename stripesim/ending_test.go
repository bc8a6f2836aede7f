package stripesim_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"example.com/identity-starter/stripesim"
	"github.com/stripe/stripe-go/v82"
)

func TestUpdateChangesAnOpenSessionOnly(t *testing.T) {
	s := start(t, stripesim.Config{})
	sc := client(t, s, testKey)
	id := create(t, s).ID
	p := &stripe.IdentityVerificationSessionUpdateParams{Type: stripe.String("id_number"),
		ProvidedDetails: &stripe.IdentityVerificationSessionUpdateProvidedDetailsParams{Email: stripe.String("someone@example.com")}}
	p.AddMetadata("user_id", "")
	p.AddMetadata("more", "yes")
	got, err := sc.V1IdentityVerificationSessions.Update(t.Context(), id, p)
	if err != nil || got.Type != "id_number" || got.Metadata["more"] != "yes" || len(got.Metadata) != 1 || got.ProvidedDetails.Email == "" {
		t.Fatalf("updated session is %+v, %v", got, err)
	}
	r := request(t, http.MethodPost, s.URL()+"/v1/identity/verification_sessions/"+id, map[string][]string{"return_url": {returnTo}})
	if r.status != http.StatusBadRequest || !strings.Contains(r.body, "parameter_unknown") {
		t.Errorf("return_url cannot be changed, got %d %s", r.status, r.body)
	}
	finish(t, s, id, "processing")
	if _, err = sc.V1IdentityVerificationSessions.Update(t.Context(), id, p); stripeError(t, err).HTTPStatusCode != http.StatusBadRequest {
		t.Errorf("a session in processing cannot be changed: %v", err)
	}
}

func TestCancelOnlyFromRequiresInput(t *testing.T) {
	s := start(t, stripesim.Config{})
	sc := client(t, s, testKey)
	failed := create(t, s).ID
	finish(t, s, failed, "document_expired")
	got, err := sc.V1IdentityVerificationSessions.Cancel(t.Context(), failed, nil)
	if err != nil || got.Status != "canceled" || got.URL != "" || got.LastError == nil {
		t.Fatalf("canceled session is %+v, %v", got, err)
	}
	for _, outcome := range []string{"processing", "verified", "again"} {
		id := failed
		if outcome != "again" {
			id = create(t, s).ID
			finish(t, s, id, outcome)
		}
		if _, err := sc.V1IdentityVerificationSessions.Cancel(t.Context(), id, nil); stripeError(t, err).HTTPStatusCode != http.StatusBadRequest {
			t.Errorf("cancel of a session in %s: %v", outcome, err)
		}
	}
	if s.Finish(failed, "verified") == nil {
		t.Error("a canceled session takes no input")
	}
}

func TestRedactErasesAndTellsOnlyThoseWhoNameIt(t *testing.T) {
	s := start(t, stripesim.Config{})
	sc := client(t, s, testKey)
	all, named := receive(t), receive(t)
	s.AddEndpoint(stripesim.Endpoint{URL: all.url})
	s.AddEndpoint(stripesim.Endpoint{URL: named.url, Events: []string{"identity.verification_session.redacted"}})
	open := create(t, s).ID
	got, err := sc.V1IdentityVerificationSessions.Redact(t.Context(), open, nil)
	if err != nil || got.Redaction == nil || got.Redaction.Status != "processing" || got.Status != "canceled" {
		t.Fatalf("redaction of an open session answered %+v, %v", got, err)
	}
	idle(t, s)
	v, _ := s.Session(open)
	if v.Redaction != "redacted" || v.UserID != "" || len(v.Metadata) != 0 {
		t.Errorf("a redacted session keeps no metadata: %+v", v)
	}
	if types := all.types(t); !sameAnyOrder(types, []string{"created", "canceled"}) {
		t.Errorf("an endpoint for all events got %v; redacted has to be named", types)
	}
	if types := named.types(t); !slices.Equal(types, []string{"redacted"}) {
		t.Errorf("the endpoint that names redacted got %v", types)
	}
	for _, e := range s.Events() {
		if strings.Contains(string(e.Body), "user_id") {
			t.Errorf("%s still holds the metadata", e.Type)
		}
	}
	waiting := create(t, s).ID
	finish(t, s, waiting, "processing")
	for name, id := range map[string]string{"processing": waiting, "redacted": open} {
		if _, err := sc.V1IdentityVerificationSessions.Redact(t.Context(), id, nil); stripeError(t, err).HTTPStatusCode != http.StatusBadRequest {
			t.Errorf("redaction of a session in %s: %v", name, err)
		}
	}
}
