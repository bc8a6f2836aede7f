package store

import (
	"context"
	"errors"
	"fmt"
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
	return db.lastDecision(ctx, db.read, userID)
}

func (db *DB) lastDecision(ctx context.Context, q Querier, userID string) (id int64, err error) {
	if err := q.QueryRowContext(ctx, `SELECT coalesce(max(id), 0) FROM decisions WHERE livemode = ? AND user_id = ?`,
		db.live, userID).Scan(&id); err != nil {
		return 0, fmt.Errorf("find newest decision: %w", err)
	}
	return id, nil
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
		outcome := ""
		for _, possible := range db.Possible(u) {
			if d.Decision == possible {
				outcome = decided[possible]
			}
		}
		if outcome == "" {
			return ErrNotPossible
		}
		if outcome == OutcomeRejected && u.Verified {
			outcome = OutcomeRevoked
		}
		about, err := db.decidedAbout(ctx, tx, d, u)
		if err != nil {
			return err
		}
		var id int64
		if err := tx.QueryRowContext(ctx, `INSERT INTO decisions
			(livemode, user_id, session_id, decision, reviewer, reason, stripe_status, created_at)
			VALUES (?, ?, ?, ?, ?, ?, ?, ?) RETURNING id`, db.live, d.UserID, about.SessionID, d.Decision, d.Reviewer, d.Reason,
			about.Status, db.Now()).Scan(&id); err != nil {
			return fmt.Errorf("write decision: %w", err)
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
	v, err := scanVerification(tx.QueryRowContext(ctx, `SELECT `+verificationColumns+` FROM verifications
		WHERE +livemode = ? AND user_id = ? AND session_id IS NOT NULL
		ORDER BY status = 'verified' DESC, created_at DESC, rowid DESC LIMIT 1`, db.live, d.UserID))
	if IsNoRows(err) {
		return *u.Newest, nil
	} else if err != nil {
		return v, fmt.Errorf("find the session decided about: %w", err)
	}
	return v, nil
}

// emitDecision ends the review, and closes the open session: of whoever is approved
// or rejected, nothing more is to be checked and billed.
func (db *DB) emitDecision(ctx context.Context, tx *Tx, key string, d Decision, outcome, sessionID string) error {
	if d.Decision == Approve || d.Decision == Reject || d.Decision == OneMore {
		if _, err := tx.ExecContext(ctx, `UPDATE verifications SET needs_review = 0
			WHERE livemode = $1 AND user_id = $2 AND needs_review = 1`, db.live, d.UserID); err != nil {
			return fmt.Errorf("end review: %w", err)
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
