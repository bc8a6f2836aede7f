package stripesim_test

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"example.com/identity-starter/stripesim"
	"github.com/stripe/stripe-go/v82"
)

// withOutputs asks for a session and what was found.
func withOutputs(t *testing.T, s *stripesim.Sim, id string) *stripe.IdentityVerificationSession {
	t.Helper()
	p := &stripe.IdentityVerificationSessionRetrieveParams{}
	p.AddExpand("verified_outputs")
	got, err := client(t, s, testKey).V1IdentityVerificationSessions.Retrieve(t.Context(), id, p)
	if err != nil {
		t.Fatalf("retrieve: %v", err)
	}
	return got
}

func override(t *testing.T, s *stripesim.Sim, id, outcome string) stripesim.Session {
	t.Helper()
	if err := s.Override(id, outcome); err != nil {
		t.Fatalf("override to %q: %v", outcome, err)
	}
	v, _ := s.Session(id)
	return v
}

func TestAnOverrideTakesAVerdictBackAndGivesItAgain(t *testing.T) {
	for _, code := range []string{"", "document_unverified_other", "some_new_code"} {
		s, rc := listening(t, stripesim.Config{})
		id := create(t, s).ID
		report := finish(t, s, id, "verified_other_name").Report
		found := withOutputs(t, s, id).VerifiedOutputs.FirstName
		if v := override(t, s, id, code); v.Status != "requires_input" || v.ErrorCode != code || v.Report != report {
			t.Errorf("a verdict taken back with code %q leaves the report and %+v", code, v)
		}
		got := withOutputs(t, s, id)
		if (got.LastError != nil) != (code != "") || got.VerifiedOutputs != nil {
			t.Errorf("with code %q the session has the error %v and the outputs %v, which only a verified one has", code, got.LastError, got.VerifiedOutputs)
		}
		if r := request(t, http.MethodGet, got.URL, nil); r.status != http.StatusOK {
			t.Errorf("as any session that asks for input it has a link that works, got %d", r.status)
		}
		if v := override(t, s, id, "verified"); v.Status != "verified" || v.ErrorCode != "" || v.Report != report {
			t.Errorf("a verdict given again leaves the report and no error: %+v", v)
		}
		if got := withOutputs(t, s, id); got.URL != "" || got.VerifiedOutputs == nil || got.VerifiedOutputs.FirstName != found {
			t.Errorf("a verdict given again has what was found before, %s, got %+v", found, got.VerifiedOutputs)
		}
		idle(t, s)
		want := []string{"created", "processing", "verified", "requires_input", "verified"}
		if types := rc.types(t); !sameAnyOrder(types, want) {
			t.Errorf("each new status is told once, got %v, want %v", types, want)
		}
	}
}

func TestAnythingUnverifiedCanBeOverridden(t *testing.T) {
	for _, before := range []string{"close", "abandoned", "document_expired", "processing", "canceled"} {
		s := start(t, stripesim.Config{})
		id := create(t, s).ID
		if before == "canceled" {
			override(t, s, id, "canceled")
		} else {
			finish(t, s, id, before)
		}
		if v := override(t, s, id, "verified"); v.Status != "verified" || v.ErrorCode != "" {
			t.Errorf("after %s it is %+v", before, v)
		}
		if got := withOutputs(t, s, id).VerifiedOutputs; got == nil || got.FirstName == "" {
			t.Errorf("after %s a verified session has outputs, got %+v", before, got)
		}
	}
}

func TestAnOverrideToCanceledIsForGood(t *testing.T) {
	s := start(t, stripesim.Config{})
	id := create(t, s).ID
	finish(t, s, id, "verified")
	if v := override(t, s, id, "canceled"); v.Status != "canceled" || withOutputs(t, s, id).URL != "" {
		t.Errorf("a canceled session takes no input: %+v", v)
	}
	if types := ownEvents(t, s); types[len(types)-1] != "canceled" {
		t.Errorf("it is told that it was canceled, got %v", types)
	}
}

func TestWhatCannotBeOverridden(t *testing.T) {
	s := start(t, stripesim.Config{RedactAfter: time.Hour})
	verified, open, erased := create(t, s).ID, create(t, s).ID, create(t, s).ID
	finish(t, s, verified, "verified")
	finish(t, s, open, "document_expired")
	finish(t, s, erased, "verified")
	if _, err := client(t, s, testKey).V1IdentityVerificationSessions.Redact(t.Context(), erased, nil); err != nil {
		t.Fatal(err)
	}
	before := len(s.Events())
	for _, tc := range []struct{ id, outcome, why string }{
		{"vs_none", "verified", "an unknown session"},
		{erased, "", "a session in redaction"},
		{verified, "verified", "a verified session, to verified"},
		{open, "document_expired", "a session without a verdict, to failed"},
		{open, "", "a session without a verdict, to failed without a code"},
		{verified, "processing", "to processing"},
		{verified, "requires_input", "to a status that is no code"},
		{verified, "Expired", "to what cannot be a code"},
	} {
		if s.Override(tc.id, tc.outcome) == nil {
			t.Errorf("an override must be refused: %s", tc.why)
		}
	}
	for id, why := range map[string]string{"vs_none": "an unknown session", erased: "a session in redaction", create(t, s).ID: "a session that has checked nothing"} {
		if s.Blocklist(id) == nil {
			t.Errorf("nothing can be put on the blocklist: %s", why)
		}
	}
	if n := len(s.Events()) - 1; n != before { // one of the session created above
		t.Errorf("what is refused tells nobody anything, got %d events more", n-before)
	}
}

func TestABlocklistedDocumentIsUnverifiedUntilReviewed(t *testing.T) {
	s := start(t, stripesim.Config{})
	id, failed := create(t, s).ID, create(t, s).ID
	finish(t, s, id, "verified")
	finish(t, s, failed, "document_expired")
	for _, blocked := range []string{id, failed} {
		if err := s.Blocklist(blocked); err != nil {
			t.Fatal(err)
		}
		if s.Blocklist(blocked) == nil {
			t.Error("a document is on the list once")
		}
	}
	if v, _ := s.Session(id); v.Status != "requires_input" || v.ErrorCode != "document_unverified_other" || v.Report == "" || !v.Blocked {
		t.Errorf("the session of a document on the list is unverified, got %+v", v)
	}
	if v, _ := s.Session(failed); v.ErrorCode != "document_expired" || !v.Blocked {
		t.Errorf("a session that failed stays as it was, got %+v", v)
	}
	want := []string{"created", "created", "processing", "verified", "processing", "requires_input", "requires_input"}
	if types := ownEvents(t, s); !slices.Equal(types, want) {
		t.Errorf("only a verdict taken back is told, got %v", types)
	}
	if v := override(t, s, id, "verified"); v.Status != "verified" || !v.Blocked {
		t.Errorf("a review gives the verdict again and leaves the entry, got %+v", v)
	}
	if _, err := client(t, s, testKey).V1IdentityVerificationSessions.Redact(t.Context(), id, nil); err != nil {
		t.Fatal(err)
	}
	idle(t, s)
	if v, _ := s.Session(id); v.Redaction != "redacted" || v.Blocked {
		t.Errorf("a redaction removes the entry, got %+v", v)
	}
}

func TestLostSessionsAreKnownNoMore(t *testing.T) {
	s := start(t, stripesim.Config{})
	lost, kept := create(t, s), create(t, s)
	report := finish(t, s, lost.ID, "document_expired").Report
	fresh := withOutputs(t, s, lost.ID).URL
	told := len(s.Events())
	s.Lose(lost.ID, "vs_none")
	for path, method := range map[string]string{
		"verification_sessions/" + lost.ID: http.MethodGet, "verification_sessions/" + lost.ID + "/cancel": http.MethodPost,
		"verification_sessions/" + lost.ID + "/redact": http.MethodPost, "verification_reports/" + report: http.MethodGet,
	} {
		r := request(t, method, s.URL()+"/v1/identity/"+path, nil)
		if r.status != http.StatusNotFound || !strings.Contains(r.body, `"resource_missing"`) || !strings.Contains(r.body, "No such") {
			t.Errorf("%s of what is lost must be missing, got %d %s", path, r.status, r.body)
		}
	}
	for _, list := range []string{"verification_sessions", "verification_reports"} {
		if r := request(t, http.MethodGet, s.URL()+"/v1/identity/"+list, nil); strings.Contains(r.body, lost.ID) {
			t.Errorf("no list has what is lost: %s", r.body)
		}
	}
	if r := request(t, http.MethodGet, fresh, nil); r.status != http.StatusNotFound {
		t.Errorf("the link of what is lost is not valid, got %d", r.status)
	}
	if _, known := s.Session(lost.ID); known || s.Finish(lost.ID, "verified") == nil || s.Override(lost.ID, "verified") == nil {
		t.Error("nothing more happens to what is lost")
	}
	if len(s.Events()) != told {
		t.Error("what happened before stays in the events, and nothing is told of the loss")
	}
	if v, known := s.Session(kept.ID); !known || v.Status != "requires_input" || len(s.Sessions()) != 1 {
		t.Errorf("the others stay, got %+v", v)
	}
}

func TestTheOverviewOverridesAndBlocklists(t *testing.T) {
	s := start(t, stripesim.Config{})
	id := create(t, s).ID
	finish(t, s, id, "verified")
	for _, step := range []struct {
		button, path  string
		form          url.Values
		status, code  string
		missing, what string
	}{
		{"Override to failed", "/override", url.Values{"outcome": {"failure"}, "failure": {"selfie_manipulated"}}, "requires_input", "selfie_manipulated", "Override to verified", "with a code"},
		{"Override to verified", "/override", url.Values{"outcome": {"verified"}}, "verified", "", "Override to failed", "to verified"},
		{"Override to failed", "/override", url.Values{"outcome": {"failure"}, "failure": {""}}, "requires_input", "", "Override to verified", "without a code"},
		{"Override to verified", "/override", url.Values{"outcome": {"verified"}}, "verified", "", "Override to failed", "to verified again"},
		{"Blocklist the document", "/blocklist", url.Values{}, "requires_input", "document_unverified_other", "on the blocklist", "by the blocklist"},
	} {
		page := request(t, http.MethodGet, s.URL()+"/", nil).body
		if !strings.Contains(page, step.button) || strings.Contains(page, step.missing) {
			t.Errorf("%s: the overview must offer what is possible, %q, and not %q", step.what, step.button, step.missing)
		}
		step.form.Set("session", id)
		if r := request(t, http.MethodPost, s.URL()+step.path, step.form); r.status != http.StatusSeeOther || r.header.Get("Location") != "/" {
			t.Errorf("%s: got %d %s", step.what, r.status, r.body)
		}
		if v, _ := s.Session(id); v.Status != step.status || v.ErrorCode != step.code {
			t.Errorf("%s: left %+v", step.what, v)
		}
	}
	page := request(t, http.MethodGet, s.URL()+"/", nil).body
	if strings.Contains(page, "Blocklist the document") || !strings.Contains(page, "document on the blocklist") {
		t.Error("what is on the blocklist says so, and is not offered again")
	}
	if r := request(t, http.MethodPost, s.URL()+"/blocklist", url.Values{"session": {id}}); r.status != http.StatusConflict {
		t.Errorf("a page that is out of date is told so, got %d", r.status)
	}
}
