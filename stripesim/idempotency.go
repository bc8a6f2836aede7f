package stripesim

import (
	"net/http"
	"time"
)

// Stripe keeps answers for an idempotency key for at least a day (docs.stripe.com/api/idempotent_requests).
const (
	keepAnswers  = 24 * time.Hour
	maxKeyLength = 255
)

// savedAnswer is what an idempotency key stands for; answer is nil while the first request is under way.
type savedAnswer struct {
	path, params string
	at           time.Time
	answer       *answer
}

func (c *call) scope() string { return c.account + "\x00" + c.key }

// beginIdempotent returns what the call's key stands for: the answer that it was given before, or that the key
// cannot be used. With nil, the call has to be executed, and to end with endIdempotent.
func (s *Sim) beginIdempotent(c *call) *answer {
	if c.key == "" {
		return nil
	}
	if len(c.key) > maxKeyLength {
		return refused(badParam("", "", "Idempotency key is too long: at most %d characters are allowed.", maxKeyLength))
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	old, params := s.saved[c.scope()], c.form.Encode()
	switch {
	case old == nil || old.answer != nil && s.now().Sub(old.at) > keepAnswers:
		s.saved[c.scope()] = &savedAnswer{path: c.r.URL.Path, params: params, at: s.now()}
		return nil
	case old.path != c.r.URL.Path:
		return refused(keyError("Keys for idempotent requests can only be used for the same endpoint they were first used "+
			"for ('%s' vs '%s'). Try using a key other than '%s' if you meant to execute a different request.", c.r.URL.Path, old.path, c.key))
	case old.params != params:
		return refused(keyError("Keys for idempotent requests can only be used with the same parameters they were first used "+
			"with. Try using a key other than '%s' if you meant to execute a different request.", c.key))
	case old.answer == nil:
		return refused(newError(http.StatusConflict, "idempotency_key_in_use", "", "There is currently another in-progress request "+
			"using this Idempotent Key (that probably means you submitted twice, and the other request is still going "+
			"through): %s. Please try again later.", c.key))
	}
	replay := *old.answer
	replay.replayed = true
	return &replay
}

func refused(e *apiError) *answer {
	a := e.answer()
	return &a
}

func keyError(format string, args ...any) *apiError {
	e := newError(http.StatusBadRequest, "", "", format, args...)
	e.Type = "idempotency_error"
	return e
}

// endIdempotent keeps the answer for the call's key, or frees the key when nothing was executed.
func (s *Sim) endIdempotent(c *call, a answer) {
	if c.key == "" {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if a.status == 0 || a.unsaved {
		delete(s.saved, c.scope())
		return
	}
	s.saved[c.scope()].answer = &a
}
