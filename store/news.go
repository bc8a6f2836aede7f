package store

import (
	"context"
	"errors"
)

// ErrNotOurs means that nothing here is about the session that Stripe was asked about: it was given up, or its user forgotten,
// while Stripe was asked.
var ErrNotOurs = errors.New("the verification is not here any more")

// RecordSession writes what Stripe answered about a session, by the rules for events, and says what that was: Applied,
// Stale, or Asked, where it says otherwise than what is known, and is not certainly newer. Errors: ErrNotOurs.
func (db *DB) RecordSession(ctx context.Context, n News) (Result, error) {
	var result Result
	how := kept
	if n.Status == RequiresInput && !n.Failed && !n.Redacted {
		how = soon // Stripe says so again, and the session's events find its verification by our reference
	}
	err := db.inTx(ctx, how, func(ctx context.Context, tx *Tx) error {
		h, became, err := db.hear(ctx, tx, n, "")
		if result = became; err != nil {
			return err
		}
		return db.apply(ctx, tx, &h)
	})
	if err == nil && result == Unmatched {
		err = ErrNotOurs
	}
	return result, err
}

// heard is a piece of news, and what it changes about the verification in r.
type heard struct {
	r        row
	p        *locked // whose it is; nil: not locked yet
	news     News
	redacted bool   // the news is the first to tell of it
	doubtful bool   // Stripe has to be asked, whatever it changes
	eventID  string // that has told of it; "": an answer has
	recorded bool   // the event was, as far as was looked
	Change
}

// moves says whether the news changes the verification.
func (h *heard) moves() bool {
	return h.r.SessionID == "" || h.redacted || h.r.missing || h.After.Status != h.Before.Status || h.After.ErrorCode != h.Before.ErrorCode ||
		h.After.Revoked != h.Before.Revoked
}

// reopened says whether a cancel was overridden at Stripe. Nobody is sent there again: the user may have another session.
func (h *heard) reopened() bool {
	return h.Before.Status == Canceled && (h.After.Status == RequiresInput || h.After.Status == Processing)
}

// hear finds out what a piece of news changes. Of what is not known here it returns how it would be.
func (db *DB) hear(ctx context.Context, tx *Tx, n News, eventID string) (heard, Result, error) {
	h, known, err := db.match(ctx, tx, n, eventID)
	if err != nil || !known {
		return h, Unmatched, err
	}
	if n.Counts() {
		if h.Counted, err = db.isNew(ctx, tx, n); err != nil {
			return h, "", err
		}
	}
	switch {
	case h.doubtful:
		return h, Asked, nil
	case h.moves() || h.Counted:
		return h, Applied, nil
	}
	return h, Stale, nil
}

// isNew says whether a failed check has not been counted: each report counts once.
func (db *DB) isNew(ctx context.Context, tx *Tx, n News) (bool, error) {
	known, err := value[bool](ctx, tx, "find attempt", `SELECT 1 FROM attempts WHERE report_id = $1`, n.ReportID)
	return !known, err
}

// apply writes what hear has found.
func (db *DB) apply(ctx context.Context, tx *Tx, h *heard) error {
	if h.r.person == 0 {
		return nil // it is about nobody here
	}
	if !h.moves() && !h.Counted && !h.doubtful {
		db.date(ctx, tx, h, h.r.linkAt)
		return nil
	}
	p, err := db.lockedFor(ctx, tx, h)
	if err != nil {
		return err
	}
	db.addAttempt(ctx, tx, p, h)
	db.move(ctx, tx, p, h)
	tx.change = &h.Change
	db.follow(ctx, tx, p, *h)
	db.settle(ctx, tx, p)
	return nil
}

// lockedFor is the user of a verification, or of a session that has none yet. Where no others change it, he is read when something changes.
func (db *DB) lockedFor(ctx context.Context, tx *Tx, h *heard) (*locked, error) {
	switch {
	case h.r.person == 0:
		return db.lockOrMake(ctx, tx, h.UserID)
	case h.p != nil:
		return h.p, nil
	}
	var l locked
	err := tx.QueryRowContext(ctx, `SELECT `+personColumns+` FROM people p WHERE nr = $1`, h.r.person).Scan(l.columns()...)
	l.was = l.person
	return &l, because("read user", err)
}

// date remembers that the same was true a little later, or of which link a failed check came, which is no change.
func (db *DB) date(ctx context.Context, tx *Tx, h *heard, linkAt int64) {
	if h.After.At == h.Before.At && h.r.linkAt == linkAt {
		return
	}
	db.dateVerdict(tx, h)
	tx.Write(ctx, "date verification", `UPDATE verifications SET news_at = $1, link_at = $2 WHERE person = $3 AND number = $4`,
		h.After.At, h.r.linkAt, h.r.person, h.r.number)
}

// dateVerdict counts a first verdict in the minute of its newest news.
func (db *DB) dateVerdict(tx *Tx, h *heard) {
	if h.Before.Status == Verified && h.After.Status == Verified && h.After.Revoked == 0 {
		db.count(tx, h.Before.At, minutesKept, checked{verified: -1})
		db.count(tx, h.After.At, minutesKept, checked{verified: 1})
	}
}

// addAttempt counts a failed check.
func (db *DB) addAttempt(ctx context.Context, tx *Tx, p *locked, h *heard) {
	if !h.Counted {
		return
	}
	at := h.news.At.Unix()
	p.attempts++
	db.count(tx, at, minutesKept, checked{failed: 1})
	tx.Write(ctx, "count attempt", `INSERT INTO attempts (report_id, person, livemode, session_id, user_id, code, created_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7)`, h.news.ReportID, p.nr, db.live, h.SessionID, h.UserID, h.news.code(), at)
}

// move writes a verification's next state, and removes what people have written about a session that
// Stripe has redacted.
func (db *DB) move(ctx context.Context, tx *Tx, p *locked, h *heard) {
	r, before := &h.r, h.r.linkAt
	if h.moves() || h.Counted {
		db.stands(tx, p, h)
	}
	if !h.moves() {
		db.date(ctx, tx, h, before)
		return
	}
	db.dateVerdict(tx, h)
	if r.SessionID == "" {
		tx.Write(ctx, "attach session", `UPDATE verifications SET session_id = $1 WHERE person = $2 AND number = $3`,
			h.SessionID, r.person, r.number)
	}
	if h.After.Revoked > h.Before.Revoked || h.reopened() || h.r.missing {
		db.noteRevocation(ctx, tx, h)
	}
	if h.redacted {
		db.noteRedaction(ctx, tx, h)
	}
	tx.Write(ctx, "update verification", `UPDATE verifications SET status = $1, error_code = $2, news_at = $3, updated_at = $4,
		link_at = $5, check_at = $6, checks = 0 WHERE person = $7 AND number = $8`, string(h.After.Status), h.After.ErrorCode, h.After.At,
		db.Now(), r.linkAt, db.firstCheck(h.After, r.Spent), r.person, r.number)
}

// stands puts a verification's next state into its user's row, and into its minute.
func (db *DB) stands(tx *Tx, p *locked, h *heard) {
	if h.Before.Status != Verified && h.Before.Revoked == 0 && (h.After.Status == Verified || h.After.Revoked > 0) {
		db.count(tx, h.news.At.Unix(), minutesKept, checked{verified: 1}) // a verdict that is given again is no other check
	}
	next := h.r
	next.Status, next.linkAt = h.After.Status, db.linkAfter(h)
	if h.After.Revoked > h.Before.Revoked {
		next.Revoked, next.Spent, next.gate, next.review = h.After.Revoked, true, "", false
	}
	next.Spent = next.Spent || h.reopened()
	p.count(h.r, -1)
	p.count(next, 1)
	db.countOpen(tx, h.r, -1)
	db.countOpen(tx, next, 1)
	h.r = next
}

// linkAfter is when the link was given out that may still lead to a check, or has led to the one under way. What
// failed later than that was its end. An answer tells of a failure at any time before it was asked for: only a link
// that was out for a while is taken for the one that led there.
func (db *DB) linkAfter(h *heard) int64 {
	at := h.r.linkAt
	end := at
	if !h.ByEvent {
		end += 60
	}
	switch {
	case h.After.Status == Processing && at == 0:
		return db.Now() // Stripe's page has let somebody try again
	case h.After.Status == Processing:
		return at
	case h.After.Status != RequiresInput, h.news.Failed && h.news.At.Unix() >= end:
		return 0
	}
	return at
}

// noteRevocation notes that Stripe has taken a verdict back, or knows the session again. At the gate and for reviewers
// there is nothing left to look at.
func (db *DB) noteRevocation(ctx context.Context, tx *Tx, h *heard) {
	tx.Write(ctx, "note revocation", `UPDATE verifications SET revoked = $1, spent = $2, gate = $3, needs_review = $4, missing_at = NULL,
		gate_note = CASE WHEN $3 = '' THEN '' ELSE gate_note END WHERE person = $5 AND number = $6`,
		h.After.Revoked, bit(h.r.Spent), h.r.gate, bit(h.r.review), h.r.person, h.r.number)
}

// noteRedaction notes that Stripe has redacted a session, of which no words must remain here either.
func (db *DB) noteRedaction(ctx context.Context, tx *Tx, h *heard) {
	tx.erased = true
	tx.Write(ctx, "note redaction", `UPDATE verifications SET redacted_at = $1, gate_note = '' WHERE person = $2 AND number = $3`,
		db.Now(), h.r.person, h.r.number)
	tx.Write(ctx, "blank reasons", `UPDATE decisions SET reason = '' WHERE livemode = $1 AND user_id = $2 AND session_id = $3`,
		db.live, h.UserID, h.SessionID)
}
