package store_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"example.com/identity-starter/store"
	"example.com/identity-starter/tests"
)

// crowdThatWaits is a file in which so many users have an action that was put off, and three more behind it, opened
// as a program opens it that has counted the rows (ANALYZE), or has not.
func crowdThatWaits(t *testing.T, users int, counted bool) *store.DB {
	t.Helper()
	path := tests.Database(t)
	openAt(t, path, store.Options{Consumers: everybody})
	raw := tests.Crowd(t, path, users)
	soon := time.Now().Add(time.Hour).Unix()
	if _, err := raw.ExecContext(t.Context(), `WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 4 * $1 - 1)
		INSERT INTO actions (key, livemode, kind, outcome, person, user_id, object_id, code, created_at, due_at, followed, tries)
		SELECT 'team:failed:old' || i, 0, 'team', 'failed', i / 4 + 1, 'old' || (i / 4 + 1), 'vs_old_' || (i / 4 + 1), 'a', CAST($2 AS BIGINT) - 7200,
		    CASE WHEN i % 4 = 0 THEN CAST($2 AS BIGINT) END, CASE WHEN i % 4 = 0 THEN 1 ELSE 0 END, CASE WHEN i % 4 = 0 THEN 1 ELSE 0 END FROM n WHERE $1 > 0`, users, soon); err != nil {
		t.Fatal(err)
	}
	if counted {
		if _, err := raw.ExecContext(t.Context(), "ANALYZE"); err != nil {
			t.Fatal(err)
		}
	}
	return openAt(t, path, store.Options{Consumers: everybody, MaxAttempts: 1000})
}

// fails records one more failed check of a user.
func fails(t *testing.T, db *store.DB, user string, number int) error {
	n := failure(fmt.Sprint("code", number), int64(number))
	n.SessionID, n.ReportID = "vs_"+user, "vr_"+user+n.ErrorCode
	result, err := db.RecordEvent(t.Context(), store.Event{ID: "evt_" + n.ReportID, Type: "t", CreatedAt: n.At, Session: &n})
	if err == nil && result != store.Applied {
		err = fmt.Errorf("the failure is %s", result)
	}
	return err
}

// takes claims so many actions, which must be there, and returns the first.
func takes(t *testing.T, db *store.DB, most, want int) (store.Action, error) {
	list, err := db.Claim(t.Context(), "team", most)
	if err != nil || len(list) != want {
		return store.Action{}, fmt.Errorf("want %d actions, got %+v, %w", want, list, err)
	}
	return append(list, store.Action{})[0], nil
}

// Many users whose first action was put off hold up nobody: neither who looks for work, nor news that makes some.
func TestManyThatWaitSlowNothingDown(t *testing.T) {
	for name, counted := range map[string]bool{"as SQLite guesses": false, "with the rows counted": true} {
		t.Run(name, func(t *testing.T) {
			empty, filled := crowdThatWaits(t, 0, counted), crowdThatWaits(t, 30_000, counted)
			for _, db := range []*store.DB{empty, filled} {
				for i := range 20 {
					mustBegin(t, db, fmt.Sprint("user", i), fmt.Sprint("vs_user", i))
				}
			}
			for _, what := range []struct {
				name string
				do   func(db *store.DB, user string) error
			}{
				{"Claim of nothing", func(db *store.DB, _ string) error { _, err := takes(t, db, 64, 0); return err }},
				{"RecordEvent", func(db *store.DB, user string) error { return fails(t, db, user, 1) }},
				{"RecordEvent with one before it", func(db *store.DB, user string) error { return fails(t, db, user, 2) }},
				{"Claim and Done", func(db *store.DB, _ string) error {
					a, err := takes(t, db, 1, 1)
					return errors.Join(err, db.Done(t.Context(), a))
				}},
				{"Claim and Postpone", func(db *store.DB, _ string) error {
					a, err := takes(t, db, 1, 1)
					e := db.Postpone(t.Context(), a, a.Wait())
					return errors.Join(err, e)
				}},
			} {
				tests.MustNotDepend(t, what.name, empty, filled, what.do)
			}
		})
	}
}

// The queue of one user may be long: its end is found at once, and so is the one that comes next.
func TestLongQueue(t *testing.T) {
	empty, filled := crowdThatWaits(t, 0, false), crowdThatWaits(t, 0, false)
	for _, db := range []*store.DB{empty, filled} {
		mustBegin(t, db, "user", "vs_user")
	}
	if err := filled.Exec(t.Context(), `WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 49999)
		INSERT INTO actions (key, livemode, kind, outcome, person, user_id, object_id, code, created_at, due_at, followed)
		SELECT 'team:failed:old' || i, 0, 'team', 'failed', 1, 'user', 'vs_user', 'a', 0, CASE WHEN i = 0 THEN 0 END, CASE WHEN i = 0 THEN 1 ELSE 0 END FROM n`); err != nil {
		t.Fatal(err)
	}
	number := map[*store.DB]int{}
	tests.MustNotDepend(t, "RecordEvent", empty, filled, func(db *store.DB, _ string) error {
		number[db]++
		return fails(t, db, "user", number[db])
	})
	tests.MustNotDepend(t, "Claim and Done", empty, filled, func(db *store.DB, _ string) error {
		a, err := takes(t, db, 64, 1)
		if err != nil {
			return err
		}
		return db.Done(t.Context(), a)
	})
}
