package stripesim

import "encoding/json"

// redactSession starts a redaction. An unfinished session is canceled by it
// (docs.stripe.com/api/identity/verification_sessions/redact).
func (s *Sim) redactSession(c *call) (any, error) {
	v, err := s.target(c, expandOnly)
	if err != nil {
		return nil, err
	}
	if v.status == processing || v.redaction != "" || v.status == canceled && s.cfg.RefuseRedactingCanceled {
		return nil, wrongStatus("redact", v)
	}
	v.redaction = s.cfg.RedactionStatus
	unfinished := v.status == requiresInput
	if unfinished {
		v.status = canceled
	}
	if unfinished || s.cfg.CanceledOnRedact {
		s.emitSession(c, "canceled", v)
	}
	s.busy++
	s.spawnLocked(func() { s.finishRedaction(v) })
	return s.expanded(c, v, s.object(v), ""), nil
}

// finishRedaction ends what redactSession began: nothing personal is left in the session, its reports and events, and neither
// are reference and error, as in the example of docs.stripe.com/identity/verification-sessions.
func (s *Sim) finishRedaction(v *session) {
	if !s.pause(s.ctx, s.cfg.RedactAfter) {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	defer s.doneLocked()
	if s.session(v.id) == nil {
		return // lost meanwhile: nobody is told of it any more
	}
	v.redaction, v.blocked = redacted, false
	v.metadata, v.reference, v.lastError = map[string]string{}, "", nil
	v.outputs = Outputs{FirstName: blank, LastName: blank, BirthDay: 1, BirthMonth: 1, BirthYear: 1}
	if v.email != "" {
		v.email = blank
	}
	if v.phone != "" {
		v.phone = blank
	}
	s.redactEvents(v.id)
	s.emitSession(nil, "redacted", v)
}

// redactEvents removes what a session's events say about its user.
func (s *Sim) redactEvents(sessionID string) {
	for _, e := range s.events {
		if e.objectID() != sessionID {
			continue
		}
		var o map[string]any
		if json.Unmarshal(e.Data.Object, &o) != nil {
			continue
		}
		o["metadata"] = map[string]string{}
		if o["provided_details"] != nil {
			o["provided_details"] = map[string]string{"email": blank, "phone": blank}
		}
		e.Data.Object, _ = json.Marshal(o) // was JSON before
	}
}
