package stripesim_test

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

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
	finish(t, s, open, "abandoned")
	got, err := sc.V1IdentityVerificationSessions.Redact(t.Context(), open, nil)
	if err != nil || got.Redaction == nil || got.Redaction.Status != "processing" || got.Status != "canceled" {
		t.Fatalf("redaction of an open session answered %+v, %v", got, err)
	}
	idle(t, s)
	v, _ := s.Session(open)
	if v.Redaction != "redacted" || v.UserID != "" || len(v.Metadata) != 0 || v.Reference != "" || v.ErrorCode != "" {
		t.Errorf("a redacted session keeps neither metadata nor reference nor error: %+v", v)
	}
	if types := all.types(t); !sameAnyOrder(types, []string{"created", "requires_input", "canceled"}) {
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

func TestARedactedVerifiedSessionKeepsItsStatus(t *testing.T) {
	for _, tc := range []struct {
		cfg   stripesim.Config
		until string
		more  []string
	}{
		{stripesim.Config{}, "processing", nil},
		{stripesim.Config{RedactionStatus: "validated"}, "validated", nil},
		{stripesim.Config{CanceledOnRedact: true}, "processing", []string{"canceled"}},
	} {
		s := start(t, tc.cfg)
		id := create(t, s).ID
		finish(t, s, id, "verified")
		got, err := client(t, s, testKey).V1IdentityVerificationSessions.Redact(t.Context(), id, nil)
		if err != nil || got.Status != "verified" || got.Redaction == nil || string(got.Redaction.Status) != tc.until {
			t.Fatalf("%+v: redaction is %s until it is done, got %+v, %v", tc.cfg, tc.until, got, err)
		}
		idle(t, s)
		if v, _ := s.Session(id); v.Status != "verified" || v.Redaction != "redacted" {
			t.Errorf("%+v: left %+v", tc.cfg, v)
		}
		want := append(append([]string{"created", "processing", "verified"}, tc.more...), "redacted")
		if types := ownEvents(t, s); !slices.Equal(types, want) {
			t.Errorf("%+v: events are %v, want %v", tc.cfg, types, want)
		}
		for _, e := range s.Events() {
			var body struct {
				Data struct {
					Object struct {
						Status    string
						Redaction struct{ Status string }
					}
				}
			}
			if err := json.Unmarshal(e.Body, &body); err != nil {
				t.Fatal(err)
			}
			if o := body.Data.Object; strings.HasSuffix(e.Type, ".canceled") && (o.Status != "verified" || o.Redaction.Status != tc.until) {
				t.Errorf("the canceled event of a redaction shows the status as it is and the redaction, got %+v", o)
			}
		}
	}
}

func TestRedactionOfACanceledSession(t *testing.T) {
	for _, refuse := range []bool{false, true} {
		s := start(t, stripesim.Config{RefuseRedactingCanceled: refuse})
		sc := client(t, s, testKey)
		id := create(t, s).ID
		if _, err := sc.V1IdentityVerificationSessions.Cancel(t.Context(), id, nil); err != nil {
			t.Fatal(err)
		}
		_, err := sc.V1IdentityVerificationSessions.Redact(t.Context(), id, nil)
		if !refuse {
			if err != nil {
				t.Errorf("it is redacted where nothing else was asked for, got %v", err)
			}
			continue
		}
		if e := stripeError(t, err); e.HTTPStatusCode != http.StatusBadRequest || e.Type != stripe.ErrorTypeInvalidRequest {
			t.Errorf("it is refused as any wrong status is, got %v", e)
		}
		if v, _ := s.Session(id); v.Redaction != "" || v.UserID == "" {
			t.Errorf("what was refused is not redacted, got %+v", v)
		}
		if _, err := sc.V1IdentityVerificationSessions.Redact(t.Context(), create(t, s).ID, nil); err != nil {
			t.Errorf("an open session is redacted all the same: %v", err)
		}
	}
}

func TestARedactionOfWhatIsLostTellsNobody(t *testing.T) {
	s := start(t, stripesim.Config{RedactAfter: 20 * time.Millisecond})
	id := create(t, s).ID
	if _, err := client(t, s, testKey).V1IdentityVerificationSessions.Redact(t.Context(), id, nil); err != nil {
		t.Fatal(err)
	}
	s.Lose(id)
	told := ownEvents(t, s)
	idle(t, s)
	if types := ownEvents(t, s); !slices.Equal(types, told) {
		t.Errorf("nothing more is told of what is lost, got %v after %v", types, told)
	}
}
