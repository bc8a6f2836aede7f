package outcomes_test

import (
	"strings"
	"testing"
	"time"

	"example.com/identity-starter/gateway"
	"example.com/identity-starter/store"
)

// A session that had to be left out, since an older one of the same user was not known to be closed, is found by
// the list after that: a list that leaves something out is no whole one.
func TestLeftOutIsListedAgain(t *testing.T) {
	w := watch(t, time.Now)
	older := w.begin(t, "ann")
	tag, err := w.db.Tag(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	lost := tag + strings.Repeat("A", 26)
	if _, err := w.stripe.CreateSession(t.Context(), gateway.NewSession{IdempotencyKey: lost, Reference: lost, UserID: "ann"}); err != nil {
		t.Fatal(err)
	}
	list := func(leftOut, news int) {
		t.Helper()
		if got, err := w.r.Unknown(t.Context()); err != nil || got.LeftOut != leftOut || got.Changed != news || got.Failed != 0 || got.Others != 0 {
			t.Errorf("want %d left out, %d found, got %+v, %v", leftOut, news, got, err)
		}
		if reached, err := w.db.Reached(t.Context(), store.ListedSessions); err != nil || reached.IsZero() != (leftOut > 0) {
			t.Errorf("only a list that leaves nothing out is a whole one, got %v, %v after %d left out", reached, err, leftOut)
		}
	}
	list(1, 0)
	if _, err := w.stripe.CancelSession(t.Context(), older.SessionID); err != nil {
		t.Fatal(err)
	}
	if _, err := w.r.One(t.Context(), older); err != nil {
		t.Fatal(err)
	}
	list(0, 1)
	list(0, 0)
	if v, err := w.db.Find(t.Context(), lost); err != nil || v.UserID != "ann" || v.SessionID == "" {
		t.Errorf("the session must have its row, under its reference, got %+v, %v", v, err)
	}
}
