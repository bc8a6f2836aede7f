package store_test

import (
	"fmt"
	"testing"
	"time"

	"example.com/identity-starter/store"
	"example.com/identity-starter/tests"
)

// Actions of a user come in order; other users, and other kinds, wait for nobody.
func TestActionsInOrder(t *testing.T) {
	s := newShared(t)
	one, two := s.process(), s.process()
	for _, user := range []string{"ann", "bob"} {
		mustBegin(t, one, user, "vs_"+user)
	}
	for second, code := range []string{"a", "b", "c"} {
		hear(t, one, "vs_ann", failure(code, int64(second)+1))
	}
	hear(t, one, "vs_bob", failure("a", 1))
	first := claim(t, one, "team", "ann failed a")
	other := claim(t, two, "team", "bob failed a")
	claimNone(t, two, "team") // the rest of ann's has to wait
	closing := claim(t, two, "cancel", "ann superfluous exhausted")
	done(t, two, closing)
	done(t, two, other)
	done(t, one, first)
	for _, want := range []string{"ann failed b", "ann failed c", "ann exhausted c"} {
		done(t, two, claim(t, two, "team", want))
	}
	claimNone(t, one, "team")
}

// One process at a time has an action. When it is gone for too long, another one
// takes over, and what the first one says then changes nothing.
func TestLease(t *testing.T) {
	s := newShared(t)
	one, two := s.process(), s.process()
	mustBegin(t, one, "user", "vs_1")
	hear(t, one, "vs_1", failure("a", 1))
	slow := claim(t, one, "team", "user failed a")
	s.move(119 * time.Second)
	claimNone(t, two, "team")
	s.move(2 * time.Second)
	again := claim(t, two, "team", "user failed a")
	if again.Key != slow.Key || again.Tries != 2 {
		t.Errorf("who takes over must have the same key, and know that it is the second try, got %+v after %+v", again, slow)
	}
	if err := one.Postpone(t.Context(), slow, slow.Wait()); err != nil {
		t.Fatal(err)
	}
	s.move(time.Minute)
	claimNone(t, one, "team") // the second one still has it
	s.move(time.Minute)
	third := claim(t, one, "team", "user failed a")
	done(t, one, third)
	if err := two.Postpone(t.Context(), again, again.Wait()); err != nil {
		t.Fatal(err)
	}
	s.move(24 * time.Hour)
	claimNone(t, two, "team") // it is done
}

// Whoever does not know whether what it gave back is given back does so again, and ends nobody else's lease.
func TestGivenBackTwice(t *testing.T) {
	s := newShared(t)
	one, two := s.process(), s.process()
	mustBegin(t, one, "user", "vs_1")
	hear(t, one, "vs_1", failure("a", 1))
	first := claim(t, one, "team", "user failed a")
	must(t, one.Release(t.Context(), first))
	s.move(time.Second)
	second := claim(t, two, "team", "user failed a")
	if second.Tries != first.Tries {
		t.Errorf("what was given back was not tried, got %d tries after %d", second.Tries, first.Tries)
	}
	must(t, one.Release(t.Context(), first))
	claimNone(t, one, "team")
	must(t, two.Release(t.Context(), second))
	done(t, one, claim(t, one, "team", "user failed a"))
}

// Of many workers in two processes that want an action at once, one gets it.
func TestClaimAtOnce(t *testing.T) {
	s := newShared(t)
	both := [2]*store.DB{s.process(), s.process()}
	for i := range 12 {
		user, session := fmt.Sprint("user", i), fmt.Sprint("vs_", i)
		mustBegin(t, both[0], user, session)
		hear(t, both[0], session, failure("a", 1))
	}
	var claims tally
	atOnce(24, func(i int) {
		list, err := both[i%2].Claim(t.Context(), "team", 1)
		if err != nil {
			t.Errorf("claim: %v", err)
		}
		claims.add(len(list))
		for _, a := range list {
			claims.add(a.UserID)
		}
	})
	if claims.counts["1"] != 12 || len(claims.counts) != 12+2 {
		t.Errorf("each of 12 actions must go to one of 24 workers, got %v", claims.counts)
	}
}

// Whether a session must be closed is looked up when it is done, not when the
// action was written.
func TestMustCancel(t *testing.T) {
	decide := func(decision string) func(*testing.T, *store.DB) {
		return func(t *testing.T, db *store.DB) {
			t.Helper()
			tests.Decide(t, db, store.Decision{UserID: "user", Decision: decision, Reviewer: "r", Reason: "because"})
		}
	}
	for _, c := range []struct {
		rule string
		then func(*testing.T, *store.DB)
		want bool
	}{
		{"attempts are used up", func(*testing.T, *store.DB) {}, true},
		{"a reviewer has given one more", decide("one_more"), false},
		{"a reviewer has approved", decide("approve"), true},
		{"it is being checked", func(t *testing.T, db *store.DB) { hear(t, db, "vs_1", processing(9)) }, false},
		{"it is verified", func(t *testing.T, db *store.DB) { hear(t, db, "vs_1", verified(9)) }, false},
		{"it is closed", func(t *testing.T, db *store.DB) { hear(t, db, "vs_1", canceled("c", 9)) }, false},
	} {
		t.Run(c.rule, func(t *testing.T) {
			db := newShared(t).process()
			mustBegin(t, db, "user", "vs_1")
			for second, code := range []string{"a", "b", "c"} {
				hear(t, db, "vs_1", failure(code, int64(second)+1))
			}
			c.then(t, db)
			if _, must, err := db.MustCancel(t.Context(), "vs_1"); err != nil || must != c.want {
				t.Errorf("must be canceled when %s: want %v, got %v, %v", c.rule, c.want, must, err)
			}
		})
	}
}

// A question that was put off is asked at once when there is news, and soon again where the answer does not settle it: times are
// whole seconds. It is put off as if it had never been.
func TestQuestionPutOffBeginsAnewWithNews(t *testing.T) {
	s := newShared(t)
	asker := store.Consumer{Name: "ask", Wants: func(o store.Outcome) bool { return o.What == store.OutcomeToAsk }}
	db := openAt(t, s.path, store.Options{Consumers: []store.Consumer{asker}, Now: func() time.Time { return at(s.second.Load()) }})
	mustBegin(t, db, "user", "vs_1")
	asks := func(id string) {
		t.Helper()
		if _, err := db.RecordEvent(t.Context(), store.Event{ID: id, Type: "thin", ObjectID: "vs_1", CreatedAt: at(1), Ask: true}); err != nil {
			t.Fatal(err)
		}
	}
	asks("evt_1")
	for n := range 5 {
		a := claim(t, db, "ask", "user to_ask")
		if a.Wait() != 5*time.Second {
			t.Errorf("after news a question must be asked again within seconds, got %v", a.Wait())
		}
		if err := db.Postpone(t.Context(), a, a.Wait()); err != nil {
			t.Fatal(err)
		}
		asks(fmt.Sprint("evt_", n+2))
	}
	first := claim(t, db, "ask", "user to_ask")
	asks("evt_late") // while it is being asked
	s.move(121 * time.Second)
	if again := claim(t, db, "ask", "user to_ask"); again.ID != first.ID || again.Tries != 2 {
		t.Errorf("news must not touch a try that is under way, got %+v after %+v", again, first)
	}
}
