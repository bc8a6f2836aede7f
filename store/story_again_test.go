package store_test

import (
	"strings"

	"example.com/identity-starter/store"
)

// mustNotBeToldAgain has all that was done removed, and the events, and then hears everything once more: what follows from an
// outcome follows because something changes, and not because nobody remembers that it has followed.
func (s *story) mustNotBeToldAgain() {
	if s.t.Failed() {
		return
	}
	*s.clock = clock{ms: s.ended, skew: s.kind.skew}
	for _, statement := range []string{`DELETE FROM actions WHERE done_at IS NOT NULL`, `DELETE FROM events`} {
		s.must(s.db().Exec(s.t.Context(), statement), "remove what is done")
	}
	told := len(s.outcomes)
	for _, i := range s.rng.Perm(len(s.events)) {
		_, err := s.db().RecordEvent(s.t.Context(), s.events[i])
		s.must(err, "hear an event again")
		s.rebuild(s.sessions[s.rng.IntN(len(s.sessions))])
	}
	for _, v := range s.sessions {
		s.read(v)
		s.rebuild(v)
	}
	s.rest()
	for _, o := range s.outcomes[told:] {
		if v := s.of(o.ObjectID); v != nil && v.unsure {
			continue // Stripe did not know the session when it was asked why: it is learned only now
		}
		s.errorf("what is known was told again, once nobody remembered that it had been told: %s", o.Key)
	}
}

// rebuild records a session as Stripe's lists have it, as reconcile -all does: a list has no time.
func (s *story) rebuild(v *told) {
	if v.gone || v.lost || v.redacted {
		return // it is not listed, or left as it is
	}
	n, failures := s.view(v), []store.News(nil)
	n.At = at(0)
	for report, lines := range s.attempts {
		if session, code, _ := strings.Cut(lines[len(lines)-1], "|"); session == v.id {
			failures = append(failures, store.News{SessionID: v.id, Status: store.RequiresInput, Failed: true, ErrorCode: code, ReportID: report, At: n.At})
		}
	}
	_, err := s.db().Rebuild(s.t.Context(), n, n.At, failures)
	s.must(err, "rebuild a session")
}
