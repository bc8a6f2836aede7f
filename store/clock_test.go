package store_test

import (
	"testing"
	"time"

	"example.com/identity-starter/store"
)

// A clock that was a day ahead, and was set back, holds up nothing that was written meanwhile.
func TestClockSetBack(t *testing.T) {
	s := newShared(t)
	db := s.process()
	s.move(24 * time.Hour)
	mustBegin(t, db, "new", "vs_new")
	hear(t, db, "vs_new", failure("a", 1))
	mustBegin(t, db, "tried", "vs_tried")
	hear(t, db, "vs_tried", failure("a", 1))
	for _, a := range mustClaim(t, db, "team", 2) {
		if a.UserID == "tried" {
			if err := db.Postpone(t.Context(), a, a.Wait()); err != nil {
				t.Fatal(err)
			}
		} // the other one is leased, by a program that is no more
	}
	s.move(-24 * time.Hour)
	if list, err := db.Claim(t.Context(), "team", 2); err != nil || len(list) > 0 {
		t.Fatalf("before the clock is noticed nothing is due, got %v, %v", list, err)
	}
	other := s.process() // a start notices it
	if list := mustClaim(t, other, "team", 2); len(list) != 2 {
		t.Errorf("what was written ahead must be due, got %v", list)
	}
	if _, _, due, err := other.NextCheck(t.Context()); err != nil || !due {
		t.Errorf("and so must be the look at what was begun ahead, got %v, %v", due, err)
	}
	s.move(time.Second)
	if err := db.NotAhead(t.Context()); err != nil {
		t.Fatal(err)
	}
	if list, err := db.Claim(t.Context(), "team", 2); err != nil || len(list) > 0 {
		t.Errorf("a lease of just now is not ahead, got %v, %v", list, err)
	}
}

// mustClaim claims actions.
func mustClaim(t *testing.T, db *store.DB, kind string, most int) []store.Action {
	t.Helper()
	list, err := db.Claim(t.Context(), kind, most)
	if err != nil {
		t.Fatalf("claim: %v", err)
	}
	return list
}
