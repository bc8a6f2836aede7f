package store

import (
	"context"
	"database/sql"
)

// User is where a user stands: a row of the view users, in the app's words.
type User struct {
	Verified     bool
	Approved     bool          // a reviewer's last word was yes
	Rejected     bool          // it was no
	InReview     bool          // a reviewer has to decide
	AtGate       bool          // verified at Stripe, and waiting at the gate
	Attempts     int           // failed checks that count
	AttemptsLeft int           // never below 0
	Newest       *Verification // nil: has never started
}

// User returns where userID stands. A user never heard of is one who has not
// started. It is one statement, so that a webhook between two cannot make a user
// who is not verified out of one whose verification is.
func (db *DB) User(ctx context.Context, userID string) (User, error) {
	return db.userNow(ctx, db, userID)
}

func (db *DB) userNow(ctx context.Context, q Querier, userID string) (User, error) {
	var v Verification
	u, err := db.scanUser(q.QueryRowContext(ctx, `SELECT `+userColumns+`, `+verificationColumns+`
		FROM users u JOIN verifications v ON v.id = (SELECT id FROM verifications
		  WHERE livemode = u.livemode AND user_id = u.user_id ORDER BY created_at DESC, rowid DESC LIMIT 1)
		WHERE u.livemode = $1 AND u.user_id = $2`, db.live, userID), v.columns()...)
	if err == nil && v.ID != "" {
		u.Newest = &v
	}
	return u, err
}

// userColumns are where a user of the view users u stands. Only what is verified is at the gate.
const userColumns = `u.verified, u.needs_review,
	EXISTS (SELECT 1 FROM verifications w WHERE w.livemode = u.livemode AND w.user_id = u.user_id AND w.gate = 'waiting'),
	u.attempts, u.extra_attempts,
	coalesce((SELECT d.decision FROM decisions d
	  WHERE d.livemode = u.livemode AND d.user_id = u.user_id AND d.decision IN ('approve', 'reject')
	  ORDER BY d.id DESC LIMIT 1), '')`

// user is User within a transaction, without the newest verification.
func (db *DB) user(ctx context.Context, q Querier, userID string) (User, error) {
	return db.scanUser(q.QueryRowContext(ctx, `SELECT `+userColumns+` FROM users u
		WHERE u.livemode = $1 AND u.user_id = $2`, db.live, userID))
}

func (db *DB) scanUser(row *sql.Row, more ...any) (User, error) {
	var u User
	var extra int
	var decision string
	columns := []any{&u.Verified, &u.InReview, &u.AtGate, &u.Attempts, &extra, &decision}
	if _, err := found("read user", row.Scan(append(columns, more...)...)); err != nil {
		return User{}, err
	}
	u.Approved, u.Rejected = decision == Approve, decision == Reject
	u.InReview, u.AtGate = u.InReview && !u.Verified, u.AtGate && !u.Verified
	u.AttemptsLeft = max(0, db.opt.MaxAttempts+extra-u.Attempts) // the retry limit, which Begin enforces
	return u, nil
}
