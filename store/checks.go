package store

import (
	"context"
	"time"
)

// checkAfter is when to look at Stripe for a session after its last news, should
// no webhook come; after the last of them it is left alone. That not all of one time
// are asked about at once is seen to by who asks.
var checkAfter = []time.Duration{10 * time.Minute, time.Hour, 6 * time.Hour, 24 * time.Hour, 48 * time.Hour, 72 * time.Hour}

// untouchedFor is how long the link of a session works (docs.stripe.com/identity/verification-sessions).
const untouchedFor = 48 * time.Hour

// firstCheck is when to look after news that left the session in this state; nil when it is final, or when nobody is sent
// there again.
func (db *DB) firstCheck(s State, spent bool) any {
	wait := checkAfter[0]
	switch {
	case s.Status == Verified || s.Status == Canceled || s.Status == RequiresInput && spent:
		return nil
	case s.Status == RequiresInput && s.ErrorCode == "":
		wait = untouchedFor // most people who never come back have not submitted anything
	}
	return db.in(wait)
}

// NextCheck takes the session that should be looked at next, those being checked
// first, and sets in how long it is its turn again, should there be no news; 0: not any more. False: none is due.
func (db *DB) NextCheck(ctx context.Context) (v Verification, again time.Duration, due bool, err error) {
	due, err = db.ifAny(ctx, "take a session to check", func(ctx context.Context, tx *Tx) error {
		var checks int
		var person, number int64
		err := tx.QueryRowContext(ctx, `SELECT checks + 1, person, number, `+verificationColumns+` FROM verifications v
			WHERE livemode = $1 AND check_at <= $2 AND status IN ('requires_input', 'processing') AND session_id IS NOT NULL
			ORDER BY status = 'processing' DESC, asked_at > 0 DESC, check_at LIMIT 1 /*pg: FOR UPDATE SKIP LOCKED*/`, db.live, db.Now()).
			Scan(append([]any{&checks, &person, &number}, v.columns()...)...)
		if err != nil {
			return err
		}
		var next any
		again = 0
		if checks < len(checkAfter) {
			again = checkAfter[checks] - checkAfter[checks-1]
			next = db.in(again)
		}
		return tx.Write(ctx, "put off a check", `UPDATE verifications SET checks = $1, check_at = $2 WHERE person = $3 AND number = $4`,
			checks, next, person, number)
	}, `SELECT 1 FROM verifications WHERE livemode = $1 AND check_at <= $2
		AND status IN ('requires_input', 'processing') AND session_id IS NOT NULL /*pg: ORDER BY check_at*/ LIMIT 1`, db.live, db.Now())
	return v, again, due, err
}

// Expire has a session closed whose link has expired, and for which nobody has ever submitted anything. It looks at the
// row as it is now: somebody may have been sent there while Stripe was asked.
func (db *DB) Expire(ctx context.Context, id string) error {
	before := db.in(-untouchedFor)
	return db.change(ctx, id, func(ctx context.Context, tx *Tx, p *locked, r row) error {
		if !r.Open() || r.Status != RequiresInput || r.ErrorCode != "" || r.linkAt > before || r.CreatedAt.Unix() > before {
			return nil
		}
		db.spend(ctx, tx, p, r, superfluousExpired)
		return nil
	})
}

// RecordMissing writes that Stripe does not know a verification's session: the key is another account's, or test data was
// deleted. It is closed, since the answer will not change. A verdict stays: nobody has taken it back.
func (db *DB) RecordMissing(ctx context.Context, id string) error {
	return db.change(ctx, id, func(ctx context.Context, tx *Tx, p *locked, r row) error {
		if r.SessionID == "" {
			return nil
		}
		h := heard{r: r, news: News{Status: Canceled}, Change: Change{SessionID: r.SessionID, UserID: r.UserID, Before: r.State(), After: r.State()}}
		if r.Status == RequiresInput || r.Status == Processing {
			h.After.Status = Canceled
		}
		h.r.missing = false
		db.move(ctx, tx, p, &h)
		tx.change = &h.Change
		return tx.Write(ctx, "note a missing session", `UPDATE verifications SET missing_at = $1 WHERE person = $2 AND number = $3
			AND missing_at IS NULL`, db.Now(), r.person, r.number)
	})
}
