package store_test

import "testing"

// Of a long story the newest part is told, in the order in which it happened.
func TestStoryTellsTheNewest(t *testing.T) {
	db, raw := newFile(t, 0)
	if _, err := db.Begin(t.Context(), "somebody"); err != nil {
		t.Fatal(err)
	}
	for _, statement := range []string{
		`UPDATE verifications SET session_id = 'vs_1', created_at = 0`,
		`WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1200)
		 INSERT INTO events (id, type, livemode, account, object_id, created_at, received_at, result)
		 SELECT 'evt_' || i, 't', 0, '', 'vs_1', i, i, 'stale' FROM n`,
	} {
		if _, err := raw.ExecContext(t.Context(), statement); err != nil {
			t.Fatal(err)
		}
	}
	list, err := db.Story(t.Context(), "somebody")
	if err != nil || len(list) != 1000 {
		t.Fatalf("a story has a thousand entries at most, got %d, %v", len(list), err)
	}
	if first, last := list[0].At.Unix(), list[999].At.Unix(); first != 201 || last != 1200 {
		t.Errorf("the entries told must be the newest, oldest first: want 201 to 1200, got %d to %d", first, last)
	}
}
