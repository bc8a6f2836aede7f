package store_test

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"example.com/identity-starter/store"
)

// story is what Stripe knows of one user, as it happens, and what this program
// gets to hear of it: late, twice, in any order, or at first not at all.
type story struct {
	t        *testing.T
	db       *store.DB
	seed     uint64
	rng      *rand.Rand
	ms       int64 // Stripe's time in milliseconds since the beginning; events show whole seconds
	sessions []*told
	events   []store.Event
	heard    []bool
	attempts map[string]string // report → session and code: the checks that count
	failedAt int64             // second of the newest failure
}

// told is a session at Stripe.
type told struct {
	id, verification string
	status           store.Status
	failed           bool
	code             string // as Stripe has it: "" where it left it null
	report           string
	redacted         bool
}

func (s *story) user() string { return fmt.Sprint("user", s.seed) }

// view is what Stripe says of a session at this moment.
func (s *story) view(v *told) store.News {
	n := store.News{SessionID: v.id, Reference: v.verification, UserID: s.user(), Status: v.status, Failed: v.failed,
		ErrorCode: v.code, ReportID: v.report, At: at(s.ms / 1000)}
	if v.redacted {
		n.UserID, n.Redacted = "", true
		if n.Failed {
			n.ErrorCode, n.ReportID = "[redacted]", "[redacted]"
		}
	}
	return n
}

// emit makes the event that tells of a session's change.
func (s *story) emit(v *told) {
	n := s.view(v)
	s.events = append(s.events, store.Event{ID: fmt.Sprintf("evt_%d_%d", s.seed, len(s.events)), Type: "identity.verification_session",
		ObjectID: v.id, CreatedAt: n.At, Session: &n})
	s.heard = append(s.heard, false)
}

// happen lets time pass and the newest session, or the user, take a step.
func (s *story) happen() {
	s.ms += 50 + s.rng.Int64N(2500)
	if s.ms/1000 <= s.failedAt { // nobody reads a refusal and tries again within the same second
		s.ms = (s.failedAt+1)*1000 + s.rng.Int64N(900)
	}
	if len(s.sessions) == 0 {
		s.click()
		return
	}
	v := s.sessions[len(s.sessions)-1]
	switch {
	case v.redacted, v.status == store.Canceled && s.rng.IntN(3) > 0:
		if v.status == store.Canceled {
			s.click()
		}
	case v.status == store.Processing:
		s.settle(v)
	case v.status == store.RequiresInput && s.rng.IntN(8) > 0:
		s.use(v)
	case v.status == store.RequiresInput && s.rng.IntN(2) > 0:
		v.status = store.Canceled
		s.emit(v)
	default:
		s.redact(v)
	}
}

// click asks Stripe about the session that there is, and makes another one where
// that is canceled. The answer to the create may get lost.
func (s *story) click() {
	if n := len(s.sessions); n > 0 {
		s.ask(s.sessions[n-1], 0)
	}
	v, err := s.db.Begin(s.t.Context(), s.user(), "", store.Made{})
	if err != nil || !v.New {
		s.t.Fatalf("story %d: after a cancel a click must make another verification, got %+v, %v", s.seed, v, err)
	}
	made := &told{id: fmt.Sprintf("vs_%d_%d", s.seed, len(s.sessions)), verification: v.ID, status: store.RequiresInput}
	s.sessions = append(s.sessions, made)
	if s.rng.IntN(3) > 0 {
		s.ask(made, 0)
	}
}

// use is a visit to Stripe's page: a submission, or one that ends before it.
func (s *story) use(v *told) {
	if s.rng.IntN(4) > 0 {
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
	if s.rng.IntN(4) == 0 {
		v.status = store.Verified
	} else {
		v.status, v.failed = store.RequiresInput, true
		v.code = []string{"document_expired", "selfie_face_mismatch", "some_new_code", ""}[s.rng.IntN(4)]
		s.attempts[v.report] = v.id + "|" + known(v.code)
		s.failedAt = s.ms / 1000
	}
	s.emit(v)
}

// redact is what Stripe does on request, up to four days later.
func (s *story) redact(v *told) {
	if v.status == store.RequiresInput {
		v.status = store.Canceled
		s.emit(v)
	}
	s.ms += s.rng.Int64N(5000)
	v.redacted = true
	s.emit(v)
}

func known(code string) string {
	if code == "" {
		return "unknown"
	}
	return code
}

// ask is a retrieve. Its time is Stripe's Date header, which has no fractions,
// less the time that the call has taken.
func (s *story) ask(v *told, slow int64) {
	n := s.view(v)
	n.At = at(s.ms/1000 - 1 - slow)
	n.Reference, n.UserID = v.verification, s.user() // the one that was asked about
	if _, err := s.db.RecordSession(s.t.Context(), n); err != nil {
		s.t.Fatalf("story %d: record session: %v", s.seed, err)
	}
}

func (s *story) deliver(i int) {
	result, err := s.db.RecordEvent(s.t.Context(), s.events[i])
	if err != nil || s.heard[i] != (result == store.Duplicate) {
		s.t.Fatalf("story %d: event %d, heard before: %v, got %s, %v", s.seed, i, s.heard[i], result, err)
	}
	s.heard[i] = true
}

// meanwhile is what the program hears while the story goes on.
func (s *story) meanwhile() {
	for i := range s.events {
		if !s.heard[i] && s.rng.IntN(4) == 0 || s.rng.IntN(40) == 0 {
			s.deliver(i)
		}
	}
	if len(s.sessions) > 0 && s.rng.IntN(4) == 0 {
		s.ask(s.sessions[s.rng.IntN(len(s.sessions))], s.rng.Int64N(3))
	}
}

// catchUp delivers the rest, in any order, and some of it again. Of a session of
// which there are no events the program hears by asking.
func (s *story) catchUp() {
	s.ms += 1000 * s.rng.Int64N(100)
	if last := s.sessions[len(s.sessions)-1]; last.status == store.RequiresInput && !last.failed {
		s.ask(last, 0)
	}
	for _, i := range s.rng.Perm(len(s.events)) {
		if !s.heard[i] || s.rng.IntN(5) == 0 {
			s.deliver(i)
		}
		if s.rng.IntN(20) == 0 {
			s.ask(s.sessions[s.rng.IntN(len(s.sessions))], s.rng.Int64N(3))
		}
	}
}

// tell plays a whole story.
func tell(t *testing.T, db *store.DB, seed uint64, now *time.Time) *story {
	t.Helper()
	s := &story{t: t, db: db, seed: seed, rng: rand.New(rand.NewPCG(seed, 1)), attempts: map[string]string{}, failedAt: -1}
	for range 3 + s.rng.IntN(8) {
		s.happen()
		*now = at(s.ms / 1000)
		s.meanwhile()
	}
	s.catchUp()
	return s
}

// end is how the story must end: a line for each session and each counted check.
func (s *story) end() map[string]string {
	lines := map[string]string{}
	for _, v := range s.sessions {
		code := ""
		if v.failed && v.status != store.Verified {
			code = known(v.code)
		}
		lines[v.id] = s.user() + "|" + string(v.status) + "|" + code
	}
	for report, what := range s.attempts {
		lines[report] = s.user() + "|" + what
	}
	return lines
}
