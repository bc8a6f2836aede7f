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

// ErrInvalidState means that a callback does not belong to a Connect attempt of this user.
var ErrInvalidState = errors.New("state is unknown, used, expired or another user's")

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
	now := db.Now()
	err := db.InTx(ctx, func(ctx context.Context, tx *Tx) error {
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

func removeExpired(ctx context.Context, tx *Tx, now int64) (more bool, err error) {
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
		if err := db.InTx(ctx, func(ctx context.Context, tx *Tx) (err error) {
			more, err = removeExpired(ctx, tx, db.Now())
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
	err := db.InTx(ctx, func(ctx context.Context, tx *Tx) error {
		return tx.QueryRowContext(ctx, `DELETE FROM oauth_states WHERE state_hash = ? AND livemode = ?
			RETURNING user_id, expires_at`, hashState(state), db.live).Scan(&owner, &expires)
	})
	if IsNoRows(err) {
		return ErrInvalidState
	} else if err != nil {
		return fmt.Errorf("take state: %w", err)
	}
	if userID == "" || owner != userID || expires <= db.Now() {
		return ErrInvalidState
	}
	return nil
}

func hashState(state string) string {
	sum := sha256.Sum256([]byte(state))
	return hex.EncodeToString(sum[:])
}
