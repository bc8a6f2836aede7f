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

// Filter chooses what the list has, and in which order.
type Filter struct {
	Status      string // a status of Stripe's; "": all
	NeedsReview bool   // only what needs a review
	Find        string // a user id, a session id or a reference; "": all
	Oldest      bool   // oldest first, unless Find is set
	After       *store.Verification
}

// In every list $1 is the mode, $2 what is filtered by, $3 and $4 the place after
// which a page starts, $5 its length.
const (
	listed = `v.id, v.user_id, coalesce(v.session_id, ''), v.status, v.error_code, v.created_at, v.needs_review,
	coalesce((SELECT d.decision FROM decisions d WHERE d.livemode = v.livemode AND d.user_id = v.user_id
	  AND d.decision IN ('approve', 'reject') ORDER BY d.id DESC LIMIT 1), '') FROM `
	inMode      = `verifications v WHERE v.livemode = $1 AND `
	newestFirst = ` AND (v.created_at, v.id) < ($3, $4) ORDER BY v.created_at DESC, v.id DESC LIMIT $5`
	oldestFirst = ` AND (v.created_at, v.id) > ($3, $4) ORDER BY v.created_at, v.id LIMIT $5`
)

// lists has a statement for each filter and order, because each has an index of its
// own: a page costs the same whatever there is.
var lists = map[bool]map[string]string{
	false: {
		"":       `SELECT ` + listed + inMode + `$2 = ''` + newestFirst,
		"status": `SELECT ` + listed + inMode + `v.status = $2` + newestFirst,
		"review": `SELECT ` + listed + inMode + `v.needs_review = 1 AND $2 = ''` + newestFirst,
	},
	true: {
		"":       `SELECT ` + listed + inMode + `$2 = ''` + oldestFirst,
		"status": `SELECT ` + listed + inMode + `v.status = $2` + oldestFirst,
		"review": `SELECT ` + listed + inMode + `v.needs_review = 1 AND $2 = ''` + oldestFirst,
	},
}

// found finds by what is unique or nearly so. The CROSS JOIN keeps SQLite from walking
// the list in its order instead.
const found = `SELECT ` + listed + `(
	  SELECT id FROM verifications WHERE livemode = $1 AND user_id = $2
	  UNION SELECT id FROM verifications WHERE session_id = $2
	  UNION SELECT id FROM verifications WHERE length($2) = 8 AND id >= $2 AND id < $2 || '~') f
	CROSS JOIN verifications v WHERE v.id = f.id AND v.livemode = $1` + newestFirst

// List lists verifications, at most that many.
func List(ctx context.Context, db *store.DB, f Filter, limit int) ([]Listed, error) {
	statement, value := lists[f.Oldest][""], ""
	switch {
	case f.Find != "":
		statement, value, f.Oldest = found, f.Find, false
	case f.NeedsReview:
		statement = lists[f.Oldest]["review"]
	case f.Status != "":
		statement, value = lists[f.Oldest]["status"], f.Status
	}
	at, id := int64(math.MaxInt64), ""
	if f.Oldest {
		at = math.MinInt64
	}
	if f.After != nil {
		at, id = f.After.CreatedAt.Unix(), f.After.ID
	}
	list, err := store.List(ctx, db, scanListed, statement, db.Live(), value, at, id, limit)
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
	// $1 is the first day, $2 the length of one, $3 the mode.
	byDay = `SELECT 'verified' AS what, (news_at - $1) / $2 AS nr, count(*) FROM verifications
		 WHERE livemode = $3 AND status = 'verified' AND news_at >= $1 GROUP BY nr
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
	}, byDay, since, day, db.Live())
	if err != nil {
		return o, fmt.Errorf("count outcomes: %w", err)
	}
	o.Reasons = byCount(reasons)
	return o, nil
}

func byCount(counts map[string]int) []Reason {
	var list []Reason
	for code, count := range counts {
		list = append(list, Reason{code, count})
	}
	slices.SortFunc(list, func(a, b Reason) int {
		return cmp.Or(cmp.Compare(b.Count, a.Count), cmp.Compare(a.Code, b.Code))
	})
	return list
}
