package stripesim

import (
	"fmt"
	"slices"
	"strings"

	"github.com/stripe/stripe-go/v82"
)

// Outcomes of a visit to the hosted page that are no last_error code.
const (
	// OutcomeVerified passes all checks.
	OutcomeVerified = "verified"
	// OutcomeVerifiedOtherName passes all checks with a document that is in another name than usual.
	OutcomeVerifiedOtherName = "verified_other_name"
	// OutcomeProcessing submits and leaves the result open; a second Finish settles it.
	OutcomeProcessing = "processing"
	// OutcomeClose leaves the page without submitting.
	OutcomeClose = "close"
)

// Outputs are the facts that a verification found (docs.stripe.com/identity/access-verification-results).
type Outputs struct {
	FirstName, LastName string
	BirthDay            int64
	BirthMonth          int64
	BirthYear           int64
}

var (
	usualOutputs = Outputs{FirstName: "Test", LastName: "Person", BirthDay: 1, BirthMonth: 1, BirthYear: 1990}
	otherOutputs = Outputs{FirstName: "Somebody", LastName: "Else", BirthDay: 2, BirthMonth: 2, BirthYear: 1980}
)

type outputsObject struct {
	Address   any     `json:"address"`
	DOB       any     `json:"dob,omitempty"`
	Email     *string `json:"email"`
	FirstName string  `json:"first_name"`
	IDNumber  *string `json:"id_number_type"`
	LastName  string  `json:"last_name"`
	Phone     *string `json:"phone"`
}

// verifiedOutputs renders the outputs, which only a verified session has.
func (v *session) verifiedOutputs(withBirth bool) *outputsObject {
	if v.status != verified {
		return nil
	}
	o := &outputsObject{FirstName: v.outputs.FirstName, LastName: v.outputs.LastName}
	if withBirth {
		o.DOB = map[string]int64{"day": v.outputs.BirthDay, "month": v.outputs.BirthMonth, "year": v.outputs.BirthYear}
	}
	return o
}

// SetOutputs replaces what a verified session found, to be seen when its outputs are expanded.
func (s *Sim) SetOutputs(sessionID string, o Outputs) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	v := s.session(sessionID)
	if v == nil || v.status != verified {
		return fmt.Errorf("session %q is not a verified one", sessionID)
	}
	v.outputs = o
	return nil
}

// unprocessed are the failures in which nothing was submitted, so that no report exists.
var unprocessed = []string{
	string(stripe.IdentityVerificationSessionLastErrorCodeAbandoned),
	string(stripe.IdentityVerificationSessionLastErrorCodeConsentDeclined),
	string(stripe.IdentityVerificationSessionLastErrorCodeDeviceNotSupported),
}

// Finish does what the hosted page's buttons do: outcome is one of the Outcome constants or any last_error code.
// A session in processing is settled by a second Finish. It fails for a session that takes no input.
func (s *Sim) Finish(sessionID, outcome string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	v := s.session(sessionID)
	if v == nil {
		return fmt.Errorf("no session %q", sessionID)
	}
	return s.finishLocked(v, outcome)
}

func (s *Sim) finishLocked(v *session, outcome string) error {
	settles := v.status == processing
	if v.redaction != "" || v.status != requiresInput && !settles {
		return fmt.Errorf("session %q takes no input: it is %s", v.id, v.status)
	}
	switch {
	case outcome == OutcomeClose && !settles:
		return nil
	case slices.Contains(unprocessed, outcome) && !settles:
		s.failLocked(v, outcome)
		return nil
	case outcome == OutcomeProcessing && !settles:
		s.submitLocked(v)
		return nil
	case !codeLike(outcome) || settles && (outcome == OutcomeClose || outcome == OutcomeProcessing || slices.Contains(unprocessed, outcome)):
		return fmt.Errorf("%q is no outcome for a session in %s", outcome, v.status)
	}
	if !settles {
		s.submitLocked(v)
	}
	v.report = s.addReport(v, outcome)
	switch outcome {
	case OutcomeVerified, OutcomeVerifiedOtherName:
		v.status, v.outputs = verified, usualOutputs
		if outcome == OutcomeVerifiedOtherName {
			v.outputs = otherOutputs
		}
		s.emitSession(nil, "verified", v)
	default:
		s.failLocked(v, outcome)
	}
	return nil
}

func (s *Sim) submitLocked(v *session) {
	v.status, v.lastError = processing, nil
	s.emitSession(nil, "processing", v)
}

// failLocked makes the session ask for input again, with the code as its last error, if there is one.
func (s *Sim) failLocked(v *session, code string) {
	v.status, v.lastError = requiresInput, nil
	if code != "" {
		v.lastError = &lastError{Code: code, Reason: reason(code)}
	}
	s.emitSession(nil, "requires_input", v)
}

// codeLike keeps typing errors such as an empty outcome from passing as a failure that Stripe may add one day.
func codeLike(code string) bool {
	return code != "" && strings.Trim(code, "abcdefghijklmnopqrstuvwxyz_") == ""
}

// failureLike reports whether an outcome can be a last_error code, and is not the name of something else.
func failureLike(outcome string) bool {
	return codeLike(outcome) && !slices.Contains([]string{OutcomeVerified, OutcomeVerifiedOtherName, OutcomeProcessing,
		OutcomeClose, requiresInput}, outcome)
}

func reason(code string) string {
	for _, g := range failures {
		for _, f := range g.Failures {
			if f.Code == code {
				return f.Reason
			}
		}
	}
	return "The verification failed for a reason that is newer than this program."
}
