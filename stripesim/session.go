package stripesim

import (
	"cmp"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/stripe/stripe-go/v82"
)

// The API version of events and answers where nobody asked for another, the newest of docs.stripe.com/api-versions.
const defaultAPIVersion = "2026-09-30.endive"

// linkLifetime is how long the url of a session works (docs.stripe.com/api/identity/verification_sessions/object).
const linkLifetime = 48 * time.Hour

// The four statuses of a session.
const (
	requiresInput = string(stripe.IdentityVerificationSessionStatusRequiresInput)
	processing    = string(stripe.IdentityVerificationSessionStatusProcessing)
	verified      = string(stripe.IdentityVerificationSessionStatusVerified)
	canceled      = string(stripe.IdentityVerificationSessionStatusCanceled)
	redacting     = string(stripe.IdentityVerificationSessionRedactionStatusProcessing)
	redacted      = string(stripe.IdentityVerificationSessionRedactionStatusRedacted)
	blank         = "[redacted]"
)

// Session is what a verification session was like when it was asked for.
type Session struct {
	ID, Status string
	ErrorCode  string // last_error.code; empty without an error
	Report     string // last_verification_report; empty without one
	Reference  string // client_reference_id
	UserID     string // metadata.user_id
	Metadata   map[string]string
	ReturnURL  string
	Email      string // provided_details.email
	Type, Flow string
	Account    string // the connected account it was made for; empty for the platform's own
	Redaction  string // empty, "redacted", or what Config.RedactionStatus says until then
	Blocked    bool   // its document is on the blocklist
	Created    time.Time
}

type session struct {
	id, account, status string
	kind, flow          string
	created             int64
	reference, customer string
	person              *relatedPerson
	returnURL           string
	email, phone        string
	document            map[string]any // options.document
	metadata            map[string]string
	lastError           *lastError
	report              string
	redaction           string
	blocked             bool
	outputs             Outputs
}

type lastError struct {
	Code   string `json:"code"`
	Reason string `json:"reason"`
}

type relatedPerson struct {
	Account string `json:"account"`
	Person  string `json:"person"`
}

type providedDetails struct {
	Email *string `json:"email"`
	Phone *string `json:"phone"`
}

// link is one url of a session. It is good for one visit.
type link struct {
	session *session
	expires time.Time
	used    bool
}

// identity is what the simulator knows of verifications; all lists are oldest first.
type identity struct {
	sessions []*session
	reports  []*report
	links    map[string]*link // by the token in the url
}

func newIdentity() identity { return identity{links: map[string]*link{}} }

// sessionObject is a session as the API shows it (docs.stripe.com/api/identity/verification_sessions/object).
type sessionObject struct {
	ID                     string            `json:"id"`
	Object                 string            `json:"object"`
	ClientReferenceID      *string           `json:"client_reference_id"`
	ClientSecret           *string           `json:"client_secret"`
	Created                int64             `json:"created"`
	LastError              *lastError        `json:"last_error"`
	LastVerificationReport any               `json:"last_verification_report"`
	Livemode               bool              `json:"livemode"`
	Metadata               map[string]string `json:"metadata"`
	Options                map[string]any    `json:"options"`
	ProvidedDetails        *providedDetails  `json:"provided_details"`
	Redaction              any               `json:"redaction"`
	RelatedCustomer        *string           `json:"related_customer"`
	RelatedPerson          *relatedPerson    `json:"related_person,omitempty"`
	Status                 string            `json:"status"`
	Type                   string            `json:"type"`
	URL                    *string           `json:"url"`
	VerificationFlow       string            `json:"verification_flow,omitempty"`
	VerifiedOutputs        *outputsObject    `json:"verified_outputs,omitempty"`
}

// object renders a session without the secrets: as events show it.
func (s *Sim) object(v *session) *sessionObject {
	o := &sessionObject{
		ID: v.id, Object: "identity.verification_session", ClientReferenceID: orNull(v.reference), Created: v.created,
		LastError: v.lastError, Livemode: s.livemode(), Metadata: v.metadata, Options: map[string]any{},
		RelatedCustomer: orNull(v.customer), RelatedPerson: v.person, Status: v.status, Type: v.kind, VerificationFlow: v.flow,
	}
	if v.report != "" {
		o.LastVerificationReport = v.report
	}
	if v.document != nil {
		o.Options["document"] = v.document
	}
	if v.email != "" || v.phone != "" {
		o.ProvidedDetails = &providedDetails{Email: orNull(v.email), Phone: orNull(v.phone)}
	}
	if v.redaction != "" {
		o.Redaction = map[string]string{"status": v.redaction}
	}
	return o
}

// withLink adds a fresh single-use url and the client secret that belongs to it, while the session takes input.
func (s *Sim) withLink(v *session, o *sessionObject) *sessionObject {
	if v.status != requiresInput || v.redaction != "" {
		return o
	}
	token := newID(keyMode(s.cfg.SecretKey) + "_")
	s.links[token] = &link{session: v, expires: s.now().Add(linkLifetime)}
	address, secret := s.URL()+"/start/"+token, v.id+"_secret_"+token
	o.URL, o.ClientSecret = &address, &secret
	return o
}

func orNull(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

// Sessions returns all verification sessions, oldest first.
func (s *Sim) Sessions() []Session {
	s.mu.Lock()
	defer s.mu.Unlock()
	all := make([]Session, 0, len(s.sessions))
	for _, v := range s.sessions {
		all = append(all, v.snapshot())
	}
	return all
}

// Session returns one verification session, and whether there is such a one.
func (s *Sim) Session(id string) (Session, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	v := s.session(id)
	if v == nil {
		return Session{}, false
	}
	return v.snapshot(), true
}

func (s *Sim) session(id string) *session {
	i := slices.IndexFunc(s.sessions, func(v *session) bool { return v.id == id })
	if i < 0 {
		return nil
	}
	return s.sessions[i]
}

func (v *session) snapshot() Session {
	snap := Session{
		ID: v.id, Status: v.status, Report: v.report, Reference: v.reference, UserID: v.metadata["user_id"],
		Metadata: maps.Clone(v.metadata), ReturnURL: v.returnURL, Email: v.email, Type: v.kind, Flow: v.flow,
		Account: v.account, Redaction: v.redaction, Blocked: v.blocked, Created: time.Unix(v.created, 0),
	}
	if v.lastError != nil {
		snap.ErrorCode = v.lastError.Code
	}
	return snap
}

// expansions of a session (docs.stripe.com/identity/access-verification-results); the sensitive ones need a
// restricted key.
var sessionExpansions = []string{"verified_outputs", "last_verification_report", "verified_outputs.dob"}

// checkExpand refuses expansions that do not exist or that the key may not see.
func (s *Sim) checkExpand(c *call, prefix string) error {
	for _, field := range list(c.form, "expand") {
		name, ok := strings.CutPrefix(field, prefix)
		if !ok || !slices.Contains(sessionExpansions, name) {
			return badParam("", "expand", "This property cannot be expanded (%s).", field)
		}
		if name == "verified_outputs.dob" && !strings.HasPrefix(s.cfg.SecretKey, "rk_") {
			return newError(http.StatusForbidden, "", "expand", "Date of birth is shown to a restricted key only.")
		}
	}
	return nil
}

// expanded adds to o what the call's expand parameters, which are checked, name.
func (s *Sim) expanded(c *call, v *session, o *sessionObject, prefix string) *sessionObject {
	for _, field := range list(c.form, "expand") {
		switch strings.TrimPrefix(field, prefix) {
		case "verified_outputs":
			o.VerifiedOutputs = cmp.Or(o.VerifiedOutputs, v.verifiedOutputs(false))
		case "verified_outputs.dob":
			o.VerifiedOutputs = v.verifiedOutputs(true)
		case "last_verification_report":
			if r := s.reportByID(v.report); r != nil {
				o.LastVerificationReport = s.reportObject(r)
			}
		}
	}
	return o
}
