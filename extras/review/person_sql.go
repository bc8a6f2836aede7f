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
	What   string // of a session the status, of an event the type, of an attempt the code, of an action the outcome, of a decision which
	Code   string // of a session and an action Stripe's, or why; of a withdrawal what it took back
	Which  string // of a session the gate, of an event the result, of an action the consumer, of a decision the reviewer
	Note   string // of a session the gate's, of an attempt the report, of an action done, given up or to do, of a decision the reason
	Object string // vs_…, acct_… or ""
}

// mostEntries is how much of a story is told: nobody reads more.
const mostEntries = 1000

// who is the number of the user with the id $2.
const who = `(SELECT nr FROM people WHERE livemode = $1 AND user_id = $2)`

// story is what is on record about a user, the newest first. What has no number of
// its own is told apart by its id, so that the order is the same each time.
const story = `SELECT at, kind, what, code, which, note, object FROM (
	SELECT created_at AS at, 1 AS place, number AS nr, id, 'session' AS kind, status AS what, error_code AS code, gate AS which, gate_note AS note,
	       coalesce(session_id, '') AS object
	  FROM verifications WHERE person = ` + who + `
	UNION ALL
	SELECT created_at, 3, 0, report_id, 'attempt', code, '', '', report_id, session_id FROM attempts WHERE person = ` + who + `
	UNION ALL
	SELECT created_at, 2, received_at, id, 'event', type, '', result, '', object_id FROM events WHERE person = ` + who + `
	UNION ALL
	SELECT created_at, 5, id, '', 'action', outcome, code, kind,
	       CASE WHEN done_at IS NOT NULL THEN 'done' WHEN failed_at IS NOT NULL THEN 'given up' ELSE 'to do' END, object_id
	  FROM actions WHERE person = ` + who + `
	UNION ALL
	SELECT created_at, 4, id, '', 'decision', decision, coalesce((SELECT w.decision FROM decisions w WHERE w.id = d.withdraws), ''),
	       reviewer, reason, session_id
	  FROM decisions d WHERE livemode = $1 AND user_id = $2
	) AS told ORDER BY at DESC, place DESC, nr DESC, id DESC LIMIT $3`

// Story is what is on record about a user, oldest first: the newest thousand entries.
func Story(ctx context.Context, db *store.DB, userID string) ([]Entry, error) {
	list, err := store.List(ctx, db, func(row store.Row) (e Entry, err error) {
		var at int64
		err = row.Scan(&at, &e.Kind, &e.What, &e.Code, &e.Which, &e.Note, &e.Object)
		e.At = time.Unix(at, 0).UTC()
		return e, err
	}, story, db.Live(), userID, mostEntries)
	if err != nil {
		return nil, fmt.Errorf("read story: %w", err)
	}
	slices.Reverse(list)
	return list, nil
}

// Because is what a user's row does not say of why it stands as it does.
type Because struct {
	Held             bool   // a session is held that needs a review
	Note             string // why that one is held, else the newest that was
	Reviewer, Reason string // of the approve or reject that counts
}

const (
	heldNote = `SELECT gate_note, CAST(needs_review AS TEXT) FROM verifications WHERE person = ` + who + ` AND gate = 'held'
		ORDER BY needs_review DESC, number DESC LIMIT 1`
	lastWord = `SELECT reviewer, reason FROM decisions d WHERE livemode = $1 AND user_id = $2 AND decision IN ('approve', 'reject')
		AND NOT EXISTS (SELECT 1 FROM decisions w WHERE w.withdraws = d.id) ORDER BY id DESC LIMIT 1`
	// newest is whatever was decided last.
	newest = `SELECT decision, reviewer FROM decisions WHERE livemode = $1 AND user_id = $2 ORDER BY id DESC LIMIT 1`
)

// ReadBecause reads it.
func ReadBecause(ctx context.Context, db *store.DB, userID string) (b Because, err error) {
	held := ""
	if b.Note, held, err = two(ctx, db, heldNote, userID); err == nil {
		b.Held = held == "1"
		b.Reviewer, b.Reason, err = two(ctx, db, lastWord, userID)
	}
	return b, err
}

// NewestDecision is what was decided last about a user; the zero value: nothing was.
func NewestDecision(ctx context.Context, db *store.DB, userID string) (d store.Decision, err error) {
	d.Decision, d.Reviewer, err = two(ctx, db, newest, userID)
	return d, err
}

// two are the two texts that a query finds about a user; "" where it finds no row.
func two(ctx context.Context, db *store.DB, query, userID string) (a, b string, err error) {
	err = db.QueryRowContext(ctx, query, db.Live(), userID).Scan(&a, &b)
	if err != nil && !store.IsNoRows(err) {
		return "", "", fmt.Errorf("read about a user: %w", err)
	}
	return a, b, nil
}
