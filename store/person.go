package store

import (
	"context"
	"fmt"
	"slices"
	"time"
)

// Entry is something that is on record about a user.
type Entry struct {
	At     time.Time
	Kind   string // session, attempt, event, action or decision
	What   string
	Detail string
	Object string // vs_…, acct_… or ""
}

// mostEntries is how much of a story is told: nobody reads more.
const mostEntries = 1000

// Story is what is on record about a user, oldest first: the newest thousand entries.
// The CROSS JOIN has SQLite read the user's sessions first, and only their events.
func (db *DB) Story(ctx context.Context, userID string) ([]Entry, error) {
	rows, err := db.read.QueryContext(ctx, `SELECT at, kind, what, detail, object FROM (
		SELECT created_at AS at, 1 AS place, rowid AS nr, 'session' AS kind, status AS what,
		       trim(error_code || ' ' || replace(comparison, 'differs', 'differs: ' || comparison_note)) AS detail, coalesce(session_id, '') AS object
		  FROM verifications WHERE livemode = ?1 AND user_id = ?2
		UNION ALL
		SELECT created_at, 3, rowid, 'attempt', code, report_id, session_id FROM attempts WHERE livemode = ?1 AND user_id = ?2
		UNION ALL
		SELECT e.created_at, 2, e.rowid, 'event', e.type, e.result, e.object_id FROM verifications v
		  CROSS JOIN events e ON e.livemode = v.livemode AND e.object_id = v.session_id WHERE v.livemode = ?1 AND v.user_id = ?2
		UNION ALL
		SELECT created_at, 5, rowid, 'action', kind || ': ' || outcome,
		       CASE WHEN done_at IS NOT NULL THEN 'done' WHEN failed_at IS NOT NULL THEN 'given up' ELSE 'to do' END, object_id
		  FROM actions WHERE livemode = ?1 AND user_id = ?2
		UNION ALL
		SELECT created_at, 4, rowid, 'decision', decision || ' by ' || reviewer, reason, session_id FROM decisions WHERE livemode = ?1 AND user_id = ?2
		) ORDER BY at DESC, place DESC, nr DESC LIMIT ?3`, db.live, userID, mostEntries)
	if err != nil {
		return nil, fmt.Errorf("read story: %w", err)
	}
	defer rows.Close()
	var list []Entry
	for rows.Next() {
		var e Entry
		var at int64
		if err := rows.Scan(&at, &e.Kind, &e.What, &e.Detail, &e.Object); err != nil {
			return nil, fmt.Errorf("read story: %w", err)
		}
		e.At = time.Unix(at, 0).UTC()
		list = append(list, e)
	}
	slices.Reverse(list)
	return list, rows.Err()
}
