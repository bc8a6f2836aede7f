package store

import (
	"context"
	"database/sql"
	"time"
)

// Result is what became of an event.
type Result string

const (
	Applied   Result = "applied"   // changed a row; a counted attempt is one
	Stale     Result = "stale"     // ours, and nothing new
	Ignored   Result = "ignored"   // a type, mode or sender that is not for us
	Unmatched Result = "unmatched" // of a session or an account that is not ours
	Duplicate Result = "duplicate" // received before; never in the table
)

// Event is a webhook event as far as the app cares. At most one of Session,
// Deauthorized and Own says what it is to us; with none it is recorded as ignored.
type Event struct {
	ID, Type, Account, ObjectID string
	Livemode                    bool
	CreatedAt                   time.Time // Stripe's time

	Session      *News // identity.verification_session.…
	Deauthorized bool  // account.application.deauthorized, of Account
	Own          bool  // of a type that the team handles
}

// Event is an event that was recorded, without what it told.
func (db *DB) Event(ctx context.Context, id string) (Event, error) {
	e := Event{ID: id}
	err := db.QueryRowContext(ctx, `SELECT type, livemode, account, object_id, created_at FROM events WHERE id = $1`, id).
		Scan(&e.Type, &e.Livemode, &e.Account, &e.ObjectID, (*unix)(&e.CreatedAt))
	return e, because("read event", err)
}

// RecordEvent writes the event and all that follows from it in one transaction. Once it returns without
// an error, the event may be acknowledged: it survives a power cut, and a repeat of it changes nothing.
func (db *DB) RecordEvent(ctx context.Context, e Event) (Result, error) {
	var result Result
	err := db.InTx(ctx, func(ctx context.Context, tx *Tx) error {
		p, err := db.plan(ctx, tx, e)
		if err != nil {
			return err
		}
		first, err := tx.Exec(ctx, "insert event", `INSERT INTO events
			(id, type, livemode, account, object_id, created_at, received_at, result, person)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT (id) DO NOTHING`,
			e.ID, e.Type, bit(e.Livemode), e.Account, e.ObjectID, e.CreatedAt.Unix(), db.Now(), string(p.result), p.person)
		if result = p.result; !first {
			result = Duplicate
			return err
		}
		if p.apply == nil {
			return nil
		}
		return p.apply(ctx, tx)
	})
	return result, err
}

// plan is what an event will do. It is made by reading alone, so that the event is written once, with what
// becomes of it, and a repeat of it is noticed before anything else is written.
type plan struct {
	result Result
	person sql.NullInt64 // whom the event is about
	apply  func(context.Context, *Tx) error
}

func (db *DB) plan(ctx context.Context, tx *Tx, e Event) (plan, error) {
	switch {
	case e.Session != nil:
		h, result, err := db.hear(ctx, tx, *e.Session)
		h.ByEvent = true
		return plan{result, sql.NullInt64{Int64: h.r.person, Valid: result != Unmatched},
			func(ctx context.Context, tx *Tx) error { return db.apply(ctx, tx, &h) }}, err
	case e.Deauthorized:
		result, err := db.hearDeauthorized(ctx, tx, e.Account, e.CreatedAt)
		return plan{result: result, apply: func(ctx context.Context, tx *Tx) error {
			return db.endConnection(ctx, tx, e.Account, e.CreatedAt.Unix(), "", e.CreatedAt.Unix())
		}}, err
	case e.Own: // those about one object come in order; the object stands where others have their user
		return plan{result: Applied, apply: func(ctx context.Context, tx *Tx) error {
			return db.emit(ctx, tx, 0, Outcome{What: OutcomeOwnEvent, Key: e.ID, UserID: e.ObjectID, ObjectID: e.ObjectID, Code: e.Type})
		}}, nil
	}
	return plan{result: Ignored}, nil
}

// RemoveEvents removes rows of events that Stripe made before that time, and says whether there were
// any: two hundred at most, so that a webhook waits for a few milliseconds.
func (db *DB) RemoveEvents(ctx context.Context, before time.Time) (bool, error) {
	return db.ifAny(ctx, "remove old events", func(ctx context.Context, tx *Tx) error {
		_, err := tx.Exec(ctx, "remove old events", `DELETE FROM events WHERE id IN (
			SELECT id FROM events WHERE livemode = $1 AND created_at < $2 LIMIT 200)`, db.live, before.Unix())
		return err
	}, `SELECT EXISTS (SELECT 1 FROM events WHERE livemode = $1 AND created_at < $2)`, db.live, before.Unix())
}

// RecordSession writes what Stripe answered about a session, by the rules for events. It says whether that was news.
func (db *DB) RecordSession(ctx context.Context, n News) (bool, error) {
	var result Result
	inTx := db.InTx
	if n.Status == RequiresInput && !n.Failed && !n.Redacted {
		inTx = db.soonInTx // Stripe says so again, and the session's events find its verification by our reference
	}
	err := inTx(ctx, func(ctx context.Context, tx *Tx) error {
		h, heard, err := db.hear(ctx, tx, n)
		if result = heard; err != nil {
			return err
		}
		return db.apply(ctx, tx, &h)
	})
	return result == Applied, err
}

// heard is a piece of news, and what it changes about the verification in r.
type heard struct {
	r        row
	news     News
	redacted bool // the news is the first to tell of it
	Change
}

// moves says whether the news changes the verification.
func (h *heard) moves() bool {
	return h.r.SessionID == "" || h.redacted || h.After.Status != h.Before.Status || h.After.ErrorCode != h.Before.ErrorCode
}

// hear finds out what a piece of news changes. Of what is not known here it returns how it would be.
func (db *DB) hear(ctx context.Context, tx *Tx, n News) (heard, Result, error) {
	h, known, err := db.match(ctx, tx, n)
	if err != nil || !known {
		return h, Unmatched, err
	}
	if n.Counts() {
		if h.Counted, err = db.isNew(ctx, tx, n); err != nil {
			return h, "", err
		}
	}
	if h.moves() || h.Counted {
		return h, Applied, nil
	}
	return h, Stale, nil
}

// match finds the verification by its session, or, while it has none, by our reference and user
// together: anybody with a key of the same Stripe account can write one of them into a session by accident.
func (db *DB) match(ctx context.Context, tx *Tx, n News) (h heard, known bool, err error) {
	h.news, h.SessionID, h.UserID = n, n.SessionID, n.UserID
	h.r, err = scanRow(tx.QueryRowContext(ctx, `SELECT `+rowColumns+` FROM verifications v WHERE session_id = $1 AND livemode = $2`,
		n.SessionID, db.live))
	if IsNoRows(err) && n.SessionID != "" {
		h.r, err = scanRow(tx.QueryRowContext(ctx, `SELECT `+rowColumns+` FROM verifications v WHERE id = $1 AND livemode = $2
			AND session_id IS NULL AND user_id = $3`, n.Reference, db.live, n.UserID))
	}
	if known, err = found("match session", err); known {
		h.UserID = h.r.UserID
		h.Before = State{Status: h.r.Status, ErrorCode: h.r.ErrorCode, At: h.r.NewsAt.Unix()}
	}
	h.redacted = n.Redacted && !h.r.redacted
	h.After = h.Before.next(n)
	return h, known, err
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
	if !h.moves() && !h.Counted {
		return db.date(ctx, tx, h)
	}
	p, err := db.lockNumber(ctx, tx, h.r.person)
	if err != nil {
		return err
	}
	if err := db.addAttempt(ctx, tx, p, h); err != nil {
		return err
	}
	if err := db.move(ctx, tx, p, h); err != nil {
		return err
	}
	tx.change = &h.Change
	if err := db.follow(ctx, tx, p, *h); err != nil {
		return err
	}
	return db.settle(ctx, tx, p)
}

// date remembers that the same was true a little later, which is no change.
func (db *DB) date(ctx context.Context, tx *Tx, h *heard) error {
	if h.After.At == h.Before.At {
		return nil
	}
	_, err := tx.Exec(ctx, "date verification", `UPDATE verifications SET news_at = $1 WHERE person = $2 AND number = $3`,
		h.After.At, h.r.person, h.r.number)
	return err
}

// addAttempt counts a failed check.
func (db *DB) addAttempt(ctx context.Context, tx *Tx, p *locked, h *heard) error {
	if !h.Counted {
		return nil
	}
	at := h.news.At.Unix()
	p.attempts++
	db.count(tx, at, MinutesKept, checked{failed: 1})
	_, err := tx.Exec(ctx, "count attempt", `INSERT INTO attempts (report_id, person, livemode, session_id, user_id, code, created_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7)`, h.news.ReportID, p.nr, db.live, h.SessionID, h.UserID, h.news.code(), at)
	return err
}

// move writes a verification's next state, and removes what people have written about a session that
// Stripe has redacted.
func (db *DB) move(ctx context.Context, tx *Tx, p *locked, h *heard) error {
	if !h.moves() {
		return db.date(ctx, tx, h)
	}
	r := &h.r
	if r.SessionID == "" {
		if _, err := tx.Exec(ctx, "attach session", `UPDATE verifications SET session_id = $1 WHERE person = $2 AND number = $3`,
			h.SessionID, r.person, r.number); err != nil {
			return err
		}
	}
	if h.redacted {
		if err := db.noteRedaction(ctx, tx, h); err != nil {
			return err
		}
	}
	db.stands(tx, p, h)
	_, err := tx.Exec(ctx, "update verification", `UPDATE verifications SET status = $1, error_code = $2, news_at = $3, updated_at = $4,
		link_at = $5, check_at = $6, checks = 0 WHERE person = $7 AND number = $8`, string(h.After.Status), h.After.ErrorCode, h.After.At,
		db.Now(), r.linkAt, db.firstCheck(h.After), r.person, r.number)
	return err
}

// stands puts a verification's next state into its user's row, and into its minute.
func (db *DB) stands(tx *Tx, p *locked, h *heard) {
	if h.Before.Status != Verified && h.After.Status == Verified {
		db.count(tx, h.After.At, MinutesKept, checked{verified: 1})
	}
	next := h.r.standing
	if next.status = h.After.Status; h.After.ErrorCode != h.Before.ErrorCode && h.After.ErrorCode != "" || !next.open() {
		next.linkAt = 0
	}
	p.count(h.r.number, h.r.standing, -1)
	p.count(h.r.number, next, 1)
	db.countOpen(tx, h.r.standing, -1)
	db.countOpen(tx, next, 1)
	h.r.standing = next
}

// noteRedaction notes that Stripe has redacted a session, of which no words must remain here either.
func (db *DB) noteRedaction(ctx context.Context, tx *Tx, h *heard) error {
	if _, err := tx.Exec(ctx, "note redaction", `UPDATE verifications SET redacted_at = $1, gate_note = '' WHERE person = $2 AND number = $3`,
		db.Now(), h.r.person, h.r.number); err != nil {
		return err
	}
	_, err := tx.Exec(ctx, "blank reasons", `UPDATE decisions SET reason = '' WHERE livemode = $1 AND user_id = $2 AND session_id = $3`,
		db.live, h.UserID, h.SessionID)
	return err
}
