package store_test

import (
	"slices"
	"strings"

	"example.com/identity-starter/store"
)

// rows are what a file says: of a session or a report the line, of a user whether verified.
type rows map[string]string

// verifies says whether a session counts as verified at the end.
func (s *story) verifies(v *told, got rows) bool {
	switch verified := strings.Contains(got[v.id], "|verified|"); {
	case v.unsure:
		return verified // or not
	case v.kept:
		return true // it was only redacted since
	}
	return v.status == store.Verified
}

// mustEnd compares a file with how the story must end.
func (s *story) mustEnd(got rows) {
	verified := false
	for _, v := range s.sessions {
		verifies := s.verifies(v, got)
		verified = verified || verifies && (!s.kind.gate || passes(v.id))
		status, code, _ := strings.Cut(strings.TrimPrefix(got[v.id], s.user()+"|"), "|")
		want, reason := v.status, ""
		if v.failed && want != store.Verified {
			reason = known(v.code)
		}
		if verifies {
			want, reason = store.Verified, ""
		}
		if want == store.Canceled && v.takenBack {
			reason = code // it may be known from before
		}
		if (status == string(store.Verified)) != verifies || !v.lost && !v.unsure && (status != string(want) || code != reason) {
			s.errorf("%s must end as %s|%s, got %s", v.id, want, reason, got[v.id])
		}
	}
	for report, lines := range s.attempts {
		if !slices.Contains(lines, strings.TrimPrefix(got[report], s.user()+"|")) {
			s.errorf("%s is a check that counts, %q, got %q", report, lines, got[report])
		}
	}
	if len(s.words) > 0 {
		verified = s.words[len(s.words)-1] == store.Approve
	}
	if said := got[s.user()] == "1"; said != verified {
		s.errorf("the user is verified: %v, by %q or %+v, got %v", verified, s.words, s.sessions, said)
	}
	s.mustHaveTold(verified)
}

// mustHaveTold has the team tell from outcomes alone who is verified.
func (s *story) mustHaveTold(verified bool) {
	believed, keys, failed := false, map[string]bool{}, map[string]bool{}
	for _, o := range s.outcomes {
		if keys[o.Key] {
			s.errorf("an outcome is told once, got %s again", o.Key)
		}
		keys[o.Key] = true
		switch o.What {
		case store.OutcomeVerified, store.OutcomeApproved:
			believed = true
			clear(failed) // that was before
		case store.OutcomeRejected:
			believed = false
		case store.OutcomeWithdrawn:
			if believed = s.left[strings.Split(o.Key, ":")[2]]; believed {
				clear(failed)
			}
		case store.OutcomeFailed:
			failed[o.Key] = true
		case store.OutcomeRevoked:
			if !believed {
				s.errorf("nobody can be revoked who was not told to be verified, got %s", o.Key)
			}
			if strings.HasPrefix(o.Key, "team:revoked:") && failed["team:failed:"+s.of(o.ObjectID).overruled] {
				s.errorf("what is revoked must not be told as failed, too, got %s", o.Key)
			}
			believed = false
		}
	}
	if believed != verified {
		s.errorf("who hears %q must know that the user is verified: %v", s.whats(), verified)
	}
}

func (s *story) whats() (list []string) {
	for _, o := range s.outcomes {
		list = append(list, o.What+" "+o.ObjectID+" "+o.Code)
	}
	return list
}

func (s *story) errorf(format string, args ...any) {
	s.t.Helper()
	s.t.Errorf("%s, story %d: "+format+": repeat it with STORY_SEED=%d", append(append([]any{s.kind.name, s.seed}, args...), s.seed)...)
}
