package store_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"

	"example.com/identity-starter/store"
)

// refusals are why nobody may begin now.
var refusals = []error{store.ErrAlreadyVerified, store.ErrProcessing, store.ErrInReview, store.ErrRejected, store.ErrAttemptsExhausted}

// click begins, and asks Stripe about the session that is open, or makes it; the answer to the create may get lost. From
// time to time another check is asked for.
func (s *story) click() {
	if s.one(10) {
		s.check = []string{"document", "document selfie"}[s.rng.IntN(2)]
	}
	v, err := s.db().Begin(s.t.Context(), s.user(), "", store.Made{Check: s.check})
	if err != nil {
		if !slices.ContainsFunc(refusals, func(refusal error) bool { return errors.Is(err, refusal) }) {
			s.t.Fatalf("story %d: begin: %v", s.seed, err)
		}
		return
	}
	s.say("begun", v)
	made := s.of(v.ID)
	if made == nil {
		made = &told{id: fmt.Sprintf("vs_%d_%d", s.seed, len(s.sessions)), verification: v.ID, made: s.check, status: store.RequiresInput}
		s.sessions = append(s.sessions, made)
	}
	s.mayBeHanded(v, made)
	if !s.one(3) {
		s.read(made)
		s.record(len(s.answers) - 1)
	}
}

// comeBack has the user click once more, when all is known.
func (s *story) comeBack() {
	v, err := s.db().Begin(s.t.Context(), s.user(), "", store.Made{Check: s.check})
	if made := s.of(v.ID); err == nil && made != nil {
		s.mayBeHanded(v, made)
	}
}

// mayBeHanded looks whether somebody may be sent to that session.
func (s *story) mayBeHanded(v store.Verification, made *told) {
	switch {
	case made.made != s.check:
		s.t.Errorf("story %d: nobody may be sent to a session made for another check, got %+v", s.seed, v)
	case made.takenBack && s.knows(made):
		s.t.Errorf("story %d: nobody may be sent to a session whose verdict was taken back, got %+v", s.seed, v)
	case made.status == store.Canceled && s.knows(made):
		s.t.Errorf("story %d: nobody may be sent to a session that Stripe has canceled, got %+v", s.seed, v)
	}
}

// answer is what Stripe has told a program, which records it some time later.
type answer struct {
	program int
	news    store.News
	missing bool
}

// look asks about a session, once it was read what is known of it. The time of an answer is Stripe's Date header, which
// has no fractions, less the time that the call has taken.
func (s *story) look(program int, v *told, slow int64) answer {
	row, err := s.dbs[program].Find(s.t.Context(), v.verification)
	s.must(err, "find the verification")
	a := answer{program: program, news: s.view(v), missing: v.gone}
	a.news.At, a.news.Known = at(s.ms/1000-1-slow), row.State()
	a.news.Reference, a.news.UserID = v.verification, s.user() // the one that was asked about
	return a
}

// read asks about a session, from any program.
func (s *story) read(v *told) {
	s.answers = append(s.answers, s.look(s.rng.IntN(len(s.dbs)), v, s.rng.Int64N(3)))
}

// record writes one of the answers down.
func (s *story) record(i int) {
	a := s.answers[i]
	s.answers = slices.Delete(s.answers, i, i+1)
	s.write(a)
}

func (s *story) write(a answer) store.Result {
	if a.missing {
		s.say("missing", a.news.SessionID)
		s.must(s.dbs[a.program].RecordMissing(s.t.Context(), a.news.Reference), "record a missing session")
		return store.Applied
	}
	result, err := s.dbs[a.program].RecordSession(s.t.Context(), a.news)
	s.must(err, "record an answer")
	s.say("recorded", a, result)
	return result
}

func (s *story) must(err error, what string) {
	s.t.Helper()
	if err != nil {
		s.errorf("%s: %v", what, err)
	}
}

// together has the programs hear all events at the same time, each in an order of its own, and ask in between.
func (s *story) together() {
	var all sync.WaitGroup
	for program, db := range s.dbs {
		rng := rand.New(rand.NewPCG(s.seed, uint64(2+program)))
		all.Go(func() {
			for _, i := range rng.Perm(len(s.events)) {
				result, err := db.RecordEvent(s.t.Context(), s.events[i])
				s.must(err, "record an event")
				s.say("heard", program, s.events[i].ID, result)
				if rng.IntN(3) == 0 {
					s.write(s.look(program, s.of(s.events[i].ObjectID), rng.Int64N(3)))
				}
			}
		})
	}
	all.Wait()
	for i := range s.heard {
		s.heard[i] = true
	}
}

func (s *story) deliver(i int) {
	result, err := s.db().RecordEvent(s.t.Context(), s.events[i])
	if err != nil || s.heard[i] != (result == store.Duplicate) {
		s.t.Fatalf("story %d: event %d, heard before: %v, got %s, %v", s.seed, i, s.heard[i], result, err)
	}
	s.heard[i] = true
	s.say("heard", s.events[i].ID, result)
}

// decide is a reviewer's decision.
func (s *story) decide() {
	db := s.db()
	u, err := db.User(s.t.Context(), s.user())
	s.must(err, "read the user")
	possible := db.Possible(u)
	if len(possible) == 0 {
		return
	}
	d := store.Decision{UserID: s.user(), Decision: possible[s.rng.IntN(len(possible))], Reviewer: "rita", Reason: "seen", Seen: u.Seen()}
	s.must(db.Decide(s.t.Context(), d), d.Decision)
	s.say("reviewer", d.Decision)
	switch d.Decision {
	case store.Approve, store.Reject:
		s.words = append(s.words, d.Decision)
	case store.Withdraw:
		s.words = s.words[:len(s.words)-1]
		number, err := db.Count(s.t.Context(), "SELECT max(id) FROM decisions")
		s.must(err, "read the decision")
		u, err = db.User(s.t.Context(), s.user())
		s.must(err, "read the user")
		s.left[fmt.Sprint(number)] = u.Verified
	}
}
