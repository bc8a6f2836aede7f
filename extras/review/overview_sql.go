package review

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"example.com/identity-starter/store"
)

// Overview is what happened lately.
type Overview struct {
	Since            time.Time // the first of the days, UTC
	Verified, Failed []int     // checks by day: the last of them is today
	Reasons          []Reason  // of the newest failed checks, the most frequent first
}

// Reason is a code of Stripe's, and how often it was given.
type Reason struct {
	Code  string
	Count int
}

const day = 24 * 60 * 60

// mostReasons is how many failed checks are looked at for their reasons: the newest.
const mostReasons = 2000

const (
	// $1 is the first day, $2 the length of one, $3 the mode, $4 the first day's first minute.
	byDay = `SELECT (minute * 60 - $1) / $2 AS nr, sum(verified), sum(failed) FROM minutes WHERE livemode = $3 AND minute >= $4 GROUP BY nr`
	// $1 is the mode, $2 the first day.
	byCode = `SELECT code, count(*) FROM (SELECT code FROM attempts WHERE livemode = $1 AND created_at >= $2 ORDER BY created_at DESC LIMIT $3) AS newest
		GROUP BY code`
)

// ReadOverview counts the outcomes of the last days, and why checks have failed.
func ReadOverview(ctx context.Context, db *store.DB, days int) (Overview, error) {
	now := db.Now() // once: midnight may come
	since := now - now%day - int64(days-1)*day
	o := Overview{Since: time.Unix(since, 0).UTC(), Verified: make([]int, days), Failed: make([]int, days)}
	_, err := store.List(ctx, db, func(row store.Row) (on int, err error) {
		var verified, failed int
		err = row.Scan(&on, &verified, &failed)
		on = min(on, days-1) // Stripe's clock may be a little ahead
		o.Verified[on] += verified
		o.Failed[on] += failed
		return on, err
	}, byDay, since, day, db.Live(), since/60)
	if err != nil {
		return o, fmt.Errorf("count outcomes: %w", err)
	}
	o.Reasons, err = store.List(ctx, db, func(row store.Row) (r Reason, err error) {
		err = row.Scan(&r.Code, &r.Count)
		return r, err
	}, byCode, db.Live(), since, mostReasons)
	if err != nil {
		return o, fmt.Errorf("count reasons: %w", err)
	}
	slices.SortFunc(o.Reasons, func(a, b Reason) int {
		return cmp.Or(cmp.Compare(b.Count, a.Count), cmp.Compare(a.Code, b.Code))
	})
	return o, nil
}
