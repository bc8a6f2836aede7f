package store

import (
	"context"
	"time"
)

// Action is what one consumer has to do after an outcome.
type Action struct {
	Outcome   // as it was emitted, but for what is for Wants alone; Key begins with the consumer's name
	ID        int64
	Kind      string // the consumer's name
	Tries     int    // this one included
	CreatedAt time.Time
}

const (
	lease     = 2 * time.Minute // Renew prolongs it
	mostTries = 28              // which backOff makes about a day
)

// backOff is how long to wait after so many tries, then always the last.
var backOff = []time.Duration{5 * time.Second, 30 * time.Second, 2 * time.Minute, 10 * time.Minute, time.Hour}

// nudge tells one of this process's workers that there may be work.
func (db *DB) nudge(kind string) {
	select {
	case db.due[kind] <- struct{}{}:
	default: // told already
	}
}

// Due is signalled when this process has written an action of that kind; others', and those put off, are to be looked for.
func (db *DB) Due(kind string) <-chan struct{} { return db.due[kind] }

// Claim takes the next action of a kind that is due, in the order of each user's
// actions: who waits for one that failed waits until it is done or given up.
// Until the lease ends no other process gets it. False: there is none.
func (db *DB) Claim(ctx context.Context, kind string) (Action, bool, error) {
	a := Action{Outcome: Outcome{Livemode: db.opt.Livemode}}
	claimed, err := db.ifAny(ctx, "claim action", func(ctx context.Context, tx *Tx) error {
		return tx.QueryRowContext(ctx, `UPDATE actions SET tries = tries + 1, lease_until = $1 WHERE id = (
			SELECT id FROM actions a WHERE livemode = $2 AND kind = $3 AND due_at <= $4 AND lease_until <= $4
			   AND done_at IS NULL AND failed_at IS NULL AND NOT EXISTS (
			       SELECT 1 FROM actions b WHERE b.livemode = a.livemode AND b.kind = a.kind AND b.user_id = a.user_id
			          AND b.id < a.id AND b.done_at IS NULL AND b.failed_at IS NULL)
			 ORDER BY due_at LIMIT 1)
			RETURNING id, key, kind, outcome, user_id, object_id, code, tries, created_at`,
			db.in(lease), db.live, kind, db.Now()).
			Scan(&a.ID, &a.Key, &a.Kind, &a.What, &a.UserID, &a.ObjectID, &a.Code, &a.Tries, (*unix)(&a.CreatedAt))
	}, `SELECT EXISTS (SELECT 1 FROM actions WHERE livemode = $1 AND kind = $2
		AND due_at <= $3 AND done_at IS NULL AND failed_at IS NULL)`, db.live, kind, db.Now())
	if claimed {
		db.nudge(kind) // there may be another one, for another worker
	}
	return a, claimed, err
}

// A process that was stopped for longer than its lease must not end the lease of the
// one that has taken over: that is why the try is in the updates that follow.

// Renew keeps an action that takes longer than its lease. Call it well within two minutes.
func (db *DB) Renew(ctx context.Context, a Action) error {
	_, err := db.exec(ctx, "renew lease", `UPDATE actions SET lease_until = $1 WHERE id = $2 AND tries = $3`, db.in(lease), a.ID, a.Tries)
	return err
}

// Done ends an action. It counts also when the lease has passed to somebody else: it is done.
func (db *DB) Done(ctx context.Context, a Action) error {
	_, err := db.exec(ctx, "end action", `UPDATE actions SET done_at = $1, lease_until = 0 WHERE id = $2 AND tries >= $3`,
		db.Now(), a.ID, a.Tries)
	return err
}

// LastTry says whether the action is given up when it fails this time.
func (a Action) LastTry() bool { return a.Tries >= mostTries }

// Postpone puts a failed action off, longer each time. After so many tries that they took a day it is given up,
// and kept for people to look at. Time in which the program was down does not count.
func (db *DB) Postpone(ctx context.Context, a Action) (gaveUp bool, err error) {
	if a.LastTry() {
		return true, db.GiveUpAction(ctx, a)
	}
	wait := backOff[min(max(a.Tries-1, 0), len(backOff)-1)]
	_, err = db.exec(ctx, "put off action", `UPDATE actions SET due_at = $1, lease_until = 0 WHERE id = $2 AND tries = $3`,
		db.in(wait), a.ID, a.Tries)
	return false, err
}

// GiveUpAction ends an action that can never succeed.
func (db *DB) GiveUpAction(ctx context.Context, a Action) error {
	_, err := db.exec(ctx, "give up action", `UPDATE actions SET failed_at = $1, lease_until = 0 WHERE id = $2 AND tries = $3`,
		db.Now(), a.ID, a.Tries)
	return err
}

// MustCancel says whether a session must still be closed at Stripe: it is open,
// and its user has no attempts left, or is verified or rejected, or a reviewer wants it so.
func (db *DB) MustCancel(ctx context.Context, sessionID string) (Verification, bool, error) {
	var v Verification
	var wanted bool
	open, err := found("find session", db.QueryRowContext(ctx, `SELECT EXISTS (SELECT 1 FROM decisions d WHERE d.livemode = v.livemode
		AND d.user_id = v.user_id AND d.decision = 'cancel' AND d.session_id = v.session_id), `+verificationColumns+`
		FROM verifications v WHERE session_id = $1 AND livemode = $2 AND status = 'requires_input'`, sessionID, db.live).
		Scan(append([]any{&wanted}, v.columns()...)...))
	if !open {
		return v, false, err
	}
	u, err := db.user(ctx, db, v.UserID)
	return v, wanted || u.Verified || u.Rejected || u.AttemptsLeft == 0, err
}
