package stripesim_test

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"testing"

	"example.com/identity-starter/stripesim"
	"github.com/stripe/stripe-go/v82"
)

func TestNewSessionLooksLikeStripes(t *testing.T) {
	c := newClock()
	s := start(t, stripesim.Config{Now: c.now})
	form := map[string][]string{"type": {"document"}, "client_reference_id": {"ref"}, "metadata[user_id]": {"u"},
		"options[document][require_matching_selfie]": {"true"}, "options[document][allowed_types][]": {"passport"},
		"provided_details[email]": {"someone@example.com"}, "return_url": {returnTo}}
	r := request(t, http.MethodPost, s.URL()+"/v1/identity/verification_sessions", form, "Stripe-Version", "2025-08-27.basil")
	var got map[string]any
	if err := json.Unmarshal([]byte(r.body), &got); err != nil || r.status != http.StatusOK {
		t.Fatalf("create answered %d %s", r.status, r.body)
	}
	want := map[string]any{"object": "identity.verification_session", "status": "requires_input", "type": "document", "livemode": false,
		"client_reference_id": "ref", "created": float64(c.now().Unix())}
	for k, v := range want {
		if got[k] != v {
			t.Errorf("%s is %v, want %v", k, got[k], v)
		}
	}
	for _, k := range []string{"last_error", "last_verification_report", "redaction", "related_customer"} {
		if v, ok := got[k]; !ok || v != nil {
			t.Errorf("%s of a new session must be there and null, got %v", k, v)
		}
	}
	token := strings.TrimPrefix(got["url"].(string), s.URL()+"/start/")
	if !strings.HasPrefix(token, "test_") || got["client_secret"] != got["id"].(string)+"_secret_"+token {
		t.Errorf("url and client_secret must share a test token, got %v and %v", got["url"], got["client_secret"])
	}
	if _, ok := got["return_url"]; ok {
		t.Error("return_url is no field of the object")
	}
	if r.header.Get("Stripe-Version") != "2025-08-27.basil" || !strings.HasPrefix(r.header.Get("Request-Id"), "req_") ||
		r.header.Get("Date") != c.now().Format(http.TimeFormat) {
		t.Errorf("Stripe's headers are missing or wrong: %v", r.header)
	}
}

func TestEachOutcomeLeavesItsTraces(t *testing.T) {
	for _, tc := range []struct {
		outcome, status, code string
		report                bool
		events                []string
	}{
		{"verified", "verified", "", true, []string{"created", "processing", "verified"}},
		{"verified_other_name", "verified", "", true, []string{"created", "processing", "verified"}},
		{"processing", "processing", "", false, []string{"created", "processing"}},
		{"close", "requires_input", "", false, []string{"created"}},
		{"document_expired", "requires_input", "document_expired", true, []string{"created", "processing", "requires_input"}},
		{"selfie_face_mismatch", "requires_input", "selfie_face_mismatch", true, []string{"created", "processing", "requires_input"}},
		{"some_new_code", "requires_input", "some_new_code", true, []string{"created", "processing", "requires_input"}},
		{"abandoned", "requires_input", "abandoned", false, []string{"created", "requires_input"}},
		{"consent_declined", "requires_input", "consent_declined", false, []string{"created", "requires_input"}},
		{"device_not_supported", "requires_input", "device_not_supported", false, []string{"created", "requires_input"}},
	} {
		t.Run(tc.outcome, func(t *testing.T) {
			s := start(t, stripesim.Config{})
			v := finish(t, s, create(t, s).ID, tc.outcome)
			if v.Status != tc.status || v.ErrorCode != tc.code || (v.Report != "") != tc.report {
				t.Errorf("session is %+v", v)
			}
			if types := ownEvents(t, s); !slices.Equal(types, tc.events) {
				t.Errorf("events are %v, want %v", types, tc.events)
			}
		})
	}
}

// ownEvents returns the types of the events so far, which must all be of the platform's own sessions.
func ownEvents(t *testing.T, s *stripesim.Sim) (types []string) {
	t.Helper()
	for _, e := range s.Events() {
		types = append(types, strings.TrimPrefix(e.Type, "identity.verification_session."))
		var body struct {
			Account *string
			Data    struct{ Object map[string]any }
		}
		if err := json.Unmarshal(e.Body, &body); err != nil {
			t.Fatal(err)
		}
		if body.Account != nil || body.Data.Object["url"] != nil || body.Data.Object["client_secret"] != nil {
			t.Errorf("an event of the platform's own session has no account, and no event has a link: %s", e.Body)
		}
	}
	return types
}

func TestProcessingIsSettledByASecondFinish(t *testing.T) {
	s := start(t, stripesim.Config{})
	id := create(t, s).ID
	finish(t, s, id, "processing")
	for _, outcome := range []string{"close", "processing", "abandoned", ""} {
		if s.Finish(id, outcome) == nil {
			t.Errorf("a submitted session cannot end with %q", outcome)
		}
	}
	if v := finish(t, s, id, "document_unverified_other"); v.Status != "requires_input" || v.Report == "" {
		t.Errorf("settled session is %+v", v)
	}
	if v := finish(t, s, id, "verified"); v.ErrorCode != "" {
		t.Errorf("a verified session has no error, got %q", v.ErrorCode)
	}
	if s.Finish(id, "verified") == nil {
		t.Error("a verified session takes no input")
	}
}

func TestReportsAreOnePerProcessedSubmissionAndKept(t *testing.T) {
	s := start(t, stripesim.Config{})
	sc := client(t, s, testKey)
	id := create(t, s).ID
	first := finish(t, s, id, "selfie_face_mismatch").Report
	if after := finish(t, s, id, "abandoned").Report; after != first {
		t.Errorf("an unprocessed visit must keep the last report %s, got %s", first, after)
	}
	second := finish(t, s, id, "document_expired").Report
	if second == first {
		t.Error("each processed submission has a report of its own")
	}
	var ids []string
	p := &stripe.IdentityVerificationReportListParams{VerificationSession: stripe.String(id)}
	for r, err := range sc.V1IdentityVerificationReports.List(t.Context(), p) {
		if err != nil {
			t.Fatal(err)
		}
		ids = append(ids, r.ID)
	}
	if !slices.Equal(ids, []string{second, first}) {
		t.Errorf("reports are %v, want %s and %s, newest first", ids, second, first)
	}
	r, err := sc.V1IdentityVerificationReports.Retrieve(t.Context(), first, nil)
	if err != nil || r.Selfie == nil || r.Selfie.Error == nil || string(r.Selfie.Error.Code) != "selfie_face_mismatch" || r.VerificationSession != id {
		t.Errorf("the report does not tell of the selfie: %+v, %v", r, err)
	}
}

func TestRetrieveGivesAFreshLinkWhileInputIsNeeded(t *testing.T) {
	s := start(t, stripesim.Config{})
	sc := client(t, s, testKey)
	v := create(t, s)
	p := &stripe.IdentityVerificationSessionRetrieveParams{}
	p.AddExpand("verified_outputs")
	p.AddExpand("last_verification_report")
	got, err := sc.V1IdentityVerificationSessions.Retrieve(t.Context(), v.ID, p)
	if err != nil || got.URL == "" || got.URL == v.URL || got.VerifiedOutputs != nil {
		t.Fatalf("an open session has a fresh url and no outputs: %+v, %v", got, err)
	}
	finish(t, s, v.ID, "verified")
	got, err = sc.V1IdentityVerificationSessions.Retrieve(t.Context(), v.ID, p)
	if err != nil || got.URL != "" || got.ClientSecret != "" || got.VerifiedOutputs == nil || got.VerifiedOutputs.FirstName == "" ||
		got.LastVerificationReport.Document == nil {
		t.Fatalf("a verified session has outputs and no url: %+v, %v", got, err)
	}
	if got.LastResponse.Header.Get("Request-Id") == "" {
		t.Error("an answer has a request id")
	}
	if err := s.SetOutputs(v.ID, stripesim.Outputs{FirstName: "Other"}); err != nil {
		t.Fatal(err)
	}
	got, err = sc.V1IdentityVerificationSessions.Retrieve(t.Context(), v.ID, p)
	if err != nil || got.VerifiedOutputs.FirstName != "Other" {
		t.Errorf("outputs are not those that were set: %+v, %v", got.VerifiedOutputs, err)
	}
	p = &stripe.IdentityVerificationSessionRetrieveParams{}
	p.AddExpand("verified_outputs.dob")
	if _, err = sc.V1IdentityVerificationSessions.Retrieve(t.Context(), v.ID, p); stripeError(t, err).HTTPStatusCode != http.StatusForbidden {
		t.Errorf("a secret key does not see the date of birth: %v", err)
	}
}
