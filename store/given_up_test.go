package store_test

import (
	"fmt"
	"testing"
	"time"

	"example.com/identity-starter/store"
)

// given has the first failure of a user given up, and the second one done.
func given(t *testing.T, s *shared, db *store.DB) store.Action {
	t.Helper()
	mustBegin(t, db, "user", "vs_1")
	hear(t, db, "vs_1", failure("a", 1))
	hear(t, db, "vs_1", failure("b", 2))
	if err := db.GiveUpAction(t.Context(), claim(t, db, "team", "user failed a")); err != nil {
		t.Fatal(err)
	}
	done(t, db, claim(t, db, "team", "user failed b"))
	list, err := db.GivenUp(t.Context(), "team")
	if err != nil || len(list) != 1 || list[0].Code != "a" || list[0].Key != "team:failed:vs_1vr_a_1" || !list[0].CreatedAt.Equal(at(0)) {
		t.Fatalf("what was given up must be listed, and nothing else, got %+v, %v", list, err)
	}
	return list[0]
}

func takesUp(t *testing.T, db *store.DB, a store.Action, rule string, want bool) store.Action {
	t.Helper()
	taken, ok, err := db.TakeUp(t.Context(), a)
	if err != nil || ok != want {
		t.Errorf("%s: want %v, got %v, %v", rule, want, ok, err)
	}
	return taken
}

// What was given up is taken up by one process at a time, and is done once for good. It is no part of its queue meanwhile.
func TestTakenUpOnce(t *testing.T) {
	s := newShared(t)
	one, two := s.process(), s.process()
	a := given(t, s, one)
	taken := takesUp(t, one, a, "what was given up can be taken up", true)
	takesUp(t, two, a, "while one process has it, another does not", false)
	hear(t, one, "vs_1", failure("c", 3))
	done(t, two, claim(t, two, "team", "user failed c"))
	if err := one.LeaveGivenUp(t.Context(), taken); err != nil {
		t.Fatal(err)
	}
	second := takesUp(t, two, a, "what was put back can be taken up", true)
	s.move(3 * time.Minute)
	third := takesUp(t, one, a, "what a process has had that ended can be taken up", true)
	if err := two.LeaveGivenUp(t.Context(), second); err != nil {
		t.Fatal(err)
	}
	takesUp(t, two, a, "whose lease has ended must not end another's", false)
	if err := one.DoneAfterAll(t.Context(), third); err != nil {
		t.Fatal(err)
	}
	takesUp(t, two, a, "what is done is not taken up", false)
	if list, err := two.GivenUp(t.Context(), "team"); err != nil || len(list) > 0 {
		t.Errorf("what is done must not be listed, got %+v, %v", list, err)
	}
	if got := lines(t, s.path, "SELECT code, CASE WHEN done_at IS NOT NULL AND failed_at IS NULL AND lease_until = 0 THEN 1 ELSE 0 END FROM actions WHERE outcome = 'failed'"); fmt.Sprint(got) != "map[a:1 b:1 c:1]" {
		t.Errorf("all of them must be done, got %v", got)
	}
}

// Who is forgotten meanwhile is not named again, and a clock that was ahead holds nothing up.
func TestTakenUpLater(t *testing.T) {
	s := newShared(t)
	db := s.process()
	a := given(t, s, db)
	s.move(240 * time.Hour)
	takesUp(t, db, a, "it stays for as long as nobody looks", true)
	s.move(-240 * time.Hour)
	erase(t, db, "user", "forgotten_1")
	if got := takesUp(t, db, a, "a lease from while the clock was ahead is none", true); got.UserID != "forgotten_1" || got.Tries != 3 {
		t.Errorf("it must be about the user by the name of now, with each try counted, got %+v", got)
	}
}
