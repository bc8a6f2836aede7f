package store

import (
	"context"
	"errors"
	"fmt"
	"slices"
)

// Why a decision cannot be written.
var (
	ErrAlreadyDecided = errors.New("another reviewer was first")
	ErrNotPossible    = errors.New("the decision does not fit where the user stands")
)

// What a reviewer can decide.
const (
	Approve = "approve"
	Reject  = "reject"
	OneMore = "one_more" // attempt
	Cancel  = "cancel"   // the open session
	Redact  = "redact"   // have Stripe delete what it collected
)

// Decision is what a reviewer decided about a user.
type Decision struct {
	UserID, Decision string
	Reviewer         string
	Reason           string // no personal data
	Seen             int64  // User.LastDecision when the reviewer looked
}

// decided is what the team is told of; a reject of somebody who was verified is OutcomeRevoked.
var decided = map[string]string{
	Approve: OutcomeApproved, Reject: OutcomeRejected, OneMore: OutcomeOneMore, Cancel: OutcomeCanceled, Redact: OutcomeRedact}

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
	if !u.Verified && !u.Rejected && !u.AtGate {
		list = append(list, OneMore)
	}
	if known && u.Newest.Status == RequiresInput {
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
		if u.LastDecision != d.Seen {
			return ErrAlreadyDecided
		}
		outcome := decided[d.Decision]
		if outcome == "" || !slices.Contains(db.Possible(u), d.Decision) {
			return ErrNotPossible
		}
		if outcome == OutcomeRejected && u.Verified {
			outcome = OutcomeRevoked
		}
		var id int64
		var sessionID string
		if err := tx.QueryRowContext(ctx, writeDecision, d.Decision, d.Reviewer, d.Reason, db.Now(), p.nr).
			Scan(&id, &sessionID); err != nil {
			return because("write decision", err)
		}
		p.decide(id, d.Decision)
		if err := db.emitDecision(ctx, tx, p, d, Outcome{What: outcome, Key: fmt.Sprint("decision:", id), UserID: d.UserID, ObjectID: sessionID}); err != nil {
			return err
		}
		return db.settle(ctx, tx, p)
	})
}

// writeDecision finds the session that a decision is about: the newest, which is open, for a
// cancel, else the one that Stripe has verified, else the newest that Stripe knows of.
const writeDecision = `INSERT INTO decisions
	(livemode, user_id, session_id, decision, reviewer, reason, stripe_status, created_at)
	SELECT livemode, user_id, coalesce(session_id, ''), CAST($1 AS TEXT), CAST($2 AS TEXT), CAST($3 AS TEXT), status, CAST($4 AS BIGINT)
	FROM verifications WHERE person = $5
	ORDER BY CASE WHEN $1 = 'cancel' OR status = 'verified' THEN 0 WHEN session_id IS NOT NULL THEN 1 ELSE 2 END,
	    number DESC LIMIT 1
	RETURNING id, session_id`

// emitDecision ends the review, and closes the open session: of whoever is approved
// or rejected, nothing more is to be checked and billed.
func (db *DB) emitDecision(ctx context.Context, tx *Tx, p *locked, d Decision, o Outcome) error {
	if d.Decision == Approve || d.Decision == Reject || d.Decision == OneMore {
		if _, err := tx.Exec(ctx, "end review", `UPDATE verifications SET needs_review = 0 WHERE person = $1 AND needs_review = 1`, p.nr); err != nil {
			return err
		}
		p.reviews = 0
	}
	if d.Decision == Redact { // which also closes what is open
		if err := db.BlankWords(ctx, tx, d.UserID); err != nil {
			return err
		}
	}
	o.User = db.standsAt(p.person)
	if err := db.emit(ctx, tx, p.nr, o); err != nil || d.Decision == OneMore || d.Decision == Redact {
		return err
	}
	return db.closeOpen(ctx, tx, p, o.What, o.Key)
}
