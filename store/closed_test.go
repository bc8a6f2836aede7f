package store_test

import (
	"testing"
	"time"

	"example.com/identity-starter/store"
	"example.com/identity-starter/tests"
)

// annBegins is a file of its own in which ann has begun a verification.
func annBegins(t *testing.T) (*store.DB, store.Verification) {
	t.Helper()
	db, err := store.Open(t.Context(), tests.Database(t), store.Options{Consumers: everybody, MaxAttempts: 3})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	v, err := db.Begin(t.Context(), "ann", "", store.Made{})
	if err != nil {
		t.Fatal(err)
	}
	return db, v
}

// toldOf is what Stripe tells of a session, at a second of its clock.
func toldOf(t *testing.T, db *store.DB, n store.News, at int64) {
	t.Helper()
	n.At = time.Unix(at, 0)
	if _, err := db.RecordSession(t.Context(), n); err != nil {
		t.Fatal(err)
	}
}

// Whoever was rejected while a check was under way has no working link
// afterwards: each check is billed, and this one decides nothing.
func TestRejectedWhileBeingChecked(t *testing.T) {
	db, v := annBegins(t)
	news := store.News{SessionID: "vs_ann", Reference: v.ID, UserID: "ann", Status: store.Processing}
	toldOf(t, db, news, 10)
	tests.Decide(t, db, store.Decision{UserID: "ann", Decision: store.Reject, Reviewer: "rev", Reason: "seen"})
	claim := func() bool {
		list, err := db.Claim(t.Context(), "cancel", 1)
		if err == nil {
			err = db.Done(t.Context(), list...)
		}
		if err != nil {
			t.Fatal(err)
		}
		return len(list) > 0
	}
	claim() // it is being checked: nothing can be closed yet
	news.Status, news.Failed, news.ErrorCode, news.ReportID = store.RequiresInput, true, "document_expired", "vr_ann"
	toldOf(t, db, news, 20)
	if !claim() {
		t.Error("a session that comes back from its check must be closed for somebody who was rejected")
	}
}

// What Stripe has redacted is redacted here, whoever has asked for it.
func TestRedactionBlanksWhatPeopleWrote(t *testing.T) {
	db, v := annBegins(t)
	news := store.News{SessionID: "vs_ann", Reference: v.ID, UserID: "ann", Status: store.Verified}
	toldOf(t, db, news, 10)
	tests.Decide(t, db, store.Decision{UserID: "ann", Decision: store.Reject, Reviewer: "rev", Reason: "words"})
	news.Redacted = true
	toldOf(t, db, news, 20)
	n, err := db.Count(t.Context(), `SELECT count(*) FROM decisions WHERE reason = '' AND session_id = 'vs_ann' AND stripe_status = 'verified'`)
	if err != nil || n != 1 {
		t.Errorf("a redaction must blank the reason and leave the rest, got %d, %v", n, err)
	}
}
