package erase_test

import (
	"testing"
	"time"

	"example.com/identity-starter/extras/erase"
	"example.com/identity-starter/store"
	"example.com/identity-starter/tests"
)

// Whoever comes back before Stripe is done has the new session redacted, too, once nobody can be at it any more.
func TestForgetWaitsForEverySession(t *testing.T) {
	now := time.Now()
	db, first := toForget(t, "user", store.Options{Now: func() time.Time { return now }})
	forget(t, db, "nothing is redacted yet", 1, true)
	second := has(t, db, "user", "vs_2", store.RequiresInput)
	says(t, db, first, "vs_1", store.Canceled, true)
	forget(t, db, "a session was begun meanwhile", 1, true)
	if list, err := erase.ToRedact(t.Context(), db, "user"); err != nil || len(list) != 0 {
		t.Errorf("somebody may be at the new session: it must not be redacted yet, got %+v, %v", list, err)
	}
	now = now.Add(time.Hour)
	forget(t, db, "the session has been left alone for an hour", 1, true)
	list, err := erase.ToRedact(t.Context(), db, "user")
	if err != nil || len(list) != 1 || list[0].ID != second.ID {
		t.Errorf("the new session must be redacted as well, got %+v, %v", list, err)
	}
	says(t, db, second, "vs_2", store.Canceled, true)
	forget(t, db, "all is redacted", 0, false)
	forget(t, db, "a second time", 0, false)
}

// What somebody writes about a user after the wish goes with the user's id.
func TestForgetBlanksWhatWasWrittenSince(t *testing.T) {
	db, v := toForget(t, "user", store.Options{})
	tests.Decide(t, db, store.Decision{UserID: "user", Decision: store.Approve, Reviewer: "rita", Reason: "a kind person"})
	says(t, db, v, "vs_1", store.Canceled, true)
	tests.Decide(t, db, store.Decision{UserID: "user", Decision: store.Reject, Reviewer: "rita", Reason: "no more"})
	forget(t, db, "all is redacted", 0, false)
	if n := count(t, db, "SELECT count(*) FROM decisions WHERE reason = '' AND user_id LIKE 'forgotten_%'"); n != 2 {
		t.Errorf("both decisions must stay without the words, got %d", n)
	}
}

// A reviewer who is forgotten as a user is not named in decisions about others either.
func TestForgetReviewer(t *testing.T) {
	db, v := toForget(t, "user", store.Options{})
	has(t, db, "other", "vs_2", store.Canceled)
	tests.Decide(t, db, store.Decision{UserID: "other", Decision: store.Approve, Reviewer: "user", Reason: "seen"})
	says(t, db, v, "vs_1", store.Canceled, true)
	forget(t, db, "all is redacted", 0, false)
	if n := count(t, db, "SELECT count(*) FROM decisions WHERE user_id = 'other' AND reason = 'seen' AND reviewer LIKE 'forgotten_%'"); n != 1 {
		t.Error("what was decided about somebody else must stay, by nobody who is known")
	}
}

// A verification that has no session yet may get one: it is waited for until no click can be at it any more.
func TestForgetWaitsForASessionThatIsBeingMade(t *testing.T) {
	now := time.Now()
	db, first := toForget(t, "user", store.Options{Now: func() time.Time { return now }})
	says(t, db, first, "vs_1", store.Canceled, true)
	second, err := db.Begin(t.Context(), "user", "", store.Made{}) // a click: Stripe is asked to make a session
	if err != nil {
		t.Fatal(err)
	}
	forget(t, db, "a click may be having a session made", 1, true)
	if err := erase.Want(t.Context(), db, "user", 0, erase.Everything, true); err != nil { // now it is among those that are meant
		t.Fatal(err)
	}
	if v, err := db.Find(t.Context(), second.ID); err != nil || v.Open() {
		t.Errorf("nobody may be sent to it any more, got %+v, %v", v, err)
	}
	gives := func(rule string, after time.Duration, want bool) {
		now = now.Add(after)
		if gone, err := db.GiveUpUnmade(t.Context(), second.ID); err != nil || gone != want {
			t.Errorf("%s: it must be given up: %v, got %v, %v", rule, want, gone, err)
		}
	}
	gives("the create is under way", 30*time.Second, false)
	forget(t, db, "the create is under way", 1, true)
	gives("no create takes so long", 31*time.Second, true)
	forget(t, db, "there is none", 0, false)
}
