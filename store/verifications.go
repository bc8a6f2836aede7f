package store

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// Why a user may not start a verification now.
var (
	ErrAlreadyVerified   = errors.New("user is verified")
	ErrProcessing        = errors.New("last submission is still being checked")
	ErrInReview          = errors.New("a reviewer has to decide")
	ErrRejected          = errors.New("a reviewer has rejected the user")
	ErrAttemptsExhausted = errors.New("no attempts left")
	ErrDailyCeiling      = errors.New("MAX_CHECKS_PER_DAY is reached")
)

// Verification is one VerificationSession as this app knows it.
type Verification struct {
	ID        string // ours; client_reference_id at Stripe
	UserID    string
	SessionID string // vs_…; "" until Stripe answered
	Status    Status
	ErrorCode string // last_error.code of the newest failure; "" without one
	KeyNumber int    // idempotency keys given up so far
	CreatedAt time.Time
	NewsAt    time.Time // Stripe's time of the newest news
	New       bool      // by Begin: it has just made it, so that Stripe cannot know it yet
	Untouched bool      // by NextCheck: its link has expired and nobody has ever submitted anything, so that it can be canceled
}

// IdempotencyKey is the key with which to create the session at Stripe. It stays the same until
// NewKey, so that a repeat makes no second session, which would cost a second fee.
func (v Verification) IdempotencyKey() string {
	if v.KeyNumber == 0 {
		return v.ID
	}
	return fmt.Sprintf("%s-%d", v.ID, v.KeyNumber)
}

// verificationColumns are those of verifications v, in the order of columns.
const verificationColumns = `v.id, v.user_id, coalesce(v.session_id, ''), v.status, v.error_code, v.key_number, v.created_at, v.news_at`

func (v *Verification) columns() []any {
	return []any{&v.ID, &v.UserID, &v.SessionID, &v.Status, &v.ErrorCode, &v.KeyNumber, (*unix)(&v.CreatedAt), (*unix)(&v.NewsAt)}
}

func scanVerification(row Row) (v Verification, err error) {
	err = row.Scan(v.columns()...)
	return v, err
}

// Begin finds or makes the user's open verification, and remembers the language that the person reads. That
// a user has one at most is a unique index, so two clicks get the same. Errors: all of those above.
func (db *DB) Begin(ctx context.Context, userID, lang string) (Verification, error) {
	var v Verification
	err := db.InTx(ctx, func(ctx context.Context, tx *Tx) error {
		user, err := db.user(ctx, tx, userID)
		if err != nil {
			return err
		}
		v, err = scanVerification(tx.QueryRowContext(ctx, `SELECT `+verificationColumns+` FROM verifications v
			WHERE livemode = $1 AND user_id = $2 AND status IN ('requires_input', 'processing')`, db.live, userID))
		open, err := found("find open verification", err)
		if err != nil {
			return err
		}
		switch {
		case user.Verified:
			return ErrAlreadyVerified
		case user.Rejected:
			return ErrRejected
		case user.InReview:
			return ErrInReview
		case user.AtGate, open && v.Status == Processing:
			return ErrProcessing
		case user.AttemptsLeft <= 0: // the retry limit
			return ErrAttemptsExhausted
		}
		if err := db.underCeiling(ctx, tx); err != nil {
			return err
		}
		if open { // who is sent to Stripe again comes back with news again
			return db.reopen(ctx, tx, v, lang)
		}
		v = Verification{ID: newID(), UserID: userID, Status: RequiresInput, New: true}
		_, err = tx.Exec(ctx, "insert verification", `INSERT INTO verifications
			(id, livemode, user_id, lang, created_at, updated_at, opened_at) VALUES ($1, $2, $3, $4, $5, $5, $5)`,
			v.ID, db.live, userID, lang, db.Now())
		return err
	})
	return v, err
}

// reopen starts the watch over a session anew: it must not be closed as
// forgotten while somebody is on Stripe's page with a fresh link.
func (db *DB) reopen(ctx context.Context, tx *Tx, v Verification, lang string) error {
	_, err := tx.Exec(ctx, "open verification again", `UPDATE verifications
		SET asked_at = 0, opened_at = $1, checks = 0, check_at = $2, lang = $3 WHERE id = $4`,
		db.Now(), db.firstCheck(State{Status: v.Status, ErrorCode: v.ErrorCode}), lang, v.ID)
	return err
}

// underCeiling is the ceiling on cost: every report is billed, whoever asked for it.
func (db *DB) underCeiling(ctx context.Context, tx *Tx) error {
	if db.opt.MaxPerDay == 0 {
		return nil
	}
	checks, err := value[int](ctx, tx, "count checks of the day", `
		SELECT (SELECT count(*) FROM attempts WHERE livemode = $1 AND created_at > $2)
		     + (SELECT count(*) FROM verifications WHERE livemode = $1 AND status = 'verified' AND news_at > $2)`,
		db.live, db.in(-24*time.Hour))
	if err == nil && checks >= db.opt.MaxPerDay {
		return ErrDailyCeiling
	}
	return err
}

// Find returns a verification by its id; an error when it was given up.
func (db *DB) Find(ctx context.Context, id string) (Verification, error) {
	return scanVerification(db.QueryRowContext(ctx, `SELECT `+verificationColumns+` FROM verifications v WHERE id = $1`, id))
}

// GiveUp forgets a verification for which Stripe refused to make a session.
func (db *DB) GiveUp(ctx context.Context, id string) error {
	_, err := db.exec(ctx, "give up verification", `DELETE FROM verifications WHERE id = $1 AND session_id IS NULL`, id)
	return err
}

// NewKey makes the next create use another idempotency key, because Stripe replays the answer to
// the old one, a 500 too, for at least a day (docs.stripe.com/api/idempotent_requests).
func (db *DB) NewKey(ctx context.Context, v Verification) error {
	_, err := db.exec(ctx, "change idempotency key", `UPDATE verifications SET key_number = $1
		WHERE id = $2 AND key_number = $3 AND session_id IS NULL`, v.KeyNumber+1, v.ID, v.KeyNumber)
	return err
}

// MayAsk says whether Stripe may be asked about the verification now, at most
// once in every, and takes the turn: of many requests at once one is told yes.
func (db *DB) MayAsk(ctx context.Context, id string, every time.Duration) (bool, error) {
	// A clock set back must not silence us: a turn in the future counts as none.
	return db.exec(ctx, "take the turn to ask", `UPDATE verifications
		SET asked_at = $1, check_at = CASE WHEN check_at > $2 THEN $2 ELSE check_at END
		WHERE id = $3 AND (asked_at <= $4 OR asked_at > $1)`, db.Now(), db.lookIn(checkAfter[0]), id, db.in(-every))
}
