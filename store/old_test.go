package store_test

import (
	"fmt"
	"testing"
	"time"

	"example.com/identity-starter/store"
	"example.com/identity-starter/tests"
)

// What has had its time goes, in batches, and nothing else: what was given up stays for people to look at, what is not done
// stays until it is, and rows of the other mode are another program's.
func TestRemoveOld(t *testing.T) {
	db := openAt(t, tests.Database(t), store.Options{Now: func() time.Time { return at(0) }})
	ago := func(days int64) int64 { return at(0).Unix() - days*86400 }
	if err := inTx(t.Context(), db, func(do exec) error {
		for i := range 450 {
			if err := do(`INSERT INTO actions (key, livemode, kind, outcome, person, user_id, object_id, code, created_at, done_at)
				VALUES ($1, 0, 'team', 'failed', 1, 'u', 'o', '', 1, $2)`, fmt.Sprint("old", i), ago(31)); err != nil {
				return err
			}
			if err := do(`INSERT INTO events (id, type, livemode, account, object_id, created_at, received_at, result)
				VALUES ($1, 't', 0, '', '', $2, 1, 'ignored')`, fmt.Sprint("evt_old", i), ago(91)); err != nil {
				return err
			}
			if err := do(`INSERT INTO minutes (livemode, minute) VALUES (0, $1)`, ago(33)/60-int64(i)); err != nil {
				return err
			}
		}
		for key, row := range map[string][]any{"young": {0, ago(29), nil}, "given up": {0, nil, ago(400)}, "waits": {0, nil, nil}, "live": {1, ago(400), nil}} {
			if err := do(`INSERT INTO actions (key, livemode, kind, outcome, person, user_id, object_id, code, created_at, done_at, failed_at)
				VALUES ($1, $2, 'team', 'failed', 1, 'u', 'o', '', 1, $3, $4)`, append([]any{key}, row...)...); err != nil {
				return err
			}
		}
		if err := do(`INSERT INTO minutes (livemode, minute) VALUES (0, $1), (1, 1)`, ago(31)/60); err != nil {
			return err
		}
		return do(`INSERT INTO events (id, type, livemode, account, object_id, created_at, received_at, result)
			VALUES ('evt_young', 't', 0, '', '', $1, 1, 'ignored'), ('evt_live', 't', 1, '', '', 1, 1, 'ignored')`, ago(89))
	}); err != nil {
		t.Fatal(err)
	}
	if err := db.RemoveOld(t.Context()); err != nil {
		t.Fatal(err)
	}
	for query, want := range map[string]int{
		"SELECT count(*) FROM actions WHERE key LIKE 'old%'":                               0,
		"SELECT count(*) FROM actions WHERE key IN ('young', 'given up', 'waits', 'live')": 4,
		"SELECT count(*) FROM events WHERE id LIKE 'evt_old%'":                             0,
		"SELECT count(*) FROM events":                                                      2,
		"SELECT count(*) FROM minutes":                                                     2,
	} {
		if got, err := db.Count(t.Context(), query); err != nil || got != want {
			t.Errorf("what had its time must go, and nothing else: %s: want %d, got %d, %v", query, want, got, err)
		}
	}
}

// An event that the team has yet to be told of stays until that is done, however long it takes: what it is about is there
// alone. So does one that is old by Stripe's clock and has only just come, since it may come once more.
func TestRemoveOldLeavesWhatIsNeeded(t *testing.T) {
	second := at(0).Unix()
	own := store.Consumer{Name: "event", Wants: func(o store.Outcome) bool { return o.What == store.OutcomeOwnEvent }}
	db := openAt(t, tests.Database(t), store.Options{Now: func() time.Time { return time.Unix(second, 0) }, Consumers: []store.Consumer{own}})
	receive := func(id string, created time.Time, want store.Result) {
		t.Helper()
		e := store.Event{ID: id, Type: "payout.paid", ObjectID: id, CreatedAt: created, Own: true}
		if got, err := db.RecordEvent(t.Context(), e); err != nil || got != want {
			t.Errorf("%s: want %s, got %s, %v", id, want, got, err)
		}
	}
	removeAfter := func(days int64) {
		t.Helper()
		second += days * 86400
		if err := db.RemoveOld(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	receive("evt_waits", at(0), store.Applied)
	removeAfter(91)
	receive("evt_old", at(0).AddDate(0, 0, -1), store.Applied) // of a test clock
	removeAfter(1)
	receive("evt_old", at(0).AddDate(0, 0, -1), store.Duplicate)
	list, err := db.Claim(t.Context(), "event", 9)
	if err != nil || len(list) != 2 {
		t.Fatalf("both events are to be told, got %+v, %v", list, err)
	}
	for _, a := range list {
		if _, err := db.Event(t.Context(), a.ObjectID); err != nil {
			t.Errorf("an event that is still to be told must be there, got %s, %v", a.ObjectID, err)
		}
	}
	done(t, db, list...)
	removeAfter(91)
	if left, err := db.Count(t.Context(), "SELECT count(*) FROM events"); err != nil || left != 0 {
		t.Errorf("and is removed once it was, got %d, %v", left, err)
	}
}
