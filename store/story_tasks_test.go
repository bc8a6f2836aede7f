package store_test

import (
	"slices"

	"example.com/identity-starter/store"
)

// task is an action that a program has claimed: first it looks, later it acts. Where its lease has run out another
// program does the same.
type task struct {
	store.Action
	program int
	looked  bool
	answer  answer
}

// storyConsumers are those whose actions a story does: what they want is what they want in package outcomes.
func storyConsumers(gate bool) []store.Consumer {
	list := []store.Consumer{
		{Name: "ask", Wants: func(o store.Outcome) bool { return o.What == store.OutcomeToAsk }}}
	if gate {
		list = append(list, store.Consumer{Name: "gate", Wants: func(o store.Outcome) bool { return o.What == store.OutcomeAtGate }})
	}
	return append(list, everybody...)
}

// claim takes some of what is to be done, and says whether there was any.
func (s *story) claim() bool {
	any := false
	for _, kind := range []string{"team", "cancel", "ask", "gate"} {
		program := s.rng.IntN(len(s.dbs))
		list, err := s.dbs[program].Claim(s.t.Context(), kind, 1+s.rng.IntN(3))
		if err != nil {
			s.t.Fatalf("story %d: claim: %v", s.seed, err)
		}
		for _, a := range list {
			any = true
			s.say("claimed", a.Key)
			s.tasks = append(s.tasks, &task{Action: a, program: program})
			if kind != "team" && s.one(5) { // its lease runs out
				s.tasks = append(s.tasks, &task{Action: a, program: len(s.dbs) - 1 - program})
			}
		}
	}
	return any
}

// do takes the next step of a task.
func (s *story) do(t *task) {
	switch {
	case t.Kind == "team":
		if !slices.ContainsFunc(s.outcomes, func(a store.Action) bool { return a.ID == t.ID }) {
			s.outcomes = append(s.outcomes, t.Action)
		}
	case t.Kind == "gate":
		s.must(s.dbs[t.program].OpenGate(s.t.Context(), t.Action, passes(t.ObjectID), "another name"), "open the gate")
	case !t.looked && s.prepare(t):
		return // acts later
	case !t.looked:
	case t.Kind == "cancel":
		s.cancel(t)
	case s.write(t.answer) == store.Asked || !t.answer.missing && t.answer.news.Status == store.Processing:
		s.drop(t)
		if s.one(2) && t.Tries < 4 {
			s.must(s.dbs[t.program].Postpone(s.t.Context(), t.Action, t.Action.Wait()), "put off")
		} else {
			s.must(s.dbs[t.program].Release(s.t.Context(), t.Action), "give back")
		}
		return
	}
	s.say("done", t.Key)
	s.drop(t)
	s.must(s.dbs[t.program].Done(s.t.Context(), t.Action), "end")
}

func (s *story) drop(t *task) {
	s.tasks = slices.DeleteFunc(s.tasks, func(other *task) bool { return other == t })
}

// passes says what is found at the gate.
func passes(session string) bool { return session[len(session)-1]%3 > 0 }

// prepare looks, and says whether there is anything to do.
func (s *story) prepare(t *task) bool {
	if t.Kind == "cancel" {
		_, must, err := s.dbs[t.program].MustCancel(s.t.Context(), t.ObjectID)
		if s.must(err, "must cancel"); !must {
			return false
		}
	}
	t.looked, t.answer = true, s.look(t.program, s.of(t.ObjectID), s.rng.Int64N(3))
	return true
}

// cancel closes a session at Stripe, which cannot be done while it is being checked, or once it is final.
func (s *story) cancel(t *task) {
	v := s.of(t.ObjectID)
	if v.status == store.RequiresInput && !v.gone && !v.redacting {
		v.status, s.failedAt = store.Canceled, s.ms/1000
		s.emit(v)
	}
	knew := t.answer.news.Known
	t.answer = s.look(t.program, v, 0)
	t.answer.news.Known = knew
	s.write(t.answer)
}
