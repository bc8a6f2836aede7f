package store

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"
)

// ErrNoUser means that nothing is known of a user.
var ErrNoUser = errors.New("no such user")

// redactAfter is how long to wait before Stripe is asked about a redaction again,
// which may take it four days (docs.stripe.com/identity/verification-sessions).
var redactAfter = []time.Duration{time.Hour, 6 * time.Hour, 24 * time.Hour}

const referenceLength = 8 // of a verification's id, as pages show it

// FindUser returns the user whose id it is, or whose reference: the beginning of
// a verification's id, which people are shown. Errors: ErrNoUser.
func (db *DB) FindUser(ctx context.Context, idOrReference string) (string, error) {
	userID := ""
	err := db.read.QueryRowContext(ctx, `SELECT ?1 WHERE EXISTS (SELECT 1 FROM verifications WHERE livemode = ?2 AND user_id = ?1)
		OR EXISTS (SELECT 1 FROM accounts WHERE livemode = ?2 AND user_id = ?1)
		OR EXISTS (SELECT 1 FROM decisions WHERE livemode = ?2 AND user_id = ?1)`, idOrReference, db.live).Scan(&userID)
	if isNoRows(err) && len(idOrReference) == referenceLength {
		err = db.read.QueryRowContext(ctx, `SELECT max(user_id) FROM verifications WHERE id >= ?1 AND id < ?1 || '~' AND +livemode = ?2
			GROUP BY livemode HAVING count(DISTINCT user_id) = 1`, strings.ToUpper(idOrReference), db.live).Scan(&userID)
	}
	if isNoRows(err) {
		return "", ErrNoUser
	} else if err != nil {
		return "", fmt.Errorf("find user: %w", err)
	}
	return userID, nil
}

// Redact has a user's sessions redacted from that time on, and blanks what
// reviewers wrote. With forget the user's id is replaced once it is done.
func (db *DB) Redact(ctx context.Context, userID string, from time.Time, forget bool) error {
	return db.inTx(ctx, func(ctx context.Context, tx *txn) error {
		if err := db.wantRedaction(ctx, tx, userID, from.Unix()); err != nil || !forget {
			return err
		}
		if _, err := tx.ExecContext(ctx, `INSERT INTO forgetting (livemode, user_id) VALUES (?, ?) ON CONFLICT DO NOTHING`,
			db.live, userID); err != nil {
			return fmt.Errorf("note that a user is to be forgotten: %w", err)
		}
		return nil
	})
}

func (db *DB) wantRedaction(ctx context.Context, tx *txn, userID string, from int64) error {
	_, err := tx.ExecContext(ctx, `UPDATE verifications SET redact_at = ?, redact_tries = 0, comparison_note = ''
		WHERE livemode = ? AND user_id = ? AND redacted_at IS NULL`, from, db.live, userID)
	if err == nil {
		_, err = tx.ExecContext(ctx, `UPDATE decisions SET reason = '' WHERE livemode = ? AND user_id = ?`, db.live, userID)
	}
	if err != nil {
		return fmt.Errorf("ask for redaction: %w", err)
	}
	return nil
}

// blank removes what people have written about a session that Stripe has redacted.
func (db *DB) blank(ctx context.Context, tx *txn, id, sessionID string) error {
	var userID string
	if err := tx.QueryRowContext(ctx, `UPDATE verifications SET comparison_note = '' WHERE id = ? RETURNING user_id`, id).Scan(&userID); err != nil {
		return err
	}
	_, err := tx.ExecContext(ctx, `UPDATE decisions SET reason = '' WHERE livemode = ? AND user_id = ? AND session_id = ?`,
		db.live, userID, sessionID)
	return err
}

// ToRedact lists the user's sessions that Stripe has not redacted yet, though it should.
func (db *DB) ToRedact(ctx context.Context, userID string) ([]Verification, error) {
	rows, err := db.read.QueryContext(ctx, `SELECT `+verificationColumns+` FROM verifications
		WHERE livemode = ? AND user_id = ? AND redacted_at IS NULL AND redact_at IS NOT NULL ORDER BY created_at`, db.live, userID)
	if err != nil {
		return nil, fmt.Errorf("list sessions to redact: %w", err)
	}
	defer rows.Close()
	var list []Verification
	for rows.Next() {
		v, err := scanVerification(rows)
		if err != nil {
			return nil, fmt.Errorf("list sessions to redact: %w", err)
		}
		list = append(list, v)
	}
	return list, rows.Err()
}

// NextRedaction takes a session about which Stripe should be asked now, and sets
// when it is its turn again. False: none is due.
func (db *DB) NextRedaction(ctx context.Context) (Verification, bool, error) {
	v, err := scanVerification(db.read.QueryRowContext(ctx, `SELECT `+verificationColumns+` FROM verifications
		WHERE livemode = ? AND redact_at <= ? AND redacted_at IS NULL ORDER BY redact_at LIMIT 1`, db.live, db.now()))
	if isNoRows(err) {
		return v, false, nil
	} else if err != nil {
		return v, false, fmt.Errorf("find a session to redact: %w", err)
	}
	mine := false
	err = db.inTx(ctx, func(ctx context.Context, tx *txn) error {
		var tries int
		err := tx.QueryRowContext(ctx, `SELECT redact_tries FROM verifications WHERE id = ? AND redact_at <= ?`, v.ID, db.now()).Scan(&tries)
		if isNoRows(err) {
			return nil // another process was faster
		} else if err != nil {
			return err
		}
		wait := redactAfter[min(tries, len(redactAfter)-1)]
		mine, err = changed(tx.ExecContext(ctx, `UPDATE verifications SET redact_at = ?, redact_tries = redact_tries + 1 WHERE id = ?`,
			db.now()+spread(wait), v.ID))
		return err
	})
	return v, mine && err == nil, err
}

// NothingToRedact ends the wish to redact a verification of which Stripe has no session.
func (db *DB) NothingToRedact(ctx context.Context, v Verification) error {
	return db.inTx(ctx, func(ctx context.Context, tx *txn) error {
		_, err := tx.ExecContext(ctx, `UPDATE verifications SET redact_at = NULL WHERE id = ? AND session_id IS NULL`, v.ID)
		return err
	})
}

// Forget replaces the ids of users who are to be forgotten and whose sessions
// are all redacted. What was decided and how often somebody tried remains, under
// a random id. It returns how many are still to come.
func (db *DB) Forget(ctx context.Context) (waiting int, err error) {
	rows, err := db.read.QueryContext(ctx, `SELECT user_id FROM forgetting WHERE livemode = ?`, db.live)
	if err != nil {
		return 0, fmt.Errorf("list users to forget: %w", err)
	}
	defer rows.Close()
	var users []string
	for rows.Next() {
		var userID string
		if err := rows.Scan(&userID); err != nil {
			return 0, fmt.Errorf("list users to forget: %w", err)
		}
		users = append(users, userID)
	}
	if err := rows.Err(); err != nil {
		return 0, fmt.Errorf("list users to forget: %w", err)
	}
	for _, userID := range users {
		done, err := db.forget(ctx, userID)
		if err != nil {
			return 0, err
		} else if !done {
			waiting++
		}
	}
	return waiting, nil
}

// forget waits for a session that was begun after the wish, too: nobody can be
// forgotten by halves.
func (db *DB) forget(ctx context.Context, userID string) (bool, error) {
	var open, unwanted int
	count := `SELECT count(*), count(*) FILTER (WHERE redact_at IS NULL) FROM verifications
		WHERE livemode = ? AND user_id = ? AND redacted_at IS NULL AND (session_id IS NOT NULL OR redact_at IS NOT NULL)`
	if err := db.read.QueryRowContext(ctx, count, db.live, userID).Scan(&open, &unwanted); err != nil || open > 0 && unwanted == 0 {
		return false, err
	}
	err := db.inTx(ctx, func(ctx context.Context, tx *txn) error {
		if err := tx.QueryRowContext(ctx, count, db.live, userID).Scan(&open, &unwanted); err != nil || open > 0 {
			if err == nil && unwanted > 0 {
				err = db.wantRedaction(ctx, tx, userID, db.now())
			}
			return err
		}
		return db.replaceUser(ctx, tx, userID, "forgotten_"+newID())
	})
	return err == nil && open == 0, err
}

func (db *DB) replaceUser(ctx context.Context, tx *txn, userID, by string) error {
	for _, statement := range []string{
		`UPDATE verifications SET user_id = ?3 WHERE livemode = ?1 AND user_id = ?2`,
		`UPDATE attempts SET user_id = ?3 WHERE livemode = ?1 AND user_id = ?2`,
		`UPDATE decisions SET user_id = ?3 WHERE livemode = ?1 AND user_id = ?2`,
		`UPDATE decisions SET reviewer = ?3 WHERE livemode = ?1 AND reviewer = ?2`,
		`UPDATE accounts SET user_id = ?3 WHERE livemode = ?1 AND user_id = ?2`,
		`UPDATE oauth_states SET user_id = ?3 WHERE livemode = ?1 AND user_id = ?2`,
		`UPDATE actions SET user_id = ?3, key = replace(key, ':' || ?2 || ':', ':' || ?3 || ':') WHERE livemode = ?1 AND user_id = ?2`,
	} {
		if _, err := tx.ExecContext(ctx, statement, db.live, userID, by); err != nil {
			return fmt.Errorf("forget user: %w", err)
		}
	}
	if _, err := tx.ExecContext(ctx, `DELETE FROM forgetting WHERE livemode = ? AND user_id = ?`, db.live, userID); err != nil {
		return fmt.Errorf("forget user: %w", err)
	}
	return nil
}
