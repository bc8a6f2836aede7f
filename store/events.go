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

// Event is a webhook event as far as the app cares. At most one of Session and
// Deauthorized says what it tells; with neither it is recorded as ignored.
type Event struct {
	ID, Type, Account, ObjectID string
	Livemode                    bool
	CreatedAt                   time.Time // Stripe's time

	Session      *News // identity.verification_session.…
	Deauthorized bool  // account.application.deauthorized, of Account
}

// RecordEvent writes the event and all that follows from it in one transaction.
// Once it returns without an error, the event may be acknowledged: it survives
// a power cut, and a repeat of it changes nothing.
func (db *DB) RecordEvent(ctx context.Context, e Event) (Result, error) {
	result, expected := Ignored, Ignored // what is expected is written at once: mostly that saves an update
	if e.Session != nil || e.Deauthorized {
		expected = Applied
	}
	err := db.inTx(ctx, func(ctx context.Context, tx *txn) error {
		first, err := changed(tx.ExecContext(ctx, `INSERT INTO events
			(id, type, livemode, account, object_id, created_at, received_at, result)
			VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO NOTHING`,
			e.ID, e.Type, e.Livemode, e.Account, e.ObjectID, e.CreatedAt.Unix(), db.now(), expected))
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

// RecordSession writes what Stripe answered about a session, by the same rules
// as an event. It says whether that was news.
func (db *DB) RecordSession(ctx context.Context, n News) (bool, error) {
	var result Result
	err := db.inTx(ctx, func(ctx context.Context, tx *txn) (err error) {
		result, err = db.applySession(ctx, tx, n)
		return err
	})
	return result == Applied, err
}

// applySession finds the verification that the news is about, counts the
// attempt it may tell of, and moves the state.
func (db *DB) applySession(ctx context.Context, tx *txn, n News) (Result, error) {
	id, userID, state, err := db.match(ctx, tx, n)
	if isNoRows(err) {
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
	return Applied, db.follow(ctx, tx, heard{id, userID, state, next, n, counted})
}

// addAttempt counts a failed check, once for each report.
func (db *DB) addAttempt(ctx context.Context, tx *txn, f Failure, sessionID, userID string) (bool, error) {
	added, err := changed(tx.ExecContext(ctx, `INSERT INTO attempts
		(report_id, livemode, session_id, user_id, code, created_at) VALUES (?, ?, ?, ?, ?, ?)
		ON CONFLICT (report_id) DO NOTHING`, f.ReportID, db.live, sessionID, userID, f.Code, f.At.Unix()))
	if err != nil {
		return false, fmt.Errorf("count attempt: %w", err)
	}
	return added, nil
}

// move writes a verification's next state. That the same was true a little later
// is remembered, but it is no change.
func (db *DB) move(ctx context.Context, tx *txn, id string, n News, before, next State) (bool, error) {
	moved, err := changed(tx.ExecContext(ctx, `UPDATE verifications
		SET session_id = ?2, status = ?3, error_code = ?4, news_at = ?5, updated_at = ?6,
		    redacted_at = coalesce(redacted_at, CASE WHEN ?7 THEN ?6 END), check_at = ?8, checks = 0
		WHERE id = ?1 AND (session_id IS NULL OR status <> ?3 OR error_code <> ?4
		    OR (?7 AND redacted_at IS NULL))`,
		id, n.SessionID, next.Status, next.ErrorCode, next.At, db.now(), n.Redacted, db.firstCheck(next)))
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

// match finds the verification by its session, or, while it has none, by our
// reference and user together: anybody with a key of the same Stripe account can
// write one of them into a session by accident.
func (db *DB) match(ctx context.Context, tx *txn, n News) (id, userID string, s State, err error) {
	if n.SessionID == "" {
		return "", "", s, sql.ErrNoRows
	}
	err = tx.QueryRowContext(ctx, `SELECT id, user_id, status, error_code, news_at FROM verifications
		WHERE session_id = ? AND livemode = ?`, n.SessionID, db.live).
		Scan(&id, &userID, &s.Status, &s.ErrorCode, &s.At)
	if isNoRows(err) {
		err = tx.QueryRowContext(ctx, `SELECT id, user_id, status, error_code, news_at FROM verifications
			WHERE id = ? AND user_id = ? AND livemode = ? AND session_id IS NULL`, n.Reference, n.UserID, db.live).
			Scan(&id, &userID, &s.Status, &s.ErrorCode, &s.At)
	}
	return id, userID, s, err
}
