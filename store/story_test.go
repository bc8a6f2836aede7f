package store_test

import (
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"testing"
	"time"

	"example.com/identity-starter/store"
)

// story is what Stripe knows of one user and what reviewers decide, as it happens, and what this program, or two of it
// on one file, get to hear of it: late, twice, in any order, or at first not at all.
type story struct {
	t    *testing.T
	kind storyKind
	dbs  []*store.DB // one for each program
	seed uint64
	rng  *rand.Rand
	*clock

	sessions []*told
	events   []store.Event
	heard    []bool
	attempts map[string][]string // report → session and each of the codes that Stripe has given it: the checks that count
	failedAt int64               // second of the newest failure

	check    string          // which one is asked for now
	answers  []answer        // read, and not yet recorded
	tasks    []*task         // actions that a program has claimed
	words    []string        // of reviewers, that count
	left     map[string]bool // the number of a withdrawal → whether it has left the user verified
	outcomes []store.Action  // that the team has heard
	ended    int64           // Stripe's time at the end
}

// clock is Stripe's and ours.
type clock struct {
	ms   int64         // Stripe's time in milliseconds since the beginning; events show whole seconds
	skew time.Duration // how far ours is ahead
}

func (c *clock) now() time.Time { return at(c.ms / 1000).Add(c.skew) }

// told is a session at Stripe.
type told struct {
	id, verification, made string
	status                 store.Status
	failed                 bool
	code                   string // as Stripe has it: "" where it left it null
	report                 string
	takenBack              bool   // at a time
	overruled              string // the report of a check that had succeeded, and for which a reason was given when that was taken back the last time
	redacting, redacted    bool
	kept                   bool // it was verified when a redaction was asked for
	unsure                 bool // a redaction or a loss may have come before the program has asked about a verdict that was taken back
	lost, gone             bool // Stripe did not know it at a time, and does not now
}

func (s *story) user() string { return fmt.Sprint("user", s.seed) }

// db is one of the programs.
func (s *story) db() *store.DB { return s.dbs[s.rng.IntN(len(s.dbs))] }

// one says yes one time in n.
func (s *story) one(n int) bool { return s.rng.IntN(n) == 0 }

// of is the session of a verification, or with that id; nil: Stripe has not made it.
func (s *story) of(id string) *told {
	if i := slices.IndexFunc(s.sessions, func(v *told) bool { return v.verification == id || v.id == id }); i >= 0 {
		return s.sessions[i]
	}
	return nil
}

// view is what Stripe says of a session at this moment.
func (s *story) view(v *told) store.News {
	n := store.News{SessionID: v.id, Reference: v.verification, UserID: s.user(), Status: v.status, Failed: v.failed,
		ErrorCode: v.code, ReportID: v.report, Redacting: v.redacting, At: at(s.ms / 1000)}
	if v.redacted {
		n.UserID, n.Redacted = "", true
		if n.Failed {
			n.ErrorCode, n.ReportID = "[redacted]", "[redacted]"
		}
	}
	return n
}

// emit makes the event that tells of a session's change, sometimes with a thin twin.
func (s *story) emit(v *told) {
	n := s.view(v)
	s.events = append(s.events, store.Event{ID: fmt.Sprintf("evt_%d_%d", s.seed, len(s.events)), Type: "identity.verification_session",
		ObjectID: v.id, CreatedAt: n.At, Session: &n})
	s.heard = append(s.heard, false)
	s.say("stripe", s.events[len(s.events)-1].ID, n)
	if s.one(4) {
		s.events = append(s.events, store.Event{ID: fmt.Sprintf("evt_%d_%d", s.seed, len(s.events)), Type: "thin", ObjectID: v.id,
			CreatedAt: n.At, Ask: true})
		s.heard = append(s.heard, false)
	}
}

// say logs what happens, where a single story is repeated.
func (s *story) say(who string, what ...any) {
	if os.Getenv("STORY_SEED") != "" {
		s.t.Logf("%6d %-9s%s", s.ms, who, fmt.Sprintf("%+v", what))
	}
}

// knows says whether all events about a session were heard.
func (s *story) knows(v *told) bool {
	for i, e := range s.events {
		if e.ObjectID == v.id && !s.heard[i] {
			return false
		}
	}
	return true
}

// meanwhile is what the programs hear and do while the story goes on.
func (s *story) meanwhile() {
	for i := range s.events {
		if !s.heard[i] && s.one(4) || s.one(40) {
			s.deliver(i)
		}
	}
	if len(s.sessions) > 0 && s.one(4) {
		s.read(s.sessions[s.rng.IntN(len(s.sessions))])
	}
	if len(s.answers) > 0 && s.one(2) {
		s.record(s.rng.IntN(len(s.answers)))
	}
	if s.one(4) {
		s.decide()
	}
	if !s.one(4) {
		s.claim()
	}
	for range 2 * len(s.tasks) {
		if len(s.tasks) > 0 && s.one(3) {
			s.do(s.tasks[s.rng.IntN(len(s.tasks))])
		}
	}
	if s.kind.jumps && s.one(6) {
		s.skew = time.Duration(s.rng.Int64N(40)-20) * time.Minute
	}
}

// catchUp delivers the rest, in any order, and some of it again, and has all done that is to be done. Of a session of
// which there are no events, or that Stripe does not know, the programs hear by asking.
func (s *story) catchUp() {
	for _, v := range s.sessions {
		if v.status == store.Processing && !v.gone {
			s.pass()
			s.settle(v)
		}
	}
	s.ms = max(s.ms, 0) + 1000*s.rng.Int64N(100)
	for _, v := range s.sessions {
		if v.gone || !slices.ContainsFunc(s.events, func(e store.Event) bool { return e.ObjectID == v.id }) {
			s.read(v)
		}
	}
	if len(s.dbs) > 1 && s.one(4) {
		s.together()
	}
	s.round()
	s.rest()
}

// rest has all done that there still is to do.
func (s *story) rest() {
	for round := 0; s.claim() || slices.Contains(s.heard, false) || s.waiting() > 0; round++ {
		if round > 60 {
			s.t.Fatalf("story %d: what follows must come to an end, still to be done %d", s.seed, s.waiting())
		}
		s.round()
		s.ms += 60_000 // what was put off is due
	}
}

// waiting is how much is still to be done about the user.
func (s *story) waiting() int {
	n, err := s.db().Count(s.t.Context(), "SELECT count(*) FROM actions WHERE done_at IS NULL AND failed_at IS NULL AND user_id = $1", s.user())
	s.must(err, "count what is to be done")
	return n
}

// round delivers and does all there is, in any order.
func (s *story) round() {
	for _, i := range s.rng.Perm(len(s.events)) {
		if !s.heard[i] || s.one(10) {
			s.deliver(i)
		}
		if s.one(20) {
			s.read(s.sessions[s.rng.IntN(len(s.sessions))])
		}
		if len(s.answers) > 0 && s.one(2) {
			s.record(s.rng.IntN(len(s.answers)))
		}
		if s.one(3) {
			s.claim()
		}
		if len(s.tasks) > 0 && s.one(2) {
			s.do(s.tasks[s.rng.IntN(len(s.tasks))])
		}
		s.ms += s.rng.Int64N(700)
	}
	for len(s.answers) > 0 {
		s.record(s.rng.IntN(len(s.answers)))
	}
	for len(s.tasks) > 0 || s.claim() {
		s.do(s.tasks[s.rng.IntN(len(s.tasks))])
	}
}

// tell plays a whole story.
func tell(t *testing.T, kind storyKind, dbs []*store.DB, seed uint64, c *clock) *story {
	t.Helper()
	*c = clock{skew: kind.skew}
	s := &story{t: t, kind: kind, dbs: dbs, seed: seed, rng: rand.New(rand.NewPCG(seed, 1)), clock: c, check: "document",
		attempts: map[string][]string{}, left: map[string]bool{}, failedAt: -1}
	if s.one(8) { // for sessions that expire
		s.ms = -50 * 3_600_000
	}
	for range 3 + s.rng.IntN(10) {
		s.happen()
		s.meanwhile()
	}
	s.catchUp()
	s.comeBack()
	s.rest()
	s.ended = s.ms
	return s
}
