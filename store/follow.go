package store

import (
	"context"
	"database/sql"
	"fmt"
	"time"
)

// heard is what a piece of news has changed about a verification.
type heard struct {
	id, userID string
	before     State
	after      State
	news       News
	counted    bool // a new attempt
}

// follow writes the actions that what was heard calls for. It is the same
// whether a webhook, the return page or reconcile brought the news.
func (db *DB) follow(ctx context.Context, tx *txn, h heard) error {
	if h.before.Status != Verified && h.after.Status == Verified {
		if db.opt.Compare {
			return db.compareLater(ctx, tx, h.userID, h.news.SessionID, OutcomeVerified)
		}
		return db.followVerified(ctx, tx, h)
	}
	failed := h.counted || h.before != h.after && h.after.Status == RequiresInput && h.news.Failed && !h.news.Counts()
	if !failed {
		return nil
	}
	key := h.news.ReportID
	if !h.counted { // nothing was checked, so there is no report of its own: once for each way to walk away
		key = h.news.SessionID + ":" + h.news.code()
	}
	if err := db.enqueue(ctx, tx, Action{Kind: ActionTeam, Outcome: OutcomeFailed, Key: "failed:" + key,
		UserID: h.userID, ObjectID: h.news.SessionID, Code: h.news.code()}); err != nil {
		return err
	}
	return db.followAttempt(ctx, tx, h)
}

// followVerified also closes the user's other open session: it would cost a fee and decide nothing.
func (db *DB) followVerified(ctx context.Context, tx *txn, h heard) error {
	if u, err := db.user(ctx, tx, h.userID); err != nil || u.Rejected {
		return err // a reviewer's word beats Stripe's: nobody must be told that the user is verified
	}
	if err := db.enqueue(ctx, tx, Action{Kind: ActionTeam, Outcome: OutcomeVerified, Key: "verified:" + h.news.SessionID,
		UserID: h.userID, ObjectID: h.news.SessionID}); err != nil {
		return err
	}
	if err := db.enqueueMail(ctx, tx, Action{Outcome: OutcomeVerified, Key: "verified:" + h.news.SessionID,
		UserID: h.userID, ObjectID: h.news.SessionID}); err != nil {
		return err
	}
	return db.cancelOpen(ctx, tx, h, OutcomeVerified)
}

// followAttempt looks whether the user may try again: if not, an old link must
// not be good for another check. A session that could not be closed while it was being
// checked may come back with a failure that does not count.
func (db *DB) followAttempt(ctx context.Context, tx *txn, h heard) error {
	u, err := db.user(ctx, tx, h.userID)
	if err == nil && h.counted && !u.Verified && !u.Rejected { // one mail also for the last attempt: it says the same
		err = db.enqueueMail(ctx, tx, Action{Outcome: OutcomeFailed, Key: "failed:" + h.news.ReportID, UserID: h.userID, ObjectID: h.news.SessionID})
	}
	switch {
	case err != nil:
		return err
	case u.Rejected:
		return db.cancelOpen(ctx, tx, h, OutcomeRejected)
	case u.Verified:
		return db.cancelOpen(ctx, tx, h, OutcomeVerified)
	case u.AttemptsLeft > 0:
		return nil
	}
	if !h.counted {
		return db.cancelOpen(ctx, tx, h, OutcomeExhausted)
	}
	if err := db.enqueue(ctx, tx, Action{Kind: ActionTeam, Outcome: OutcomeExhausted, UserID: h.userID, ObjectID: h.news.SessionID,
		Key: fmt.Sprintf("exhausted:%d:%s:%d", db.live, h.userID, u.Attempts), Code: h.news.code()}); err != nil {
		return err
	}
	return db.cancelOpen(ctx, tx, h, OutcomeExhausted)
}

// cancelOpen has the user's open session closed at Stripe. The report is in the
// key, because a session that is being checked cannot be closed and may come back.
func (db *DB) cancelOpen(ctx context.Context, tx *txn, h heard, outcome string) error {
	var open sql.NullString
	err := tx.QueryRowContext(ctx, `SELECT max(session_id) FROM verifications WHERE livemode = ? AND user_id = ?
		AND status IN ('requires_input', 'processing')`, db.live, h.userID).Scan(&open)
	if err != nil || !open.Valid {
		return err
	}
	key := h.news.ReportID
	if !h.counted && h.after.Status != Verified { // it has no report of its own
		key = fmt.Sprint(h.news.At.Unix())
	}
	return db.enqueue(ctx, tx, Action{Kind: ActionCancel, Outcome: outcome, Key: open.String + ":" + key,
		UserID: h.userID, ObjectID: open.String})
}

// followAccount tells the team of a connection that began or ended. The
// connection's time is in the key: an account can be connected again.
func (db *DB) followAccount(ctx context.Context, tx *txn, outcome, userID, accountID string, connectedAt time.Time) error {
	return db.enqueue(ctx, tx, Action{Kind: ActionTeam, Outcome: outcome, UserID: userID, ObjectID: accountID,
		Key: fmt.Sprintf("%s:%d:%s:%d", outcome, db.live, accountID, connectedAt.Unix())})
}
