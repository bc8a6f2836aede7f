package store

import (
	"context"
	"errors"
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

// Made is what a session is made from: one that was made from something else is not handed out again.
type Made struct {
	Check     string // which check; "": not known
	ReturnsTo string // the address that Stripe sends people back to
}

// otherAddress is how long a session may have another return address than would be asked for now: where a program has
// two, or two machines have their own, people must not get a new session with each click.
const otherAddress = time.Hour

// stillGood says whether the session may be handed out to somebody for whom one would be made from m now.
func (r row) stillGood(m Made, now int64) bool {
	return r.made.Check == m.Check && (r.made.ReturnsTo == m.ReturnsTo || now-r.CreatedAt.Unix() < int64(otherAddress.Seconds()))
}

// Begin finds or makes the user's open verification, which is made from what is asked for now, and remembers the language
// that the person reads; "": not known, so that the one of the last click stays. That a user has one at most is a unique
// index, so two clicks get the same. Errors: all of those above.
func (db *DB) Begin(ctx context.Context, userID, lang string, made Made) (Verification, error) {
	var r row
	// Should power fail now, nobody has been given a link so far: until then it is on disk.
	err := db.inTx(ctx, soon, func(ctx context.Context, tx *Tx) error {
		r = row{}
		p, err := db.lock(ctx, tx, userID)
		if err != nil {
			return err
		}
		if p.open != 0 {
			if r, err = numbered(ctx, tx, p.nr, p.open); err != nil {
				return err
			}
		}
		switch user := db.standsAt(p.person); {
		case user.Verified:
			return ErrAlreadyVerified
		case user.Rejected:
			return ErrRejected
		case user.InReview:
			return ErrInReview
		case user.AtGate, r.Status == Processing:
			return ErrProcessing
		case user.AttemptsLeft <= 0: // the retry limit
			return ErrAttemptsExhausted
		}
		if err := db.underCeiling(ctx, tx, r); err != nil {
			return err
		}
		if p.open != 0 && r.stillGood(made, db.Now()) { // who is sent to Stripe again comes back with news again
			return db.reopen(ctx, tx, r, lang)
		} else if p.open != 0 {
			db.spend(ctx, tx, p, r, superfluousOther)
		}
		r, err = db.insert(ctx, tx, p, lang, made)
		return err
	})
	r.ReturnsTo = r.made.ReturnsTo
	return r.Verification, err
}

// markSpent has nobody sent to a session again. Another one can be made at once.
func (db *DB) markSpent(ctx context.Context, tx *Tx, p *locked, r row) {
	p.count(r, -1)
	r.Spent = true
	p.count(r, 1)
	tx.Write(ctx, "spend verification", `UPDATE verifications SET spent = 1 WHERE person = $1 AND number = $2`, r.person, r.number)
}

// spend also has the session closed at Stripe.
func (db *DB) spend(ctx context.Context, tx *Tx, p *locked, r row, why string) {
	db.markSpent(ctx, tx, p, r)
	if r.SessionID != "" {
		db.emitSuperfluous(ctx, tx, p, r.SessionID, why, why)
	}
}

// insert makes the user's next verification.
func (db *DB) insert(ctx context.Context, tx *Tx, p *locked, lang string, made Made) (row, error) {
	id, err := newID(ctx, tx)
	if err != nil {
		return row{}, err
	}
	now := db.Now()
	r := row{made: made, linkAt: now, Verification: Verification{ID: id, UserID: p.userID, Status: RequiresInput, NewsAt: time.Unix(0, 0), New: true}}
	p.next(&r)
	db.settle(ctx, tx, p)
	db.countOpen(tx, r, 1)
	return r, tx.Write(ctx, "insert verification", `INSERT INTO verifications
		(person, number, id, livemode, user_id, lang, made_from, returns_to, created_at, updated_at, opened_at, link_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $9, $9, $9)`, p.nr, r.number, r.ID, db.live, p.userID, lang, made.Check, made.ReturnsTo, now)
}

// next gives a verification the user's next number.
func (p *locked) next(r *row) {
	p.numbered++
	p.newest, r.number = p.numbered, p.numbered
	p.count(*r, 1)
}

// reopen starts the watch over a session anew: it must not be closed as
// forgotten while somebody is on Stripe's page with a fresh link.
func (db *DB) reopen(ctx context.Context, tx *Tx, r row, lang string) error {
	db.countOpen(tx, r, -1)
	r.linkAt = db.Now()
	db.countOpen(tx, r, 1)
	return tx.Write(ctx, "open verification again", `UPDATE verifications
		SET asked_at = 0, opened_at = $1, link_at = $1, checks = 0, check_at = $2, lang = CASE WHEN $3 = '' THEN lang ELSE $3 END WHERE person = $4 AND number = $5`,
		r.linkAt, db.firstCheck(r.State(), false), lang, r.person, r.number)
}
