package review_test

import (
	"strings"
	"testing"

	"example.com/identity-starter/extras/review"
	"example.com/identity-starter/store"
)

// Of a long story the newest part is told, in the order in which it happened.
func TestStoryTellsTheNewest(t *testing.T) {
	db, raw := newFile(t, 0)
	if _, err := db.Begin(t.Context(), "somebody", "", store.Made{}); err != nil {
		t.Fatal(err)
	}
	for _, statement := range []string{
		`UPDATE verifications SET session_id = 'vs_1', created_at = 0`,
		`WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1200)
		 INSERT INTO events (id, person, type, livemode, account, object_id, created_at, received_at, result)
		 SELECT 'evt_' || i, 1, 't', 0, '', 'vs_1', i, i, 'stale' FROM n`,
	} {
		if _, err := raw.ExecContext(t.Context(), statement); err != nil {
			t.Fatal(err)
		}
	}
	list, err := review.Story(t.Context(), db, "somebody")
	if err != nil || len(list) != 1000 {
		t.Fatalf("a story has a thousand entries at most, got %d, %v", len(list), err)
	}
	if first, last := list[0].At.Unix(), list[999].At.Unix(); first != 201 || last != 1200 {
		t.Errorf("the entries told must be the newest, oldest first: want 201 to 1200, got %d to %d", first, last)
	}
}

// What happened within a second is told in the order in which one follows from the
// other, and what has a number in that of its numbers.
func TestStoryOfOneSecond(t *testing.T) {
	db, raw := newFile(t, 0)
	if _, err := db.Begin(t.Context(), "ann", "", store.Made{}); err != nil {
		t.Fatal(err)
	}
	for _, statement := range []string{
		`UPDATE verifications SET session_id = 'vs_1', created_at = 9, gate = 'held', gate_note = 'another name', error_code = 'abandoned'`,
		`INSERT INTO events (id, person, type, livemode, account, object_id, created_at, received_at, result)
		 VALUES ('evt_b', 1, 'first', 0, '', 'vs_1', 9, 10, 'applied'), ('evt_a', 1, 'second', 0, '', 'vs_1', 9, 11, 'stale')`,
		`INSERT INTO attempts (report_id, person, livemode, session_id, user_id, code, created_at) VALUES ('vr_1', 1, 0, 'vs_1', 'ann', 'document_expired', 9)`,
		`INSERT INTO actions (key, livemode, kind, outcome, person, user_id, object_id, code, created_at, due_at, done_at, failed_at)
		 SELECT 'k' || i, 0, CASE i WHEN 10 THEN 'cancel' ELSE 'team' END, CASE i WHEN 10 THEN 'superfluous' ELSE 'failed' END, 1, 'ann', 'vs_1',
		    CASE i WHEN 10 THEN 'verified' ELSE 'abandoned' END, 9, 9, CASE i WHEN 9 THEN 9 END, CASE i WHEN 11 THEN 9 END
		   FROM (SELECT 9 AS i UNION ALL SELECT 10 UNION ALL SELECT 11) AS x`,
		`INSERT INTO decisions (livemode, user_id, session_id, decision, reviewer, reason, stripe_status, created_at)
		 VALUES (0, 'ann', 'vs_1', 'reject', 'rita', 'why', 'verified', 9), (0, 'ann', '', 'approve', 'rolf', 'no', 'verified', 9)`,
	} {
		if _, err := raw.ExecContext(t.Context(), statement); err != nil {
			t.Fatal(err)
		}
	}
	list, err := review.Story(t.Context(), db, "ann")
	if err != nil {
		t.Fatal(err)
	}
	var told []string
	for _, e := range list {
		told = append(told, strings.Join([]string{e.Kind, e.What, e.Code, e.Which, e.Note, e.Object}, "|"))
	}
	want := `session|requires_input|abandoned|held|another name|vs_1
event|first||applied||vs_1
event|second||stale||vs_1
attempt|document_expired|||vr_1|vs_1
decision|reject||rita|why|vs_1
decision|approve||rolf|no|
action|failed|abandoned|team|done|vs_1
action|superfluous|verified|cancel|to do|vs_1
action|failed|abandoned|team|given up|vs_1`
	if got := strings.Join(told, "\n"); got != want {
		t.Errorf("the story must be\n%s\ngot\n%s", want, got)
	}
}
