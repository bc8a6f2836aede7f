package stripesim

import (
	"fmt"
	"maps"
	"slices"
)

// Override does what "Override status" in the Dashboard does, both ways: OutcomeVerified verifies a session that is
// not, and a last_error code, or none, takes the verdict of a verified one back. "canceled" cancels it. Each is told by
// the event of the new status (docs.stripe.com/identity/review-tools). It fails for a session that is unknown, in
// redaction, or of that status already.
//
// That page says no more. Guesses without a source are: that a verdict taken back is requires_input, since no status
// but the four exists, and that it may have a last_error; that the last report stays the last one; that a session
// without a report, in processing or canceled can be verified too; and that anything is canceled in this way.
func (s *Sim) Override(sessionID, outcome string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	v, err := s.unredacted(sessionID)
	switch {
	case err != nil:
		return err
	case outcome == v.status:
		return fmt.Errorf("session %q is %s already", v.id, v.status)
	case outcome == OutcomeVerified:
		if v.outputs == (Outputs{}) {
			v.outputs = usualOutputs
		}
		v.status, v.lastError = verified, nil
		s.emitSession(nil, "verified", v)
	case outcome == canceled:
		v.status = canceled
		s.emitSession(nil, "canceled", v)
	case v.status != verified:
		return fmt.Errorf("session %q has no verdict to take back: it is %s", v.id, v.status)
	case outcome != "" && !failureLike(outcome):
		return fmt.Errorf("%q is no outcome of an override", outcome)
	default:
		s.failLocked(v, outcome)
	}
	return nil
}

// Blocklist puts the document that a session has checked on the blocklist. A verified session is then unverified until
// it is reviewed, which an Override to verified does; redacting the session removes the entry again
// (docs.stripe.com/identity/review-tools). It fails for a session that is unknown, in redaction, without a report or
// on the list already.
//
// Guesses without a source are that unverified is requires_input, and its last_error document_unverified_other. As the
// simulator knows no documents, the entry matches nothing else: whatever is submitted later is another document.
func (s *Sim) Blocklist(sessionID string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	v, err := s.unredacted(sessionID)
	switch {
	case err != nil:
		return err
	case v.report == "":
		return fmt.Errorf("session %q has checked no document", v.id)
	case v.blocked:
		return fmt.Errorf("the document of session %q is on the blocklist already", v.id)
	}
	v.blocked = true
	if v.status == verified {
		s.failLocked(v, "document_unverified_other")
	}
	return nil
}

// unredacted finds a session of which Stripe still has what a reviewer looks at.
func (s *Sim) unredacted(sessionID string) (*session, error) {
	v := s.session(sessionID)
	if v == nil {
		return nil, fmt.Errorf("no session %q", sessionID)
	}
	if v.redaction != "" {
		return nil, fmt.Errorf("session %q is being redacted, or was", v.id)
	}
	return v, nil
}

// Lose makes Stripe know these sessions no more, as after "Delete all test data" in the Dashboard: calls about them and
// their reports get 404 resource_missing, no list has them, and their links are not valid. Nothing is told of it. That
// what happened before stays in /v1/events is a guess without a source.
func (s *Sim) Lose(sessionIDs ...string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	lost := func(v *session) bool { return slices.Contains(sessionIDs, v.id) }
	s.sessions = slices.DeleteFunc(s.sessions, lost)
	s.reports = slices.DeleteFunc(s.reports, func(r *report) bool { return lost(r.session) })
	maps.DeleteFunc(s.links, func(_ string, l *link) bool { return lost(l.session) })
}
