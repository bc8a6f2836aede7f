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
	Seen             int64  // LastDecision when the reviewer looked
}

// decided is what the team is told of; a reject of somebody who was verified is OutcomeRevoked.
var decided = map[string]string{Approve: OutcomeApproved, Reject: OutcomeRejected, OneMore: OutcomeOneMore, Cancel: OutcomeCanceled,
	Redact: OutcomeRedact}

// LastDecision is the number of the newest decision about a user; 0 without one.
func (db *DB) LastDecision(ctx context.Context, userID string) (int64, error) {
	return db.lastDecision(ctx, db, userID)
}

func (db *DB) lastDecision(ctx context.Context, q Querier, userID string) (int64, error) {
	return value[int64](ctx, q, "find newest decision", `SELECT coalesce(max(id), 0) FROM decisions WHERE livemode = $1 AND user_id = $2`,
		db.live, userID)
}

// Possible are the decisions that fit where a user stands.
func (db *DB) Possible(u User) []string {
	var list []string
	if u.Newest == nil {
		return nil
	}
	if !u.Approved {
		list = append(list, Approve)
	}
	if !u.Rejected {
		list = append(list, Reject)
	}
	if !u.Verified && !u.Rejected && !u.AtGate {
		list = append(list, OneMore)
	}
	if u.Newest.Status == RequiresInput && u.Newest.SessionID != "" {
		list = append(list, Cancel)
	}
	for _, c := range db.opt.Consumers {
		if u.Newest.SessionID != "" && c.Decision != "" {
			list = append(list, c.Decision)
		}
	}
	return list
}

// Decide writes a decision and what follows from it. Stripe's verdict stays what
// it is. Errors: ErrAlreadyDecided, ErrNotPossible.
func (db *DB) Decide(ctx context.Context, d Decision) error {
	return db.InTx(ctx, func(ctx context.Context, tx *Tx) error {
		seen, err := db.lastDecision(ctx, tx, d.UserID)
		if err != nil {
			return err
		}
		if seen != d.Seen {
			return ErrAlreadyDecided
		}
		u, err := db.userNow(ctx, tx, d.UserID)
		if err != nil {
			return err
		}
		outcome := decided[d.Decision]
		if outcome == "" || !slices.Contains(db.Possible(u), d.Decision) {
			return ErrNotPossible
		}
		if outcome == OutcomeRejected && u.Verified {
			outcome = OutcomeRevoked
		}
		about, err := db.decidedAbout(ctx, tx, d, u)
		if err != nil {
			return err
		}
		id, err := value[int64](ctx, tx, "write decision", `INSERT INTO decisions
			(livemode, user_id, session_id, decision, reviewer, reason, stripe_status, created_at)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8) RETURNING id`, db.live, d.UserID, about.SessionID, d.Decision, d.Reviewer, d.Reason,
			about.Status, db.Now())
		if err != nil {
			return err
		}
		return db.emitDecision(ctx, tx, fmt.Sprint("decision:", id), d, outcome, about.SessionID)
	})
}

// decidedAbout is the session that a decision is about: the open one for a cancel,
// else the one that Stripe has verified, else the newest that Stripe knows of.
func (db *DB) decidedAbout(ctx context.Context, tx *Tx, d Decision, u User) (Verification, error) {
	if d.Decision == Cancel {
		return *u.Newest, nil
	}
	v, err := scanVerification(tx.QueryRowContext(ctx, `SELECT `+verificationColumns+` FROM verifications v
		WHERE +livemode = $1 AND user_id = $2 AND session_id IS NOT NULL
		ORDER BY status = 'verified' DESC, created_at DESC, rowid DESC LIMIT 1`, db.live, d.UserID))
	known, err := found("find the session decided about", err)
	if !known {
		return *u.Newest, err
	}
	return v, nil
}

// emitDecision ends the review, and closes the open session: of whoever is approved
// or rejected, nothing more is to be checked and billed.
func (db *DB) emitDecision(ctx context.Context, tx *Tx, key string, d Decision, outcome, sessionID string) error {
	if d.Decision == Approve || d.Decision == Reject || d.Decision == OneMore {
		if _, err := tx.exec(ctx, "end review", `UPDATE verifications SET needs_review = 0
			WHERE livemode = $1 AND user_id = $2 AND needs_review = 1`, db.live, d.UserID); err != nil {
			return err
		}
	}
	if err := db.emit(ctx, tx, Outcome{What: outcome, Key: key, UserID: d.UserID, ObjectID: sessionID}); err != nil {
		return err
	}
	if d.Decision == OneMore || d.Decision == Redact { // a redaction closes what is open
		return nil
	}
	return db.closeOpen(ctx, tx, d.UserID, outcome, key)
}
