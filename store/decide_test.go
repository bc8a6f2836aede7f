package store_test

import (
	"errors"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"example.com/identity-starter/store"
)

// What fits where a user stands, and nothing else, can be decided.
func TestPossibleDecisions(t *testing.T) {
	open := &store.Verification{SessionID: "vs_1", Status: store.RequiresInput}
	final := &store.Verification{SessionID: "vs_1", Status: store.Verified}
	for name, c := range map[string]struct {
		user store.User
		want []string
	}{
		"never started":   {store.User{}, nil},
		"open":            {store.User{Newest: open}, []string{"approve", "reject", "one_more", "cancel", "redact"}},
		"no session yet":  {store.User{Newest: &store.Verification{Status: store.RequiresInput}}, []string{"approve", "reject", "one_more"}},
		"being checked":   {store.User{Newest: &store.Verification{SessionID: "vs_1", Status: store.Processing}}, []string{"approve", "reject", "one_more", "redact"}},
		"being compared":  {store.User{Newest: final, Comparing: true}, []string{"approve", "reject", "redact"}},
		"in review":       {store.User{Newest: final, InReview: true}, []string{"approve", "reject", "one_more", "redact"}},
		"verified":        {store.User{Newest: final, Verified: true}, []string{"approve", "reject", "redact"}},
		"approved":        {store.User{Newest: final, Verified: true, Approved: true}, []string{"reject", "redact"}},
		"rejected":        {store.User{Newest: final, Rejected: true}, []string{"approve", "redact"}},
		"rejected, open":  {store.User{Newest: open, Rejected: true}, []string{"approve", "cancel", "redact"}},
		"approved, again": {store.User{Newest: open, Verified: true, Approved: true}, []string{"reject", "cancel", "redact"}},
	} {
		if got := c.user.Possible(); !slices.Equal(got, c.want) {
			t.Errorf("%s: %q must be possible, got %q", name, c.want, got)
		}
	}
}

// What was decided about a user in one of Stripe's modes says nothing in the other.
func TestDecisionsKeepModesApart(t *testing.T) {
	path := filepath.Join(t.TempDir(), "starter.db")
	var modes []*store.DB
	for _, live := range []bool{false, true} {
		db, err := store.Open(t.Context(), path, store.Options{MaxAttempts: 3, Livemode: live})
		if err != nil {
			t.Fatal(err)
		}
		defer db.Close()
		if _, err := db.Begin(t.Context(), "ann"); err != nil {
			t.Fatal(err)
		}
		modes = append(modes, db)
	}
	approve := store.Decision{UserID: "ann", Decision: store.Approve, Reviewer: "rita", Reason: "seen"}
	if err := modes[0].Decide(t.Context(), approve); err != nil {
		t.Fatal(err)
	}
	u, err := modes[1].User(t.Context(), "ann")
	if err != nil || u.Verified {
		t.Errorf("a decision in test mode must not verify in live mode, got %+v, %v", u, err)
	}
	if err := modes[1].Decide(t.Context(), approve); err != nil {
		t.Errorf("the other mode's decision must not be in the way, got %v", err)
	}
	if err := modes[0].Decide(t.Context(), approve); !errors.Is(err, store.ErrAlreadyDecided) {
		t.Errorf("who has not seen the newest decision must be told, got %v", err)
	}
}

// Days of the overview are UTC days, today the last; what is older is not counted.
func TestOverview(t *testing.T) {
	now := time.Date(2026, 3, 31, 12, 0, 0, 0, time.UTC)
	db, err := store.Open(t.Context(), filepath.Join(t.TempDir(), "starter.db"), store.Options{MaxAttempts: 3, Now: func() time.Time { return now }})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	for user, at := range map[string]time.Time{"ann": now, "bob": now.Add(3 * time.Second), "cid": now.AddDate(0, 0, -29), "dan": now.AddDate(0, 0, -30)} {
		v, err := db.Begin(t.Context(), user)
		if err != nil {
			t.Fatal(err)
		}
		n := store.News{SessionID: "vs_" + user, Reference: v.ID, UserID: user, Status: store.RequiresInput, Failed: true, ErrorCode: "document_expired", ReportID: "vr_" + user, At: at}
		if user == "ann" {
			n.Status, n.Failed, n.ErrorCode = store.Verified, false, ""
		}
		if _, err := db.RecordSession(t.Context(), n); err != nil {
			t.Fatal(err)
		}
	}
	o, err := db.Overview(t.Context(), 30)
	if err != nil {
		t.Fatal(err)
	}
	if len(o.Failed) != 30 || o.Failed[0] != 1 || o.Failed[29] != 1 || o.Verified[29] != 1 || !o.Since.Equal(time.Date(2026, 3, 2, 0, 0, 0, 0, time.UTC)) {
		t.Errorf("30 days must end today, got %+v", o)
	}
	if len(o.Reasons) != 1 || o.Reasons[0] != (store.Reason{Code: "document_expired", Count: 2}) {
		t.Errorf("reasons must be counted, got %+v", o.Reasons)
	}
}
