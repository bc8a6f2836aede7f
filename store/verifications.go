package store

import (
	"context"
	"fmt"
	"time"
)

// Verification is one VerificationSession as this app knows it.
type Verification struct {
	ID        string // ours; client_reference_id at Stripe
	UserID    string
	SessionID string // vs_…; "" until Stripe answered
	Status    Status
	ErrorCode string // last_error.code of the newest failure; "" without one
	Revoked   int    // how often Stripe has taken its verdict back
	Spent     bool   // nobody is sent there again, whatever its status
	KeyNumber int    // idempotency keys given up so far
	CreatedAt time.Time
	NewsAt    time.Time // Stripe's time of the newest news
	New       bool      // by Begin: it has just made it, so that Stripe cannot know it yet
	ReturnsTo string    // by Begin: the address that it was made with, which a repeat of its create must have, too
}

// State is what the state machine knows of it.
func (v Verification) State() State {
	return State{Status: v.Status, ErrorCode: v.ErrorCode, At: v.NewsAt.Unix(), Revoked: v.Revoked}
}

// Open says whether it can still lead to a check that somebody is sent to.
func (v Verification) Open() bool {
	return !v.Spent && (v.Status == RequiresInput || v.Status == Processing)
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
const verificationColumns = `v.id, v.user_id, coalesce(v.session_id, ''), v.status, v.error_code, v.revoked, v.spent, v.key_number, v.created_at, v.news_at`

func (v *Verification) columns() []any {
	return []any{&v.ID, &v.UserID, &v.SessionID, &v.Status, &v.ErrorCode, &v.Revoked, &v.Spent, &v.KeyNumber, (*unix)(&v.CreatedAt), (*unix)(&v.NewsAt)}
}

func scanVerification(row Row) (v Verification, err error) {
	err = row.Scan(v.columns()...)
	return v, err
}

// row is a verification as a transaction has read it.
type row struct {
	person, number int64
	gate           string
	review         bool  // a reviewer has to look at it
	linkAt         int64 // when its link was given out; 0 once that has led to something
	redacted       bool  // Stripe has, as we know
	missing        bool  // Stripe did not know it when it was asked last
	made           Made
	idle           bool // none of its user's actions waits; false: it was not asked
	Verification
}

const rowColumns = `v.person, v.number, v.gate, v.needs_review, v.link_at, v.redacted_at IS NOT NULL, v.missing_at IS NOT NULL,
	v.made_from, v.returns_to, 0 = 1 /*pg: OR NOT EXISTS (SELECT 1 FROM actions a WHERE a.livemode = v.livemode AND a.user_id = v.user_id
	AND a.done_at IS NULL AND a.failed_at IS NULL)*/, ` + verificationColumns

func scanRow(found Row) (r row, err error) {
	err = found.Scan(append([]any{&r.person, &r.number, &r.gate, &r.review, &r.linkAt, &r.redacted, &r.missing,
		&r.made.Check, &r.made.ReturnsTo, &r.idle}, r.Verification.columns()...)...)
	return r, err
}

// numbered is a user's verification with that number.
func numbered(ctx context.Context, tx *Tx, person, number int64) (row, error) {
	r, err := scanRow(tx.QueryRowContext(ctx, `SELECT `+rowColumns+` FROM verifications v WHERE person = $1 AND number = $2`, person, number))
	return r, because("read verification", err)
}

// Find returns a verification by its id; an error when it was given up.
func (db *DB) Find(ctx context.Context, id string) (Verification, error) {
	return scanVerification(db.QueryRowContext(ctx, `SELECT `+verificationColumns+` FROM verifications v WHERE id = $1`, id))
}

// OfSession returns the verification of a session; an error when there is none.
func (db *DB) OfSession(ctx context.Context, sessionID string) (Verification, error) {
	return scanVerification(db.QueryRowContext(ctx, `SELECT `+verificationColumns+` FROM verifications v WHERE session_id = $1 AND livemode = $2`,
		sessionID, db.live))
}

// change changes something of a verification, with its user locked. One that was given up is left as it is.
func (db *DB) change(ctx context.Context, id string, do func(context.Context, *Tx, *locked, row) error) error {
	return db.InTx(ctx, func(ctx context.Context, tx *Tx) error { return db.changeIn(ctx, tx, id, do) })
}

func (db *DB) changeIn(ctx context.Context, tx *Tx, id string, do func(context.Context, *Tx, *locked, row) error) error {
	r, p, err := db.lockAndRead(ctx, tx, key{`SELECT ` + userOf + `id = $1` + locking, `SELECT ` + oneOf + `id = $1`, []any{id}})
	if known, err := found("find verification", err); !known {
		return err
	}
	if err = do(ctx, tx, p, r); err == nil {
		db.settle(ctx, tx, p)
	}
	return err
}

// GiveUp forgets a verification for which Stripe refused to make a session.
func (db *DB) GiveUp(ctx context.Context, id string) error {
	_, err := db.giveUp(ctx, id, 0)
	return err
}

// giveUp forgets a verification of which Stripe has no session, and whose link was given out that long ago. False: it is
// still there.
func (db *DB) giveUp(ctx context.Context, id string, after time.Duration) (gone bool, err error) {
	err = db.InTx(ctx, func(ctx context.Context, tx *Tx) error {
		gone = true
		return db.changeIn(ctx, tx, id, func(ctx context.Context, tx *Tx, p *locked, r row) (err error) {
			began := db.Now() - r.linkAt // our clock may have been set back: what lies far ahead is long ago
			if gone = r.SessionID == "" && max(began, -began) >= int64(after.Seconds()); !gone {
				return nil
			}
			db.countOpen(tx, r, -1)
			p.count(r, -1)
			tx.Write(ctx, "give up verification", `DELETE FROM verifications WHERE person = $1 AND number = $2`, r.person, r.number)
			if p.newest == r.number {
				p.newest, err = value[int64](ctx, tx, "find the newest", newest, p.nr)
			}
			return err
		})
	})
	return gone, err
}

// NewKey makes the next create use another idempotency key, because Stripe replays the answer to
// the old one, a 500 too, for at least a day (docs.stripe.com/api/idempotent_requests).
func (db *DB) NewKey(ctx context.Context, v Verification) error {
	_, err := db.exec(ctx, kept, "change idempotency key", `UPDATE verifications SET key_number = $1
		WHERE id = $2 AND key_number = $3 AND session_id IS NULL`, v.KeyNumber+1, v.ID, v.KeyNumber)
	return err
}

// MayAsk says whether Stripe may be asked about the verification now, at most
// once in every, and takes the turn: of many requests at once one is told yes.
func (db *DB) MayAsk(ctx context.Context, id string, every time.Duration) (bool, error) {
	// A clock set back must not silence us: a turn in the future counts as none.
	return db.exec(ctx, kept, "take the turn to ask", `UPDATE verifications
		SET asked_at = $1, check_at = CASE WHEN check_at > $2 THEN $2 ELSE check_at END
		WHERE id = $3 AND (asked_at <= $4 OR asked_at > $1)`, db.Now(), db.in(checkAfter[0]), id, db.in(-every))
}
