package store_test

import (
	"testing"
	"time"

	"example.com/identity-starter/store"
	"example.com/identity-starter/tests"
)

// That Stripe lists an event proves nothing about webhooks; once a webhook has brought it, it counts as brought, whoever was first.
func TestInspectTellsFetchedFromBrought(t *testing.T) {
	path, now := tests.Database(t), at(100)
	db, err := store.Open(t.Context(), path, store.Options{Consumers: everybody, Now: func() time.Time { return now }})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	for i, step := range []struct {
		id      string
		created int64
		fetched bool
		result  store.Result
		last    int64 // when the last webhook came; 0: never
		newer   int
	}{
		{"evt_1", 10, true, store.Ignored, 0, 1},
		{"evt_2", 20, true, store.Ignored, 0, 2},
		{"evt_1", 10, false, store.Duplicate, 100, 1}, // it was heard of first at 100
		{"evt_1", 10, true, store.Duplicate, 100, 1},
		{"evt_3", 30, false, store.Ignored, 104, 0},
		{"evt_4", 40, true, store.Ignored, 104, 1},
		{"evt_4", 40, false, store.Duplicate, 105, 0},
		{"evt_4", 40, true, store.Duplicate, 105, 0},
	} {
		now = at(100 + int64(i))
		result, err := db.RecordEvent(t.Context(), store.Event{ID: step.id, Type: "t", CreatedAt: at(step.created), Fetched: step.fetched})
		if err != nil || result != step.result {
			t.Fatalf("step %d must be %s, got %s, %v", i, step.result, result, err)
		}
		found, err := store.Inspect(t.Context(), path, false, nil)
		if err != nil || found.Fetched != step.newer || found.LastEvent.IsZero() != (step.last == 0) || step.last > 0 && !found.LastEvent.Equal(at(step.last)) {
			t.Errorf("step %d: the last webhook came at %d, and %d newer events were fetched, got %v and %d, %v", i, step.last, step.newer, found.LastEvent, found.Fetched, err)
		}
	}
}

// Only what is ignored of sessions is counted, by account, within a month of the newest event.
func TestInspectCountsIgnoredByAccount(t *testing.T) {
	path, month := tests.Database(t), int64(30*24*60*60)
	db, err := store.Open(t.Context(), path, store.Options{Consumers: everybody})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	const kind = "identity.verification_session.verified"
	for _, e := range []store.Event{
		{ID: "evt_old", Type: kind, Account: "acct_own", CreatedAt: at(5)},
		{ID: "evt_1", Type: kind, Account: "acct_own", CreatedAt: at(month)},
		{ID: "evt_2", Type: kind, Account: "acct_own", CreatedAt: at(month + 5)},
		{ID: "evt_3", Type: "charge.succeeded", Account: "acct_own", CreatedAt: at(month + 6)},
		{ID: "evt_4", Type: kind, Account: "acct_other", CreatedAt: at(month + 7)},
		{ID: "evt_5", Type: kind, CreatedAt: at(month + 8)},
		{ID: "evt_6", Type: kind, Account: "acct_own", CreatedAt: at(month + 9), Own: true},
	} {
		if _, err := db.RecordEvent(t.Context(), e); err != nil {
			t.Fatal(err)
		}
	}
	found, err := store.Inspect(t.Context(), path, false, nil)
	got := map[string]store.OfAccount{}
	for _, of := range found.Ignored {
		got[of.Account] = of
	}
	if own := got["acct_own"]; err != nil || len(got) != 2 || own.Events != 2 || !own.Last.Equal(at(month+5)) || got["acct_other"].Events != 1 {
		t.Errorf("two of one account, and one of another, got %+v, %v", found.Ignored, err)
	}
}
