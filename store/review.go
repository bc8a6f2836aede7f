package store

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"
	"time"
)

// ReviewRow is a verification as the reviewers' list has it.
type ReviewRow struct {
	Verification
	NeedsReview bool
	Decision    string // the newest approve or reject about the user; "": none
}

// ReviewFilter chooses what the list has, and in which order.
type ReviewFilter struct {
	Status string // a status of Stripe's; "": all
	Review bool   // only what needs a review
	Find   string // a user id, a session id or a reference; "": all
	Oldest bool   // oldest first, unless Find is set
	After  *Verification
}

// reviewFrom is what follows SELECT in every list. ?1 is the mode, ?2 what is
// filtered by, ?3 and ?4 the place after which a page starts, ?5 its length.
const reviewFrom = `v.id, v.user_id, coalesce(v.session_id, ''), v.status, v.error_code, v.key_number, v.created_at, v.needs_review,
	coalesce((SELECT d.decision FROM decisions d WHERE d.livemode = v.livemode AND d.user_id = v.user_id
	  AND d.decision IN ('approve', 'reject') ORDER BY d.id DESC LIMIT 1), '')
	FROM verifications v WHERE `

const (
	newestFirst = ` AND (v.created_at, v.id) < (?3, ?4) ORDER BY v.created_at DESC, v.id DESC LIMIT ?5`
	oldestFirst = ` AND (v.created_at, v.id) > (?3, ?4) ORDER BY v.created_at, v.id LIMIT ?5`
)

// reviewLists has a statement for each filter and order, because each has an
// index of its own: a page costs the same whatever there is.
var reviewLists = map[bool]map[string]string{
	false: {
		"":       `SELECT ` + reviewFrom + `v.livemode = ?1 AND ?2 = ''` + newestFirst,
		"status": `SELECT ` + reviewFrom + `v.livemode = ?1 AND v.status = ?2` + newestFirst,
		"review": `SELECT ` + reviewFrom + `v.livemode = ?1 AND v.needs_review = 1 AND ?2 = ''` + newestFirst,
	},
	true: {
		"":       `SELECT ` + reviewFrom + `v.livemode = ?1 AND ?2 = ''` + oldestFirst,
		"status": `SELECT ` + reviewFrom + `v.livemode = ?1 AND v.status = ?2` + oldestFirst,
		"review": `SELECT ` + reviewFrom + `v.livemode = ?1 AND v.needs_review = 1 AND ?2 = ''` + oldestFirst,
	},
}

// reviewFound finds by what is unique or nearly so; the plus signs keep SQLite from
// walking the list instead. Its order is always the same.
const reviewFound = `SELECT ` + reviewFrom + `v.rowid IN (
	  SELECT rowid FROM verifications WHERE livemode = ?1 AND user_id = ?2
	  UNION ALL SELECT rowid FROM verifications WHERE livemode = ?1 AND session_id = ?2
	  UNION ALL SELECT rowid FROM verifications WHERE +livemode = ?1 AND length(?2) = 8 AND id >= ?2 AND id < ?2 || '~')
	AND (+v.created_at, +v.id) < (?3, ?4) ORDER BY +v.created_at DESC, +v.id DESC LIMIT ?5`

// ReviewList lists verifications for reviewers, at most that many.
func (db *DB) ReviewList(ctx context.Context, f ReviewFilter, limit int) ([]ReviewRow, error) {
	statement, value := reviewLists[f.Oldest][""], ""
	switch {
	case f.Find != "":
		statement, value, f.Oldest = reviewFound, f.Find, false
	case f.Review:
		statement = reviewLists[f.Oldest]["review"]
	case f.Status != "":
		statement, value = reviewLists[f.Oldest]["status"], f.Status
	}
	at, id := int64(math.MaxInt64), ""
	if f.Oldest {
		at = math.MinInt64
	}
	if f.After != nil {
		at, id = f.After.CreatedAt.Unix(), f.After.ID
	}
	rows, err := db.read.QueryContext(ctx, statement, db.live, value, at, id, limit)
	if err != nil {
		return nil, fmt.Errorf("list for review: %w", err)
	}
	defer rows.Close()
	var list []ReviewRow
	for rows.Next() {
		var r ReviewRow
		var created int64
		if err := rows.Scan(&r.ID, &r.UserID, &r.SessionID, &r.Status, &r.ErrorCode, &r.KeyNumber, &created, &r.NeedsReview, &r.Decision); err != nil {
			return nil, fmt.Errorf("list for review: %w", err)
		}
		r.CreatedAt = time.Unix(created, 0).UTC()
		list = append(list, r)
	}
	return list, rows.Err()
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

// Overview counts what waits, and the outcomes of the last days. Every count is
// of an index.
func (db *DB) Overview(ctx context.Context, days int) (Overview, error) {
	since := db.now() - db.now()%day - int64(days-1)*day
	o := Overview{Since: time.Unix(since, 0).UTC(), Verified: make([]int, days), Failed: make([]int, days)}
	if err := db.read.QueryRowContext(ctx, `SELECT
		(SELECT count(*) FROM verifications WHERE livemode = ?1 AND needs_review = 1),
		(SELECT count(*) FROM verifications WHERE livemode = ?1 AND status = 'processing')`, db.live).
		Scan(&o.NeedReview, &o.Processing); err != nil {
		return o, fmt.Errorf("count what waits: %w", err)
	}
	rows, err := db.read.QueryContext(ctx, `
		SELECT 'verified', (news_at - ?2) / ?3, count(*) FROM verifications
		 WHERE livemode = ?1 AND status = 'verified' AND news_at >= ?2 GROUP BY 2
		UNION ALL
		SELECT code, (created_at - ?2) / ?3, count(*) FROM attempts
		 WHERE livemode = ?1 AND created_at >= ?2 GROUP BY 1, 2`, db.live, since, day)
	if err != nil {
		return o, fmt.Errorf("count outcomes: %w", err)
	}
	defer rows.Close()
	reasons := map[string]int{}
	for rows.Next() {
		var what string
		var on, count int
		if err := rows.Scan(&what, &on, &count); err != nil {
			return o, fmt.Errorf("count outcomes: %w", err)
		}
		on = min(on, days-1) // Stripe's clock may be a little ahead
		if what == "verified" {
			o.Verified[on] += count
			continue
		}
		o.Failed[on] += count
		reasons[what] += count
	}
	o.Reasons = byCount(reasons)
	return o, rows.Err()
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
