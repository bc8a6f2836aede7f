package store

import (
	"context"
	"database/sql"
	"fmt"
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
	var created int64
	if err := db.read.QueryRowContext(ctx, `SELECT type, livemode, account, object_id, created_at FROM events WHERE id = $1`, id).
		Scan(&e.Type, &e.Livemode, &e.Account, &e.ObjectID, &created); err != nil {
		return e, fmt.Errorf("read event: %w", err)
	}
	e.CreatedAt = time.Unix(created, 0).UTC()
	return e, nil
}

// RecordEvent writes the event and all that follows from it in one transaction.
// Once it returns without an error, the event may be acknowledged: it survives
// a power cut, and a repeat of it changes nothing.
func (db *DB) RecordEvent(ctx context.Context, e Event) (Result, error) {
	result, expected := Ignored, Ignored // what is expected is written at once: mostly that saves an update
	if e.Session != nil || e.Deauthorized || e.Own {
		expected = Applied
	}
	err := db.InTx(ctx, func(ctx context.Context, tx *Tx) error {
		first, err := Changed(tx.ExecContext(ctx, `INSERT INTO events
			(id, type, livemode, account, object_id, created_at, received_at, result)
			VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO NOTHING`,
			e.ID, e.Type, e.Livemode, e.Account, e.ObjectID, e.CreatedAt.Unix(), db.Now(), expected))
		if err != nil {
			return fmt.Errorf("insert event: %w", err)
		}
		switch {
		case !first:
			result = Duplicate
			return nil
		case e.Session != nil:
			result, err = db.applySession(ctx, tx, *e.Session)
			if tx.change != nil {
				tx.change.ByEvent = true
			}
		case e.Deauthorized:
			result, err = db.applyDeauthorized(ctx, tx, e.Account, e.CreatedAt)
		case e.Own: // those about one object come in order; the object stands where others have their user
			result, err = Applied, db.emit(ctx, tx, Outcome{What: OutcomeOwnEvent, Key: e.ID, UserID: e.ObjectID, ObjectID: e.ObjectID, Code: e.Type})
		}
		if err != nil || result == expected {
			return err
		}
		if _, err := tx.ExecContext(ctx, `UPDATE events SET result = ? WHERE id = ?`, result, e.ID); err != nil {
			return fmt.Errorf("update event: %w", err)
		}
		return nil
	})
	return result, err
}

// eventsAtOnce is how many rows are removed in one transaction: a webhook waits for a few milliseconds at most.
const eventsAtOnce = 200

// RemoveEvents removes rows of events that Stripe made before that time, two
// hundred at most, and says whether there were any: looking does not hold up a writer.
func (db *DB) RemoveEvents(ctx context.Context, before time.Time) (bool, error) {
	var found bool
	if err := db.read.QueryRowContext(ctx, `SELECT EXISTS (SELECT 1 FROM events WHERE livemode = $1 AND created_at < $2)`,
		db.live, before.Unix()).Scan(&found); err != nil || !found {
		return false, err
	}
	err := db.InTx(ctx, func(ctx context.Context, tx *Tx) error {
		if _, err := tx.ExecContext(ctx, `DELETE FROM events WHERE id IN (
			SELECT id FROM events WHERE livemode = $1 AND created_at < $2 LIMIT $3)`, db.live, before.Unix(), eventsAtOnce); err != nil {
			return fmt.Errorf("remove old events: %w", err)
		}
		return nil
	})
	return err == nil, err
}

// RecordSession writes what Stripe answered about a session, by the same rules
// as an event. It says whether that was news.
func (db *DB) RecordSession(ctx context.Context, n News) (bool, error) {
	var result Result
	err := db.InTx(ctx, func(ctx context.Context, tx *Tx) (err error) {
		result, err = db.applySession(ctx, tx, n)
		return err
	})
	return result == Applied, err
}

// applySession finds the verification that the news is about, counts the
// attempt it may tell of, and moves the state.
func (db *DB) applySession(ctx context.Context, tx *Tx, n News) (Result, error) {
	id, userID, state, err := db.match(ctx, tx, n)
	if IsNoRows(err) {
		return Unmatched, nil
	} else if err != nil {
		return "", fmt.Errorf("match session: %w", err)
	}
	counted := false
	if n.Counts() {
		counted, err = db.addAttempt(ctx, tx, Failure{n.ReportID, n.code(), n.At}, n.SessionID, userID)
		if err != nil {
			return "", err
		}
	}
	next := state.after(n)
	moved, err := db.move(ctx, tx, id, n, state, next)
	if err != nil {
		return "", err
	}
	if !moved && !counted {
		return Stale, nil
	}
	tx.change = &Change{SessionID: n.SessionID, UserID: userID, Before: state, After: next, Counted: counted}
	return Applied, db.follow(ctx, tx, heard{userID, state, next, n, counted})
}

// addAttempt counts a failed check, once for each report.
func (db *DB) addAttempt(ctx context.Context, tx *Tx, f Failure, sessionID, userID string) (bool, error) {
	added, err := Changed(tx.ExecContext(ctx, `INSERT INTO attempts
		(report_id, livemode, session_id, user_id, code, created_at) VALUES (?, ?, ?, ?, ?, ?)
		ON CONFLICT (report_id) DO NOTHING`, f.ReportID, db.live, sessionID, userID, f.Code, f.At.Unix()))
	if err != nil {
		return false, fmt.Errorf("count attempt: %w", err)
	}
	return added, nil
}

// move writes a verification's next state. That the same was true a little later
// is remembered, but it is no change.
func (db *DB) move(ctx context.Context, tx *Tx, id string, n News, before, next State) (bool, error) {
	moved, err := Changed(tx.ExecContext(ctx, `UPDATE verifications
		SET session_id = ?2, status = ?3, error_code = ?4, news_at = ?5, updated_at = ?6,
		    redacted_at = coalesce(redacted_at, CASE WHEN ?7 THEN ?6 END), check_at = ?8, checks = 0
		WHERE id = ?1 AND (session_id IS NULL OR status <> ?3 OR error_code <> ?4
		    OR (?7 AND redacted_at IS NULL))`,
		id, n.SessionID, next.Status, next.ErrorCode, next.At, db.Now(), n.Redacted, db.firstCheck(next)))
	if err == nil && !moved && next.At != before.At {
		_, err = tx.ExecContext(ctx, `UPDATE verifications SET news_at = ? WHERE id = ?`, next.At, id)
	}
	if err == nil && moved && n.Redacted {
		err = db.blank(ctx, tx, id, n.SessionID)
	}
	if err != nil {
		return false, fmt.Errorf("update verification: %w", err)
	}
	return moved, nil
}

// blank removes what people have written about a session that Stripe has redacted.
func (db *DB) blank(ctx context.Context, tx *Tx, id, sessionID string) error {
	var userID string
	if err := tx.QueryRowContext(ctx, `UPDATE verifications SET gate_note = '' WHERE id = $1 RETURNING user_id`, id).Scan(&userID); err != nil {
		return err
	}
	_, err := tx.ExecContext(ctx, `UPDATE decisions SET reason = '' WHERE livemode = $1 AND user_id = $2 AND session_id = $3`,
		db.live, userID, sessionID)
	return err
}

// match finds the verification by its session, or, while it has none, by our
// reference and user together: anybody with a key of the same Stripe account can
// write one of them into a session by accident.
func (db *DB) match(ctx context.Context, tx *Tx, n News) (id, userID string, s State, err error) {
	if n.SessionID == "" {
		return "", "", s, sql.ErrNoRows
	}
	err = tx.QueryRowContext(ctx, `SELECT id, user_id, status, error_code, news_at FROM verifications
		WHERE session_id = ? AND livemode = ?`, n.SessionID, db.live).
		Scan(&id, &userID, &s.Status, &s.ErrorCode, &s.At)
	if IsNoRows(err) {
		err = tx.QueryRowContext(ctx, `SELECT id, user_id, status, error_code, news_at FROM verifications
			WHERE id = ? AND user_id = ? AND livemode = ? AND session_id IS NULL`, n.Reference, n.UserID, db.live).
			Scan(&id, &userID, &s.Status, &s.ErrorCode, &s.At)
	}
	return id, userID, s, err
}
