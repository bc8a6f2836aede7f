package stripesim

import (
	"slices"
	"strings"
)

// report is a processed submission.
type report struct {
	id      string
	created int64
	session *session
	code    string // empty where every check passed
}

func (s *Sim) addReport(v *session, outcome string) string {
	r := &report{id: newID("vr_"), created: s.now().Unix(), session: v, code: outcome}
	if outcome == OutcomeVerified || outcome == OutcomeVerifiedOtherName {
		r.code = ""
	}
	s.reports = append(s.reports, r)
	return r.id
}

func (s *Sim) reportByID(id string) *report {
	i := slices.IndexFunc(s.reports, func(r *report) bool { return r.id == id })
	if i < 0 {
		return nil
	}
	return s.reports[i]
}

type reportObject struct {
	ID                  string         `json:"id"`
	Object              string         `json:"object"`
	ClientReferenceID   *string        `json:"client_reference_id"`
	Created             int64          `json:"created"`
	Document            map[string]any `json:"document,omitempty"`
	Email               map[string]any `json:"email,omitempty"`
	IDNumber            map[string]any `json:"id_number,omitempty"`
	Livemode            bool           `json:"livemode"`
	Options             map[string]any `json:"options"`
	Phone               map[string]any `json:"phone,omitempty"`
	Selfie              map[string]any `json:"selfie,omitempty"`
	Type                string         `json:"type"`
	VerificationFlow    string         `json:"verification_flow,omitempty"`
	VerificationSession string         `json:"verification_session"`
}

// reportObject renders a report (docs.stripe.com/api/identity/verification_reports/object): the check that failed
// carries the error, and the document passed unless it is the one.
func (s *Sim) reportObject(r *report) *reportObject {
	o := s.object(r.session)
	v := &reportObject{
		ID: r.id, Object: "identity.verification_report", ClientReferenceID: o.ClientReferenceID, Created: r.created,
		Livemode: o.Livemode, Options: o.Options, Type: o.Type, VerificationFlow: o.VerificationFlow, VerificationSession: o.ID,
		Document: check(""),
	}
	switch kind, _, _ := strings.Cut(r.code, "_"); kind {
	case "":
	case "selfie":
		v.Selfie = check(r.code)
	case "email":
		v.Email = check(r.code)
	case "phone":
		v.Phone = check(r.code)
	case "id":
		v.IDNumber = check(r.code)
	default:
		v.Document = check(r.code)
	}
	if r.session.redaction == redacted {
		v.Document["first_name"], v.Document["last_name"] = blank, blank
	}
	return v
}

func check(code string) map[string]any {
	if code == "" {
		return map[string]any{"status": "verified", "error": nil}
	}
	return map[string]any{"status": "unverified", "error": lastError{Code: code, Reason: reason(code)}}
}

var reportListParams = listSchema(schema{
	"client_reference_id": {}, "verification_session": {}, "type": {kind: enum, values: append(sessionTypes, "verification_flow")},
})

func (s *Sim) listReports(c *call) (any, error) {
	if err := reportListParams.check(c.form); err != nil {
		return nil, err
	}
	var objects []*reportObject
	for _, r := range slices.Backward(s.reports) {
		if r.session.account == c.account && createdWithin(c.form, r.created) && matches(c.form, "type", r.session.kind) &&
			matches(c.form, "verification_session", r.session.id) && matches(c.form, "client_reference_id", r.session.reference) {
			objects = append(objects, s.reportObject(r))
		}
	}
	return paginate(c, objects, func(o *reportObject) string { return o.ID })
}

func (s *Sim) retrieveReport(c *call) (any, error) {
	r := s.reportByID(c.r.PathValue("id"))
	if r == nil || r.session.account != c.account {
		return nil, missing("verificationreport", c.r.PathValue("id"), "report")
	}
	return s.reportObject(r), expandOnly.check(c.form)
}
