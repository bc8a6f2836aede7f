package store_test

import (
	"testing"

	"example.com/identity-starter/store"
	"example.com/identity-starter/tests"
)

// Actions that are ended together are ended all of them, or, where that fails, none.
func TestDoneIsWhole(t *testing.T) {
	s := newShared(t)
	db := s.process()
	for _, user := range []string{"1", "2"} {
		mustBegin(t, db, user, "vs_"+user)
		hear(t, db, "vs_"+user, store.News{Status: store.Verified, At: at(1)})
	}
	list, err := db.Claim(t.Context(), "team", 2)
	if err != nil || len(list) != 2 {
		t.Fatalf("both must be claimed, got %v, %v", list, err)
	}
	if _, err := tests.Raw(t, s.path).ExecContext(t.Context(), tests.Trigger("refused", "BEFORE UPDATE ON actions", "NEW.user_id = '2'", "not this one")); err != nil {
		t.Fatal(err)
	}
	if err := db.Done(t.Context(), list...); err == nil {
		t.Fatal("it must fail, as the second one does")
	}
	if ended := lines(t, s.path, "SELECT user_id, 'ended' FROM actions WHERE kind = 'team' AND done_at IS NOT NULL"); len(ended) > 0 {
		t.Errorf("where one of several cannot be ended, none is, got %v", ended)
	}
}
