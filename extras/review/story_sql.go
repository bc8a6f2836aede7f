package review

import (
	"context"
	"fmt"
	"slices"
	"time"

	"example.com/identity-starter/store"
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

// story is what is on record about a user, the newest first. What has no number of
// its own is told apart by its id, so that the order is the same each time. The CROSS
// JOIN has SQLite read the user's sessions first, and only their events. Of what is
// superfluous the code says why.
const story = `SELECT at, kind, what, detail, object FROM (
	SELECT created_at AS at, 1 AS place, 0 AS nr, id, 'session' AS kind, status AS what,
	       trim(error_code || ' ' || CASE WHEN gate = 'held' THEN 'held: ' || gate_note ELSE gate END) AS detail,
	       coalesce(session_id, '') AS object
	  FROM verifications WHERE livemode = $1 AND user_id = $2
	UNION ALL
	SELECT created_at, 3, 0, report_id, 'attempt', code, report_id, session_id FROM attempts WHERE livemode = $1 AND user_id = $2
	UNION ALL
	SELECT e.created_at, 2, e.received_at, e.id, 'event', e.type, e.result, e.object_id FROM verifications v
	  CROSS JOIN events e WHERE e.livemode = v.livemode AND e.object_id = v.session_id AND v.livemode = $1 AND v.user_id = $2
	UNION ALL
	SELECT created_at, 5, id, '', 'action', kind || ': ' || CASE WHEN outcome = 'superfluous' THEN code ELSE outcome END,
	       CASE WHEN done_at IS NOT NULL THEN 'done' WHEN failed_at IS NOT NULL THEN 'given up' ELSE 'to do' END, object_id
	  FROM actions WHERE livemode = $1 AND user_id = $2
	UNION ALL
	SELECT created_at, 4, id, '', 'decision', decision || ' by ' || reviewer, reason, session_id
	  FROM decisions WHERE livemode = $1 AND user_id = $2
	) AS told ORDER BY at DESC, place DESC, nr DESC, id DESC LIMIT $3`

// Story is what is on record about a user, oldest first: the newest thousand entries.
func Story(ctx context.Context, db *store.DB, userID string) ([]Entry, error) {
	list, err := store.List(ctx, db, func(row store.Row) (e Entry, err error) {
		var at int64
		err = row.Scan(&at, &e.Kind, &e.What, &e.Detail, &e.Object)
		e.At = time.Unix(at, 0).UTC()
		return e, err
	}, story, db.Live(), userID, mostEntries)
	if err != nil {
		return nil, fmt.Errorf("read story: %w", err)
	}
	slices.Reverse(list)
	return list, nil
}
