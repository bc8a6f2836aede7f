package review

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"strconv"
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

// Counts are how many verifications each of the lists has, up to most.
type Counts struct{ NeedReview, RequiresInput, Processing, Verified, Canceled, All int }

// most is how far is counted: whoever has more to do knows enough, and a page costs the same whatever there is.
const most = 1000

const (
	upTo   = ` LIMIT $2) AS n)`
	inMode = `(SELECT count(*) FROM (SELECT 1 FROM verifications WHERE livemode = $1`
	counts = `SELECT ` + inMode + ` AND needs_review = 1` + upTo + `, ` + inMode + ` AND status = 'requires_input'` + upTo +
		`, ` + inMode + ` AND status = 'processing'` + upTo + `, ` + inMode + ` AND status = 'verified'` + upTo +
		`, ` + inMode + ` AND status = 'canceled'` + upTo + `, ` + inMode + upTo
)

// Count counts what the lists have.
func Count(ctx context.Context, db *store.DB) (n Counts, err error) {
	err = db.QueryRowContext(ctx, counts, db.Live(), most).
		Scan(&n.NeedReview, &n.RequiresInput, &n.Processing, &n.Verified, &n.Canceled, &n.All)
	if err != nil {
		return n, fmt.Errorf("count verifications: %w", err)
	}
	return n, nil
}

// counted is how a count is written.
func counted(n int) string {
	if n >= most {
		return strconv.Itoa(most-1) + "+"
	}
	return strconv.Itoa(n)
}
