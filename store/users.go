package store

import (
	"context"
	"database/sql"
	"fmt"
	"time"
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
	return db.userNow(ctx, db.read, userID)
}

func (db *DB) userNow(ctx context.Context, q Querier, userID string) (User, error) {
	var v Verification
	var created, news int64
	u, err := db.scanUser(q.QueryRowContext(ctx, `SELECT `+userColumns+`,
		v.id, v.user_id, coalesce(v.session_id, ''), v.status, v.error_code, v.key_number, v.created_at, v.news_at
		FROM users u JOIN verifications v ON v.rowid = (SELECT rowid FROM verifications
		  WHERE livemode = u.livemode AND user_id = u.user_id ORDER BY created_at DESC, rowid DESC LIMIT 1)
		WHERE u.livemode = ? AND u.user_id = ?`, db.live, userID),
		&v.ID, &v.UserID, &v.SessionID, &v.Status, &v.ErrorCode, &v.KeyNumber, &created, &news)
	if err == nil && v.ID != "" {
		v.CreatedAt, v.NewsAt = time.Unix(created, 0).UTC(), time.Unix(news, 0).UTC()
		u.Newest = &v
	}
	return u, err
}

// userColumns are where a user of the view users u stands. The plus sign keeps
// SQLite from reading every verified session instead of the user's few.
const userColumns = `u.verified, u.needs_review,
	EXISTS (SELECT 1 FROM verifications w WHERE w.livemode = u.livemode AND w.user_id = u.user_id
	  AND +w.status = 'verified' AND w.gate = 'waiting'), u.attempts, u.extra_attempts,
	coalesce((SELECT d.decision FROM decisions d
	  WHERE d.livemode = u.livemode AND d.user_id = u.user_id AND d.decision IN ('approve', 'reject')
	  ORDER BY d.id DESC LIMIT 1), '')`

// user is User within a transaction, without the newest verification.
func (db *DB) user(ctx context.Context, q Querier, userID string) (User, error) {
	return db.scanUser(q.QueryRowContext(ctx, `SELECT `+userColumns+` FROM users u
		WHERE u.livemode = ? AND u.user_id = ?`, db.live, userID))
}

func (db *DB) scanUser(row *sql.Row, more ...any) (User, error) {
	var u User
	var extra int
	var decision string
	err := row.Scan(append([]any{&u.Verified, &u.InReview, &u.AtGate, &u.Attempts, &extra, &decision}, more...)...)
	if err != nil && !IsNoRows(err) {
		return User{}, fmt.Errorf("read user: %w", err)
	}
	u.Approved, u.Rejected = decision == Approve, decision == Reject
	u.InReview, u.AtGate = u.InReview && !u.Verified, u.AtGate && !u.Verified
	u.AttemptsLeft = max(0, db.opt.MaxAttempts+extra-u.Attempts)
	return u, nil
}
