package store

import (
	"context"
	"fmt"
	"slices"
)

// What can happen to a user.
const (
	OutcomeVerified     = "verified"
	OutcomeFailed       = "failed"
	OutcomeExhausted    = "exhausted" // the last attempt is used up
	OutcomeInReview     = "in_review" // held back at the gate
	OutcomeApproved     = "approved"  // by a reviewer
	OutcomeRejected     = "rejected"  // by a reviewer
	OutcomeRevoked      = "revoked"   // verified no more: Stripe has taken its verdict back, or a reviewer has rejected a verified user
	OutcomeOneMore      = "one_more"  // a reviewer gave one more attempt
	OutcomeWithdrawn    = "withdrawn" // a reviewer took the last approve or reject back: User says where that leaves the user
	OutcomeCanceled     = "canceled"  // a reviewer closed the open session
	OutcomeRedact       = "redact"    // a reviewer has Stripe delete what it collected
	OutcomeConnected    = "connected"
	OutcomeDisconnected = "disconnected"
)

// What only parts of this program have to do with.
const (
	OutcomeAtGate      = "at_gate"     // verified at Stripe, and not yet here; Code says since when: verified, or rebuilt
	OutcomeSuperfluous = "superfluous" // the session must not be used any more, and is to be closed; Code says why
	OutcomeToAsk       = "to_ask"      // an event is thin, or contradicts what is known where a verdict is at stake: Stripe has to be asked
	OutcomeOwnEvent    = "own_event"   // an event of a type that the team handles; Code is the type, Key ends with its id
)

// Why a session is superfluous, besides the outcomes that make it so.
const (
	superfluousOther   = "other_check" // another check is asked for now, or another address to come back to
	superfluousExpired = "expired"     // its link has expired, and nobody has submitted anything
)

// Outcome is something that happened, and from which something follows.
type Outcome struct {
	Key      string // the same on every repeat: where a thing must not be done twice, remember it
	What     string // one of the constants above
	UserID   string
	ObjectID string // vs_… or acct_…
	Code     string // last_error.code, for failed and exhausted
	Livemode bool
	User     User // without Newest; for Wants: where the user stands with it, not for at_gate, superfluous and accounts; for a consumer with Users: by now
	Counted  bool // failed: it used up an attempt; for Wants alone
}

// Internal says whether only parts of this program have to do with it.
func (o Outcome) Internal() bool {
	return slices.Contains([]string{OutcomeAtGate, OutcomeSuperfluous, OutcomeToAsk, OutcomeOwnEvent}, o.What)
}

// Consumer is somebody who does something after outcomes.
type Consumer struct {
	Name     string // unique; the kind of its actions
	Wants    func(Outcome) bool
	Users    bool   // its actions come with where their users stand when they are claimed
	Decision string // one that reviewers can take only because this consumer carries it out; "": none
}

// emit is the one way by which anything follows from an outcome: in its transaction each consumer that wants it gets
// an action. A repeat of the outcome changes nothing.
func (db *DB) emit(ctx context.Context, tx *Tx, p *locked, o Outcome) {
	o.Livemode = db.opt.Livemode
	for _, c := range db.opt.Consumers {
		if c.Wants(o) {
			db.enqueue(ctx, tx, c.Name, p, o)
		}
	}
}

// follow emits what has happened with the news, the same whether a webhook, the return page or reconcile brought it.
func (db *DB) follow(ctx context.Context, tx *Tx, p *locked, h heard) {
	db.closeSpent(ctx, tx, p, h)
	if h.doubtful && h.ByEvent {
		db.ask(ctx, tx, p, h.eventID, h.SessionID)
	}
	switch {
	case h.doubtful && h.Before.Status == Verified:
		return // the answer brings what there is to tell
	case h.Before.Status != Verified && h.After.Status == Verified && db.opt.Gate:
		db.stopAtGate(ctx, tx, p, h, OutcomeVerified)
	case h.Before.Status != Verified && h.After.Status == Verified:
		db.emitVerified(ctx, tx, p, h.SessionID, h.After.Revoked)
	case h.After.Revoked > h.Before.Revoked:
		db.emitRevoked(ctx, tx, p, h)
	case h.Counted, (h.Before.Status != h.After.Status && !h.reopened() || h.Before.ErrorCode != h.After.ErrorCode) &&
		h.After.Status == RequiresInput && h.news.Failed && !h.news.Counts(): // what was missing at Stripe for a while has failed before
		db.emitFailed(ctx, tx, p, h)
	}
}

// ask has Stripe asked about a session of which an event does not say enough.
func (db *DB) ask(ctx context.Context, tx *Tx, p *locked, eventID, sessionID string) {
	db.emit(ctx, tx, p, Outcome{What: OutcomeToAsk, Key: eventID, UserID: p.userID, ObjectID: sessionID})
}

// again is an outcome's key for a session whose verdict has been taken back so many times: what is given again is told again.
func again(key string, revoked int) string {
	if revoked == 0 {
		return key
	}
	return fmt.Sprint(key, ":", revoked)
}

// emitRevoked tells that a user is verified no more, who was by that session and is by nothing else. A session that
// is open besides stays open while the user may try again.
func (db *DB) emitRevoked(ctx context.Context, tx *Tx, p *locked, h heard) {
	u := db.standsAt(p.person)
	if p.was.verified() && !u.Verified {
		db.emit(ctx, tx, p, Outcome{What: OutcomeRevoked, Key: again("revoked:"+h.SessionID, h.After.Revoked), UserID: p.userID,
			ObjectID: h.SessionID, Code: h.After.ErrorCode, User: u})
	}
	if !u.Verified && u.AttemptsLeft == 0 {
		db.closeOpen(ctx, tx, p, OutcomeExhausted, again(h.SessionID, h.After.Revoked))
	}
}

// emitVerified also has the user's other open session closed: it would cost a fee and decide nothing.
func (db *DB) emitVerified(ctx context.Context, tx *Tx, p *locked, sessionID string, revoked int) {
	u := db.standsAt(p.person)
	if u.Rejected {
		return // a reviewer's word beats Stripe's: nobody must be told that the user is verified
	}
	db.emit(ctx, tx, p, Outcome{What: OutcomeVerified, Key: again("verified:"+sessionID, revoked), UserID: p.userID, ObjectID: sessionID, User: u})
	db.closeOpen(ctx, tx, p, OutcomeVerified, again(sessionID, revoked))
}

// emitFailed also looks whether the user may try again: if not, an old link must not be good for another
// check. A session that could not be closed while it was being checked may fail without its counting.
func (db *DB) emitFailed(ctx context.Context, tx *Tx, p *locked, h heard) {
	u := db.standsAt(p.person)
	// Where nothing was checked there is no report of its own: then it is told once for each way to walk away.
	key, closing := h.SessionID+":"+h.news.code(), fmt.Sprint(h.news.At.Unix())
	if h.Counted {
		key, closing = h.news.ReportID, h.news.ReportID
	}
	o := Outcome{What: OutcomeFailed, Key: "failed:" + key, UserID: p.userID, ObjectID: h.SessionID, Code: h.news.code(),
		User: u, Counted: h.Counted}
	db.emit(ctx, tx, p, o)
	why := OutcomeExhausted
	switch {
	case u.Rejected:
		why = OutcomeRejected
	case u.Verified:
		why = OutcomeVerified
	case u.AttemptsLeft > 0:
		return
	case h.Counted:
		o.What, o.Key = OutcomeExhausted, "exhausted:"+key
		db.emit(ctx, tx, p, o)
	}
	db.closeOpen(ctx, tx, p, why, closing)
}

// closeOpen has the user's open session closed at Stripe. What it follows from is in
// the key, because a session that is being checked cannot be closed and may come back.
func (db *DB) closeOpen(ctx context.Context, tx *Tx, p *locked, why, key string) {
	if p.open == 0 {
		return
	}
	r, err := numbered(ctx, tx, p.nr, p.open)
	if tx.fail(err); r.SessionID != "" {
		db.emitSuperfluous(ctx, tx, p, r.SessionID, why, key)
	}
}

// emitSuperfluous has a session closed at Stripe.
func (db *DB) emitSuperfluous(ctx context.Context, tx *Tx, p *locked, sessionID, why, key string) {
	db.emit(ctx, tx, p, Outcome{What: OutcomeSuperfluous, Key: sessionID + ":" + key, UserID: p.userID, ObjectID: sessionID, Code: why})
}

// closeSpent has a session closed to which nobody is sent any more, as soon as it can be: until now its id was not known, or it was
// being checked. One whose verdict was taken back is, once a check there has used up the last attempt.
func (db *DB) closeSpent(ctx context.Context, tx *Tx, p *locked, h heard) {
	why, now := superfluousOther, h.r.SessionID == "" || h.Before.Status == Processing
	if h.After.TakenBack() {
		why, now = OutcomeExhausted, h.Counted && h.After.Revoked == h.Before.Revoked && db.standsAt(p.person).AttemptsLeft == 0
	} else if h.r.made.Check == "" {
		return // another app's
	}
	if now && h.r.Spent && h.After.Status == RequiresInput {
		db.emitSuperfluous(ctx, tx, p, h.SessionID, why, fmt.Sprint(why, ":", h.news.At.Unix()))
	}
}

// emitAccount tells of a connection that began or ended. Which one it was is in the key: an account can be connected
// again. So is its time, since in a restored backup the counting begins anew.
func (db *DB) emitAccount(ctx context.Context, tx *Tx, p *locked, what string, a Account) {
	db.emit(ctx, tx, p, Outcome{What: what, UserID: p.userID, ObjectID: a.ID,
		Key: fmt.Sprintf("%s:%d:%s:%d:%d", what, db.live, a.ID, a.ConnectedAt.Unix(), a.Generation)})
}
