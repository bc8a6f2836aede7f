package store

import (
	"context"
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
	result, expected := Ignored, Ignored // what is expected is written at once: mostly that saves an update
	if e.Session != nil || e.Deauthorized || e.Own {
		expected = Applied
	}
	err := db.InTx(ctx, func(ctx context.Context, tx *Tx) error {
		first, err := tx.Exec(ctx, "insert event", `INSERT INTO events
			(id, type, livemode, account, object_id, created_at, received_at, result)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT (id) DO NOTHING`,
			e.ID, e.Type, bit(e.Livemode), e.Account, e.ObjectID, e.CreatedAt.Unix(), db.Now(), expected)
		switch {
		case err != nil:
			return err
		case !first:
			result = Duplicate
			return nil
		case e.Session != nil:
			result, err = db.applySession(ctx, tx, *e.Session, true)
		case e.Deauthorized:
			result, err = db.applyDeauthorized(ctx, tx, e.Account, e.CreatedAt)
		case e.Own: // those about one object come in order; the object stands where others have their user
			result = Applied
			err = db.emit(ctx, tx, Outcome{What: OutcomeOwnEvent, Key: e.ID, UserID: e.ObjectID, ObjectID: e.ObjectID, Code: e.Type})
		}
		if err != nil || result == expected {
			return err
		}
		_, err = tx.Exec(ctx, "update event", `UPDATE events SET result = $1 WHERE id = $2`, result, e.ID)
		return err
	})
	return result, err
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
	err := db.InTx(ctx, func(ctx context.Context, tx *Tx) (err error) {
		result, err = db.applySession(ctx, tx, n, false)
		return err
	})
	return result == Applied, err
}

// applySession finds the verification that the news is about, counts the attempt it may tell of, and moves the state.
func (db *DB) applySession(ctx context.Context, tx *Tx, n News, byEvent bool) (Result, error) {
	h, known, err := db.match(ctx, tx, n)
	if err != nil || !known {
		return Unmatched, err
	}
	if n.Counts() {
		if h.Counted, err = db.addAttempt(ctx, tx, h); err != nil {
			return "", err
		}
	}
	moved, err := db.move(ctx, tx, h)
	if err != nil || !moved && !h.Counted {
		return Stale, err
	}
	h.ByEvent, tx.change = byEvent, &h.Change
	return Applied, db.follow(ctx, tx, h)
}

// addAttempt counts a failed check, once for each report.
func (db *DB) addAttempt(ctx context.Context, tx *Tx, h heard) (bool, error) {
	return tx.Exec(ctx, "count attempt", `INSERT INTO attempts (report_id, livemode, session_id, user_id, code, created_at)
		VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (report_id) DO NOTHING`,
		h.news.ReportID, db.live, h.SessionID, h.UserID, h.news.code(), h.news.At.Unix())
}

// move writes a verification's next state, and removes what people have written about a session that
// Stripe has redacted. That the same was true a little later is remembered, but it is no change.
func (db *DB) move(ctx context.Context, tx *Tx, h heard) (bool, error) {
	moved, err := tx.Exec(ctx, "update verification", `UPDATE verifications
		SET session_id = $1, status = $2, error_code = $3, news_at = $4, updated_at = $5,
		    redacted_at = coalesce(redacted_at, CASE WHEN $6 = 1 THEN $5 END),
		    gate_note = CASE WHEN $6 = 1 THEN '' ELSE gate_note END, check_at = $7, checks = 0
		WHERE id = $8 AND (session_id IS NULL OR status <> $2 OR error_code <> $3 OR ($6 = 1 AND redacted_at IS NULL))`,
		h.SessionID, h.After.Status, h.After.ErrorCode, h.After.At, db.Now(), bit(h.news.Redacted), db.firstCheck(h.After), h.id)
	switch {
	case err != nil:
		return false, err
	case !moved && h.After.At != h.Before.At:
		_, err = tx.Exec(ctx, "date verification", `UPDATE verifications SET news_at = $1 WHERE id = $2`, h.After.At, h.id)
	case moved && h.news.Redacted:
		_, err = tx.Exec(ctx, "blank reasons", `UPDATE decisions SET reason = '' WHERE livemode = $1 AND user_id = $2 AND session_id = $3`,
			db.live, h.UserID, h.SessionID)
	}
	return moved, err
}

// match finds the verification by its session, or, while it has none, by our reference and user
// together: anybody with a key of the same Stripe account can write one of them into a session by
// accident. Of what is not known here it returns how it would be.
func (db *DB) match(ctx context.Context, tx *Tx, n News) (h heard, known bool, err error) {
	h.news, h.SessionID, h.UserID = n, n.SessionID, n.UserID
	known, err = found("match session", tx.QueryRowContext(ctx, `SELECT id, user_id, status, error_code, news_at FROM verifications
		WHERE id = coalesce((SELECT id FROM verifications WHERE session_id = $1 AND livemode = $2), $3) AND livemode = $2
		  AND (session_id = $1 OR session_id IS NULL AND user_id = $4 AND $1 <> '')`, n.SessionID, db.live, n.Reference, n.UserID).
		Scan(&h.id, &h.UserID, &h.Before.Status, &h.Before.ErrorCode, &h.Before.At))
	h.After = h.Before.next(n)
	return h, known, err
}
