package store

import (
	"context"
	"database/sql"
	"fmt"
)

// User is where a user stands: a row of the view users, in the app's words.
type User struct {
	Verified     bool
	Rejected     bool          // a reviewer's last word was no
	Attempts     int           // failed checks that count
	AttemptsLeft int           // never below 0
	Newest       *Verification // nil: has never started
}

// User returns where userID stands. A user never heard of is one who has not started.
func (db *DB) User(ctx context.Context, userID string) (User, error) {
	u, err := db.user(ctx, db.read, userID)
	if err != nil {
		return User{}, err
	}
	v, err := scanVerification(db.read.QueryRowContext(ctx, `SELECT `+verificationColumns+` FROM verifications
		WHERE livemode = ? AND user_id = ? ORDER BY created_at DESC, rowid DESC LIMIT 1`, db.live, userID))
	if err == nil {
		u.Newest = &v
	} else if !isNoRows(err) {
		return User{}, fmt.Errorf("find newest verification: %w", err)
	}
	return u, nil
}

// querier is a pool or a transaction.
type querier interface {
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
}

func (db *DB) user(ctx context.Context, q querier, userID string) (User, error) {
	var u User
	var extra int
	err := q.QueryRowContext(ctx, `SELECT verified, attempts, extra_attempts,
		coalesce((SELECT d.decision = 'reject' FROM decisions d
		  WHERE d.livemode = u.livemode AND d.user_id = u.user_id AND d.decision IN ('approve', 'reject')
		  ORDER BY d.id DESC LIMIT 1), 0)
		FROM users u WHERE livemode = ? AND user_id = ?`, db.live, userID).
		Scan(&u.Verified, &u.Attempts, &extra, &u.Rejected)
	if err != nil && !isNoRows(err) {
		return User{}, fmt.Errorf("read user: %w", err)
	}
	u.AttemptsLeft = max(0, db.opt.MaxAttempts+extra-u.Attempts)
	return u, nil
}
