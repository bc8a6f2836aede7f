package store_test

import (
	"fmt"

	"example.com/identity-starter/store"
)

// pass lets time pass: nobody reads a refusal and tries again within the same second.
func (s *story) pass() {
	s.ms += 50 + s.rng.Int64N(2500)
	if s.ms/1000 <= s.failedAt {
		s.ms = (s.failedAt+1)*1000 + s.rng.Int64N(900)
	}
}

// happen lets time pass and a session, or the user, take a step: mostly the newest, and sometimes an old one, whose
// link somebody has kept, or whose verdict somebody looks at.
func (s *story) happen() {
	s.pass()
	if len(s.sessions) == 0 || s.one(12) {
		s.click()
		return
	}
	v := s.sessions[len(s.sessions)-1]
	if s.one(4) {
		v = s.sessions[s.rng.IntN(len(s.sessions))]
	}
	switch {
	case v.gone:
		v.gone = !s.one(3)
		s.click()
	case s.one(40):
		s.lose(v)
	case v.redacting && !v.redacted && s.one(2):
		v.redacted = true
		s.emit(v)
	case v.redacting || v.redacted:
		s.click()
	default:
		s.step(v)
	}
}

// step is what can come next for a session.
func (s *story) step(v *told) {
	if v.takenBack && v.status != store.Processing && v.status != store.Verified && s.one(3) {
		s.ms += 3000 // for the question before
		s.verify(v)
		return
	}
	switch v.status {
	case store.Processing:
		s.settle(v)
	case store.Verified:
		switch s.rng.IntN(4) {
		case 0, 1:
			s.takeBack(v)
		case 2:
			s.redact(v)
		default:
			s.click()
		}
	case store.Canceled:
		switch {
		case v.report != "" && s.one(6):
			s.verify(v)
		case s.one(6):
			s.redact(v)
		default:
			s.click()
		}
	default:
		s.try(v)
	}
}

// try is what can come next for a session that waits for somebody.
func (s *story) try(v *told) {
	switch n := s.rng.IntN(20); {
	case n < 13:
		s.use(v)
	case n < 15 && v.report != "":
		s.verify(v) // somebody at Stripe overrides what was found
	case n < 16:
		v.status, s.failedAt = store.Canceled, s.ms/1000
		s.emit(v)
	case n < 17:
		s.redact(v)
	case n < 18:
		s.expire(v)
	default:
		s.click()
	}
}

// use is a visit to Stripe's page: a submission, or one that ends before it.
func (s *story) use(v *told) {
	if !s.one(4) {
		v.status, v.failed, v.code = store.Processing, false, ""
	} else {
		v.failed, v.code = true, []string{"abandoned", "consent_declined", "device_not_supported"}[s.rng.IntN(3)]
		s.failedAt = s.ms / 1000
	}
	s.emit(v)
}

// settle is the outcome of a check.
func (s *story) settle(v *told) {
	v.report = fmt.Sprintf("vr_%d_%d", s.seed, len(s.events))
	if s.one(3) {
		s.verify(v)
		return
	}
	v.status = store.RequiresInput
	s.fail(v, []string{"document_expired", "selfie_face_mismatch", "some_new_code", ""}[s.rng.IntN(4)])
	s.emit(v)
}

// verify is a verdict, also one that is given again.
func (s *story) verify(v *told) {
	v.status, v.failed, v.code, v.overruled = store.Verified, false, "", ""
	s.emit(v)
}

// fail notes why, which counts by its report.
func (s *story) fail(v *told, code string) {
	v.failed, v.code = true, code
	s.attempts[v.report] = append(s.attempts[v.report], v.id+"|"+known(code))
	s.failedAt = s.ms / 1000
}

// takeBack is an override or a block list: with a reason, without one, or for good; sometimes in the second of the verdict.
func (s *story) takeBack(v *told) {
	v.takenBack, v.status, s.failedAt = true, store.RequiresInput, s.ms/1000
	switch s.rng.IntN(3) {
	case 0:
		v.status = store.Canceled
	case 1:
		if s.attempts[v.report] == nil {
			v.overruled = v.report
		}
		s.fail(v, []string{"document_unverified_other", "selfie_manipulated"}[s.rng.IntN(2)])
	}
	s.emit(v)
	if s.one(4) {
		s.ms += s.rng.Int64N(400)
		s.verify(v) // somebody at Stripe has changed their mind
	}
}

// redact is what Stripe does on request, up to four days later. Whether it says of a verified session that it is
// canceled by that is not known: it may, or only by an event.
func (s *story) redact(v *told) {
	v.redacting, v.kept = true, v.status == store.Verified
	switch {
	case v.status == store.RequiresInput, v.kept && s.one(3):
		v.status = store.Canceled
		s.emit(v)
	case s.one(2):
		s.emit(v)
	}
	v.unsure = v.unsure || v.takenBack && v.status != store.Verified
	if s.one(2) {
		s.ms += s.rng.Int64N(5000)
		v.redacted = true
		s.emit(v)
	}
}

// lose is an answer that Stripe does not know the session, by a wrong key.
func (s *story) lose(v *told) {
	v.lost, v.gone, v.unsure = true, true, v.takenBack || !s.knows(v)
	s.read(v)
}

// expire is a look at a session that nobody has touched for two days.
func (s *story) expire(v *told) {
	s.ms = max(s.ms, 0)
	s.must(s.db().Expire(s.t.Context(), v.verification), "expire")
}

func known(code string) string {
	if code == "" {
		return "unknown"
	}
	return code
}
