package store

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"time"
)

// What can be wrong with a Connect attempt.
var (
	ErrInvalidState = errors.New("state is unknown, used, expired or another user's")
	ErrAccountTaken = errors.New("another user is connected to this account")
	ErrNoAccount    = errors.New("the user has no such account")
)

const (
	stateLifetime = 2 * time.Hour // people open a Stripe account on the way
	statesPerUser = 10            // the oldest goes: several tabs are normal, hundreds are not
)

// NewState makes the state of one Connect attempt: 32 random bytes in base64url.
// Only its hash is kept.
func (db *DB) NewState(ctx context.Context, userID string) (string, error) {
	random := make([]byte, 32)
	rand.Read(random) // never fails: crypto/rand
	state := base64.RawURLEncoding.EncodeToString(random)
	now := db.now()
	err := db.inTx(ctx, func(ctx context.Context, tx *txn) error {
		if _, err := removeExpired(ctx, tx, now); err != nil {
			return err
		}
		if _, err := tx.ExecContext(ctx, `DELETE FROM oauth_states WHERE state_hash IN (
			SELECT state_hash FROM oauth_states WHERE livemode = ? AND user_id = ?
			ORDER BY expires_at DESC, rowid DESC LIMIT -1 OFFSET ?)`, db.live, userID, statesPerUser-1); err != nil {
			return fmt.Errorf("remove the user's oldest states: %w", err)
		}
		if _, err := tx.ExecContext(ctx, `INSERT INTO oauth_states (state_hash, livemode, user_id, expires_at)
			VALUES (?, ?, ?, ?)`, hashState(state), db.live, userID, now+int64(stateLifetime.Seconds())); err != nil {
			return fmt.Errorf("insert state: %w", err)
		}
		return nil
	})
	return state, err
}

// removedAtOnce keeps a flood of states from holding everybody's writes up when they expire.
const removedAtOnce = 1000

func removeExpired(ctx context.Context, tx *txn, now int64) (more bool, err error) {
	removed, err := tx.ExecContext(ctx, `DELETE FROM oauth_states WHERE rowid IN (
		SELECT rowid FROM oauth_states WHERE expires_at <= ? LIMIT ?)`, now, removedAtOnce)
	if err != nil {
		return false, fmt.Errorf("remove expired states: %w", err)
	}
	n, err := removed.RowsAffected()
	return n == removedAtOnce, err
}

// RemoveExpired removes the states of Connect attempts that never came back.
func (db *DB) RemoveExpired(ctx context.Context) error {
	more := true
	for more {
		if err := db.inTx(ctx, func(ctx context.Context, tx *txn) (err error) {
			more, err = removeExpired(ctx, tx, db.now())
			return err
		}); err != nil {
			return err
		}
	}
	return nil
}

// TakeState uses a state up, also when it turns out to be another user's:
// of many callbacks with one state a single one gets nil. Errors: ErrInvalidState.
func (db *DB) TakeState(ctx context.Context, userID, state string) error {
	var owner string
	var expires int64
	err := db.inTx(ctx, func(ctx context.Context, tx *txn) error {
		return tx.QueryRowContext(ctx, `DELETE FROM oauth_states WHERE state_hash = ? AND livemode = ?
			RETURNING user_id, expires_at`, hashState(state), db.live).Scan(&owner, &expires)
	})
	if isNoRows(err) {
		return ErrInvalidState
	} else if err != nil {
		return fmt.Errorf("take state: %w", err)
	}
	if userID == "" || owner != userID || expires <= db.now() {
		return ErrInvalidState
	}
	return nil
}

func hashState(state string) string {
	sum := sha256.Sum256([]byte(state))
	return hex.EncodeToString(sum[:])
}

// Account is a Stripe account that a user has connected.
type Account struct {
	ID          string // acct_…
	UserID      string
	Scope       string
	ConnectedAt time.Time // Stripe's time
}

// SaveAccount records a connection. The same user's is refreshed; one that was
// disconnected becomes the new user's. The refresh token is kept only with
// Options.TokenKey, sealed. Errors: ErrAccountTaken.
func (db *DB) SaveAccount(ctx context.Context, a Account, refreshToken string) error {
	sealed, err := db.seal(a.ID, refreshToken)
	if err != nil {
		return fmt.Errorf("seal token: %w", err)
	}
	return db.inTx(ctx, func(ctx context.Context, tx *txn) error {
		var same bool // connected to this user already: nothing begins
		if err := tx.QueryRowContext(ctx, `SELECT EXISTS (SELECT 1 FROM accounts WHERE id = ? AND livemode = ?
			AND user_id = ? AND disconnected_at IS NULL)`, a.ID, db.live, a.UserID).Scan(&same); err != nil {
			return fmt.Errorf("find account: %w", err)
		}
		saved, err := changed(tx.ExecContext(ctx, `INSERT INTO accounts (id, livemode, user_id, scope, connected_at, sealed_token)
			VALUES (?, ?, ?, ?, ?, ?)
			ON CONFLICT (id, livemode) DO UPDATE SET user_id = excluded.user_id, scope = excluded.scope,
			    connected_at = max(connected_at, excluded.connected_at), disconnected_at = NULL,
			    sealed_token = excluded.sealed_token
			WHERE accounts.user_id = excluded.user_id OR accounts.disconnected_at IS NOT NULL`,
			a.ID, db.live, a.UserID, a.Scope, a.ConnectedAt.Unix(), sealed))
		if err != nil {
			return fmt.Errorf("save account: %w", err)
		}
		if !saved {
			return ErrAccountTaken
		}
		if same {
			return nil
		}
		return db.followAccount(ctx, tx, OutcomeConnected, a.UserID, a.ID, a.ConnectedAt)
	})
}

// Accounts lists the accounts to which the user is connected, oldest first.
func (db *DB) Accounts(ctx context.Context, userID string) ([]Account, error) {
	rows, err := db.read.QueryContext(ctx, `SELECT id, user_id, scope, connected_at FROM accounts
		WHERE livemode = ? AND user_id = ? AND disconnected_at IS NULL ORDER BY connected_at, id`, db.live, userID)
	if err != nil {
		return nil, fmt.Errorf("list accounts: %w", err)
	}
	defer rows.Close()
	var list []Account
	for rows.Next() {
		var a Account
		var at int64
		if err := rows.Scan(&a.ID, &a.UserID, &a.Scope, &at); err != nil {
			return nil, fmt.Errorf("list accounts: %w", err)
		}
		a.ConnectedAt = time.Unix(at, 0).UTC()
		list = append(list, a)
	}
	return list, rows.Err()
}

// HasAccount says whether the user is connected to the account. Errors: ErrNoAccount.
func (db *DB) HasAccount(ctx context.Context, userID, id string) error {
	var one int
	err := db.read.QueryRowContext(ctx, `SELECT 1 FROM accounts WHERE id = ? AND livemode = ? AND user_id = ?
		AND disconnected_at IS NULL`, id, db.live, userID).Scan(&one)
	if isNoRows(err) {
		return ErrNoAccount
	} else if err != nil {
		return fmt.Errorf("find account: %w", err)
	}
	return nil
}

// Disconnect records that the user's access to the account has ended.
func (db *DB) Disconnect(ctx context.Context, userID, id string) error {
	return db.inTx(ctx, func(ctx context.Context, tx *txn) error {
		_, err := db.endConnection(ctx, tx, `user_id = ?4`, db.now(), id, userID)
		return err
	})
}

// applyDeauthorized ends a connection that is not younger than the news: an
// account may have been connected again before the old event arrived. Both
// times are Stripe's.
func (db *DB) applyDeauthorized(ctx context.Context, tx *txn, id string, at time.Time) (Result, error) {
	ended, err := db.endConnection(ctx, tx, `connected_at <= ?4`, at.Unix(), id, at.Unix())
	if err != nil {
		return "", err
	}
	if ended {
		return Applied, nil
	}
	var known bool
	if err := tx.QueryRowContext(ctx, `SELECT EXISTS (SELECT 1 FROM accounts WHERE id = ? AND livemode = ?)`,
		id, db.live).Scan(&known); err != nil {
		return "", fmt.Errorf("find account: %w", err)
	}
	if known {
		return Stale, nil
	}
	return Unmatched, nil
}

// endConnection records the end of a connection that is under way and fulfils the condition on ?4.
func (db *DB) endConnection(ctx context.Context, tx *txn, condition string, at int64, id string, arg any) (bool, error) {
	var userID string
	var connected int64
	err := tx.QueryRowContext(ctx, `UPDATE accounts SET disconnected_at = ?1, sealed_token = NULL
		WHERE id = ?2 AND livemode = ?3 AND disconnected_at IS NULL AND `+condition+`
		RETURNING user_id, connected_at`, at, id, db.live, arg).Scan(&userID, &connected)
	if isNoRows(err) {
		return false, nil
	} else if err != nil {
		return false, fmt.Errorf("disconnect account: %w", err)
	}
	return true, db.followAccount(ctx, tx, OutcomeDisconnected, userID, id, time.Unix(connected, 0))
}
