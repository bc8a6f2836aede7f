package review

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"
	"time"

	"example.com/identity-starter/store"
)

// Listed is a verification as the list has it.
type Listed struct {
	store.Verification
	NeedsReview bool
	Decision    string // the newest approve or reject about the user; "": none
}

// needsReview is Filter.Show for what needs a review.
const needsReview = "needs_review"

// Filter chooses what the list has, and in which order.
type Filter struct {
	Show   string // a status of Stripe's, or needs_review; "": all
	Find   string // a user's name at the sign-in or id here, a session id, a reference or the whole id behind it, whatever Show says; "": all
	Oldest bool   // oldest first, unless Find is set
	After  *store.Verification
}

// In every list $1 is the mode, $2 what is filtered by, $3 and $4 the place after
// which a page starts, $5 its length.
const (
	listed = `SELECT v.id, v.user_id, coalesce(v.session_id, ''), v.status, v.error_code, v.created_at, v.needs_review,
	(SELECT p.word FROM people p WHERE p.nr = v.person) FROM `
	place       = `($3, (SELECT person FROM verifications WHERE id = $4), (SELECT number FROM verifications WHERE id = $4))`
	newestFirst = ` AND (v.created_at, v.person, v.number) < ` + place + ` ORDER BY v.created_at DESC, v.person DESC, v.number DESC LIMIT $5`
	oldestFirst = ` AND (v.created_at, v.person, v.number) > ` + place + ` ORDER BY v.created_at, v.person, v.number LIMIT $5`
)

// statement is another one for each filter and order, because each has an index of
// its own: a page costs the same whatever there is.
func (f Filter) statement() string {
	filter, order := `v.status = $2`, newestFirst
	switch {
	case f.Find != "":
		return found
	case f.Show == "":
		filter = `$2 = ''`
	case f.Show == needsReview:
		filter = `v.needs_review = 1 AND $2 = 'needs_review'`
	}
	if f.Oldest {
		order = oldestFirst
	}
	return listed + `verifications v WHERE v.livemode = $1 AND ` + filter + order
}

// found finds by what is unique or nearly so. The CROSS JOIN keeps SQLite from walking
// the list in its order instead.
const found = listed + `(
	  SELECT id FROM verifications WHERE person = (SELECT nr FROM people WHERE livemode = $1 AND user_id = $2)
	  UNION SELECT id FROM verifications WHERE session_id = $2
	  UNION SELECT id FROM verifications WHERE id = $2) f
	CROSS JOIN verifications v WHERE v.id = f.id AND v.livemode = $1` + newestFirst

// List lists verifications, at most that many.
func List(ctx context.Context, db *store.DB, f Filter, limit int) ([]Listed, error) {
	at, id := int64(math.MaxInt64), ""
	if f.Oldest && f.Find == "" {
		at = math.MinInt64
	}
	if f.After != nil {
		at, id = f.After.CreatedAt.Unix(), f.After.ID
	}
	find := cmp.Or(store.UserID(f.Find), f.Find)
	known, err := db.ByReference(ctx, f.Find)
	if err == nil && len(known) > 0 {
		find = known[0].ID
	}
	var list []Listed
	if err == nil {
		list, err = store.List(ctx, db, scanListed, f.statement(), db.Live(), cmp.Or(find, f.Show), at, id, limit)
	}
	if err != nil {
		return nil, fmt.Errorf("list for review: %w", err)
	}
	return list, nil
}

func scanListed(row store.Row) (l Listed, err error) {
	var created int64
	err = row.Scan(&l.ID, &l.UserID, &l.SessionID, &l.Status, &l.ErrorCode, &created, &l.NeedsReview, &l.Decision)
	l.CreatedAt = time.Unix(created, 0).UTC()
	return l, err
}

// Overview is what happened lately.
type Overview struct {
	NeedReview, Processing int
	Since                  time.Time // the first of the days, UTC
	Verified, Failed       []int     // checks by day: the last of them is today
	Reasons                []Reason  // of the failed checks, the most frequent first
}

// Reason is a code of Stripe's, and how often it was given.
type Reason struct {
	Code  string
	Count int
}

const day = 24 * 60 * 60

const (
	waiting = `SELECT
		(SELECT count(*) FROM verifications WHERE livemode = $1 AND needs_review = 1),
		(SELECT count(*) FROM verifications WHERE livemode = $1 AND status = 'processing')`
	// $1 is the first day, $2 the length of one, $3 the mode, $4 the first day's first minute.
	byDay = `SELECT 'verified' AS what, (minute * 60 - $1) / $2 AS nr, sum(verified) FROM minutes
		 WHERE livemode = $3 AND minute >= $4 GROUP BY nr
		UNION ALL
		SELECT code, (created_at - $1) / $2 AS nr, count(*) FROM attempts
		 WHERE livemode = $3 AND created_at >= $1 GROUP BY code, nr`
)

// ReadOverview counts what waits, and the outcomes of the last days. Every count is
// of an index.
func ReadOverview(ctx context.Context, db *store.DB, days int) (Overview, error) {
	since := db.Now() - db.Now()%day - int64(days-1)*day
	o := Overview{Since: time.Unix(since, 0).UTC(), Verified: make([]int, days), Failed: make([]int, days)}
	if err := db.QueryRowContext(ctx, waiting, db.Live()).Scan(&o.NeedReview, &o.Processing); err != nil {
		return o, fmt.Errorf("count what waits: %w", err)
	}
	reasons := map[string]int{}
	_, err := store.List(ctx, db, func(row store.Row) (what string, err error) {
		var on, count int
		err = row.Scan(&what, &on, &count)
		on = min(on, days-1) // Stripe's clock may be a little ahead
		if what == "verified" {
			o.Verified[on] += count
		} else {
			o.Failed[on] += count
			reasons[what] += count
		}
		return what, err
	}, byDay, since, day, db.Live(), since/60)
	if err != nil {
		return o, fmt.Errorf("count outcomes: %w", err)
	}
	for code, count := range reasons {
		o.Reasons = append(o.Reasons, Reason{code, count})
	}
	slices.SortFunc(o.Reasons, func(a, b Reason) int {
		return cmp.Or(cmp.Compare(b.Count, a.Count), cmp.Compare(a.Code, b.Code))
	})
	return o, nil
}

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

// who is the number of the user with the id $2.
const who = `(SELECT nr FROM people WHERE livemode = $1 AND user_id = $2)`

// story is what is on record about a user, the newest first. What has no number of
// its own is told apart by its id, so that the order is the same each time. Of what is
// superfluous the code says why.
const story = `SELECT at, kind, what, detail, object FROM (
	SELECT created_at AS at, 1 AS place, number AS nr, id, 'session' AS kind, status AS what,
	       trim(error_code || ' ' || CASE WHEN gate IN ('held', 'dismissed') THEN gate || ': ' || gate_note ELSE gate END) AS detail,
	       coalesce(session_id, '') AS object
	  FROM verifications WHERE person = ` + who + `
	UNION ALL
	SELECT created_at, 3, 0, report_id, 'attempt', code, report_id, session_id FROM attempts WHERE person = ` + who + `
	UNION ALL
	SELECT created_at, 2, received_at, id, 'event', type, result, object_id FROM events WHERE person = ` + who + `
	UNION ALL
	SELECT created_at, 5, id, '', 'action', kind || ': ' || CASE WHEN outcome = 'superfluous' THEN code ELSE outcome END,
	       CASE WHEN done_at IS NOT NULL THEN 'done' WHEN failed_at IS NOT NULL THEN 'given up' ELSE 'to do' END, object_id
	  FROM actions WHERE person = ` + who + `
	UNION ALL
	SELECT created_at, 4, id, '', 'decision',
	       decision || coalesce((SELECT ' (' || w.decision || ')' FROM decisions w WHERE w.id = d.withdraws), '') || ' by ' || reviewer, reason, session_id
	  FROM decisions d WHERE livemode = $1 AND user_id = $2
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
