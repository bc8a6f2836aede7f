package store_test

import (
	"errors"
	"slices"
	"testing"

	"example.com/identity-starter/store"
	"example.com/identity-starter/tests"
)

// What fits where a user stands, and nothing else, can be decided.
func TestPossibleDecisions(t *testing.T) {
	alone := open(t, store.Options{Consumers: everybody})
	redacts := open(t, store.Options{Consumers: append(slices.Clone(everybody), store.Consumer{Name: "erase", Decision: store.Redact,
		Wants: func(o store.Outcome) bool { return o.What == store.OutcomeRedact }})})
	open := &store.Verification{SessionID: "vs_1", Status: store.RequiresInput}
	final := &store.Verification{SessionID: "vs_1", Status: store.Verified}
	for name, c := range map[string]struct {
		user store.User
		want []string
	}{
		"never started":   {store.User{}, nil},
		"open":            {store.User{Newest: open}, []string{"approve", "reject", "one_more", "cancel", "redact"}},
		"no session yet":  {store.User{Newest: &store.Verification{Status: store.RequiresInput}}, []string{"approve", "reject", "one_more"}},
		"taken back":      {store.User{Newest: &store.Verification{SessionID: "vs_1", Status: store.RequiresInput, Revoked: 1, Spent: true}}, []string{"approve", "reject", "one_more", "redact"}},
		"being checked":   {store.User{Newest: &store.Verification{SessionID: "vs_1", Status: store.Processing}}, []string{"approve", "reject", "one_more", "redact"}},
		"being compared":  {store.User{Newest: final, AtGate: true}, []string{"approve", "reject", "redact"}},
		"in review":       {store.User{Newest: final, InReview: true}, []string{"approve", "reject", "one_more", "redact"}},
		"verified":        {store.User{Newest: final, Verified: true}, []string{"approve", "reject", "redact"}},
		"approved":        {store.User{Newest: final, Verified: true, Approved: true}, []string{"reject", "withdraw", "redact"}},
		"rejected":        {store.User{Newest: final, Rejected: true}, []string{"approve", "withdraw", "redact"}},
		"rejected, open":  {store.User{Newest: open, Rejected: true}, []string{"approve", "withdraw", "cancel", "redact"}},
		"approved, again": {store.User{Newest: open, Verified: true, Approved: true}, []string{"reject", "withdraw", "cancel", "redact"}},
	} {
		if got := redacts.Possible(c.user); !slices.Equal(got, c.want) {
			t.Errorf("%s: %q must be possible, got %q", name, c.want, got)
		}
		c.want = slices.DeleteFunc(c.want, func(d string) bool { return d == "redact" })
		if got := alone.Possible(c.user); !slices.Equal(got, c.want) {
			t.Errorf("%s: what nobody carries out cannot be decided: want %q, got %q", name, c.want, got)
		}
	}
}

// Whatever a decision depends on is part of what a reviewer sees, of whichever session; that the same was true a little
// later is not.
func TestSeen(t *testing.T) {
	for name, c := range map[string]struct {
		happens func(t *testing.T, db *store.DB)
		other   bool
	}{
		"an earlier session verifies": {func(t *testing.T, db *store.DB) { hear(t, db, "vs_1", verified(9)) }, true},
		"a failed check of an earlier session": {func(t *testing.T, db *store.DB) {
			n := failure("b", 2)
			n.Status = store.Canceled
			hear(t, db, "vs_1", n)
		}, true},
		"the newest is being checked": {func(t *testing.T, db *store.DB) { hear(t, db, "vs_2", processing(9)) }, true},
		"the newest fails otherwise":  {func(t *testing.T, db *store.DB) { hear(t, db, "vs_2", failure("abandoned", 9)) }, true},
		"the newest fails once more":  {func(t *testing.T, db *store.DB) { hear(t, db, "vs_2", failure("a", 9)) }, true},
		"the newest is verified":      {func(t *testing.T, db *store.DB) { hear(t, db, "vs_2", verified(9)) }, true},
		"the newest is closed":        {func(t *testing.T, db *store.DB) { hear(t, db, "vs_2", canceled("", 9)) }, true},
		"another one is begun": {func(t *testing.T, db *store.DB) {
			hear(t, db, "vs_2", canceled("a", 9))
			mustBegin(t, db, "ann", "vs_3")
		}, true},
		"a decision": {func(t *testing.T, db *store.DB) { decides(t, db, store.OneMore) }, true},
		"a repeat":   {func(t *testing.T, db *store.DB) { hear(t, db, "vs_2", failure("a", 5)) }, false},
		"the same, later": {func(t *testing.T, db *store.DB) {
			n := failure("a", 9)
			n.ReportID = failure("a", 5).ReportID
			hear(t, db, "vs_2", n)
		}, false},
		"somebody else's news": {func(t *testing.T, db *store.DB) {
			mustBegin(t, db, "bob", "vs_bob")
			hear(t, db, "vs_bob", verified(9))
		}, false},
	} {
		t.Run(name, func(t *testing.T) {
			db := openAt(t, newShared(t).path, store.Options{MaxAttempts: 9, Consumers: everybody})
			mustBegin(t, db, "ann", "vs_1")
			hear(t, db, "vs_1", canceled("", 1))
			mustBegin(t, db, "ann", "vs_2")
			hear(t, db, "vs_2", failure("a", 5))
			before, err := db.User(t.Context(), "ann")
			if err != nil {
				t.Fatal(err)
			}
			c.happens(t, db)
			after, err := db.User(t.Context(), "ann")
			if err != nil || (after.Seen() != before.Seen()) != c.other {
				t.Errorf("there must be something to look at again: %v, got %s and %s, %v", c.other, before.Seen(), after.Seen(), err)
			}
		})
	}
}

// What was decided about a user in one of Stripe's modes says nothing in the other.
func TestDecisionsKeepModesApart(t *testing.T) {
	path := tests.Database(t)
	var modes []*store.DB
	for _, live := range []bool{false, true} {
		db, err := store.Open(t.Context(), path, store.Options{Consumers: everybody, MaxAttempts: 3, Livemode: live})
		if err != nil {
			t.Fatal(err)
		}
		defer db.Close()
		if _, err := db.Begin(t.Context(), "ann", "", store.Made{}); err != nil {
			t.Fatal(err)
		}
		modes = append(modes, db)
	}
	approve := store.Decision{UserID: "ann", Decision: store.Approve, Reviewer: "rita", Reason: "seen"}
	tests.Decide(t, modes[0], approve)
	u, err := modes[1].User(t.Context(), "ann")
	if err != nil || u.Verified {
		t.Errorf("a decision in test mode must not verify in live mode, got %+v, %v", u, err)
	}
	approve.Seen = u.Seen()
	if err := modes[1].Decide(t.Context(), approve); err != nil {
		t.Errorf("the other mode's decision must not be in the way, got %v", err)
	}
	if err := modes[0].Decide(t.Context(), approve); !errors.Is(err, store.ErrAlreadyDecided) {
		t.Errorf("who has not seen the newest decision must be told, got %v", err)
	}
}
