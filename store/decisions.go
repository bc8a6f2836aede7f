package store

import (
	"context"
	"errors"
	"fmt"
	"slices"
)

// Why a decision cannot be written.
var (
	ErrAlreadyDecided = errors.New("something has changed since the reviewer looked")
	ErrNotPossible    = errors.New("the decision does not fit where the user stands")
)

// What a reviewer can decide.
const (
	Approve  = "approve"
	Reject   = "reject"
	Withdraw = "withdraw" // the last approve or reject that counts
	OneMore  = "one_more" // attempt
	Cancel   = "cancel"   // the open session
	Redact   = "redact"   // have Stripe delete what it collected
)

// Decision is what a reviewer decided about a user.
type Decision struct {
	UserID, Decision string
	Reviewer         string
	Reason           string // no personal data
	Seen             string // User.Seen when the reviewer looked
}

// decided is what the team is told of; a reject of somebody who was verified is OutcomeRevoked.
var decided = map[string]string{
	Approve: OutcomeApproved, Reject: OutcomeRejected, Withdraw: OutcomeWithdrawn,
	OneMore: OutcomeOneMore, Cancel: OutcomeCanceled, Redact: OutcomeRedact}

// Possible are the decisions that fit where a user stands.
func (db *DB) Possible(u User) []string {
	var list []string
	if u.Newest == nil {
		return nil
	}
	known := u.Newest.SessionID != "" // to Stripe
	if !u.Approved {
		list = append(list, Approve)
	}
	if !u.Rejected {
		list = append(list, Reject)
	}
	if u.Approved || u.Rejected {
		list = append(list, Withdraw)
	}
	if !u.Verified && !u.Rejected && !u.AtGate {
		list = append(list, OneMore)
	}
	if known && u.Newest.Open() && u.Newest.Status == RequiresInput {
		list = append(list, Cancel)
	}
	for _, c := range db.opt.Consumers {
		if known && c.Decision != "" {
			list = append(list, c.Decision)
		}
	}
	return list
}

// Decide writes a decision and what follows from it. Stripe's verdict stays what
// it is. Errors: ErrAlreadyDecided, ErrNotPossible.
func (db *DB) Decide(ctx context.Context, d Decision) error {
	return db.InTx(ctx, func(ctx context.Context, tx *Tx) error {
		p, err := db.lock(ctx, tx, d.UserID)
		if err != nil {
			return err
		}
		u := db.standsAt(p.person)
		if p.newest != 0 {
			r, err := numbered(ctx, tx, p.nr, p.newest)
			if err != nil {
				return err
			}
			u.Newest = &r.Verification
		}
		if u.Seen() != d.Seen {
			return ErrAlreadyDecided
		}
		outcome := decided[d.Decision]
		if outcome == "" || !slices.Contains(db.Possible(u), d.Decision) {
			return ErrNotPossible
		}
		if outcome == OutcomeRejected && u.Verified {
			outcome = OutcomeRevoked
		}
		return db.decide(ctx, tx, p, d, outcome)
	})
}

// decide writes a decision into the tables, and what follows from it.
func (db *DB) decide(ctx context.Context, tx *Tx, p *locked, d Decision, outcome string) error {
	o := Outcome{What: outcome, UserID: d.UserID}
	if err := tx.QueryRowContext(ctx, writeDecision, d.Decision, d.Reviewer, d.Reason, db.Now(), p.nr).
		Scan(&p.lastDecision, &o.ObjectID); err != nil {
		return because("write decision", err)
	}
	o.Key = fmt.Sprintf("decision:%d:%s:%d", p.lastDecision, o.ObjectID, db.Now()) // a restored backup numbers from there on again
	var err error
	p.word, err = value[string](ctx, tx, "find the last word", `SELECT `+lastWord+` FROM people p WHERE nr = $1`, p.nr)
	if d.Decision == OneMore {
		p.extra++
	}
	db.emitDecision(ctx, tx, p, d, o)
	db.settle(ctx, tx, p)
	return err
}

const (
	// lastWord is the newest approve or reject about a person p that was not withdrawn.
	lastWord = `coalesce((SELECT decision FROM decisions d WHERE d.livemode = p.livemode AND d.user_id = p.user_id AND ` + notWithdrawn + `), '')`

	notWithdrawn = `decision IN ('approve', 'reject') AND NOT EXISTS (SELECT 1 FROM decisions w WHERE w.withdraws = d.id) ORDER BY id DESC LIMIT 1`
)

// writeDecision finds the session that a decision is about: the newest, which is open, for a
// cancel, else the one that Stripe has verified, else the newest that Stripe knows of.
const writeDecision = `INSERT INTO decisions
	(livemode, user_id, session_id, decision, withdraws, reviewer, reason, stripe_status, created_at)
	SELECT livemode, user_id, coalesce(session_id, ''), CAST($1 AS TEXT), CASE WHEN $1 = 'withdraw' THEN (SELECT id FROM decisions d
	    WHERE d.livemode = v.livemode AND d.user_id = v.user_id AND ` + notWithdrawn + `) END, CAST($2 AS TEXT), CAST($3 AS TEXT), status, CAST($4 AS BIGINT)
	FROM verifications v WHERE person = $5
	ORDER BY CASE WHEN $1 = 'cancel' OR status = 'verified' THEN 0 WHEN session_id IS NOT NULL THEN 1 ELSE 2 END,
	    number DESC LIMIT 1
	RETURNING id, session_id`

// emitDecision also closes the open session of whoever a word decides about now: nothing more is to be checked and billed.
func (db *DB) emitDecision(ctx context.Context, tx *Tx, p *locked, d Decision, o Outcome) {
	switch d.Decision {
	case Approve, Reject, Withdraw, OneMore:
		db.review(ctx, tx, p, d.Decision)
	case Redact: // which also closes what is open
		tx.fail(db.BlankWords(ctx, tx, d.UserID))
	}
	o.User = db.standsAt(p.person)
	db.emit(ctx, tx, p, o)
	why := o.What
	switch {
	case d.Decision == OneMore, d.Decision == Redact:
		return
	case d.Decision != Withdraw:
	case o.User.Verified:
		why = OutcomeVerified
	case o.User.Rejected:
		why = OutcomeRejected
	default:
		return // a new attempt is possible, also with the session that is open
	}
	db.closeOpen(ctx, tx, p, why, o.Key)
}

// review has a reviewer look at whoever is held back, as long as no word counts: a decision ends that, and its
// withdrawal begins it again. One more attempt ends it for good: it is given instead of what is held back.
func (db *DB) review(ctx context.Context, tx *Tx, p *locked, decision string) {
	gate, needed := "held", decision == Withdraw && p.word == ""
	if decision == OneMore {
		gate = "dismissed"
	}
	held, err := List(ctx, tx, Scan[int64], `UPDATE verifications SET gate = $1, needs_review = $2 WHERE person = $3 AND gate = 'held'
		RETURNING number`, gate, bit(needed), p.nr)
	p.reviews = len(held) * bit(needed)
	tx.fail(because("write reviews", err))
}
