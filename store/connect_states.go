package store

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"time"
)

// ErrInvalidState means that a callback does not belong to a Connect attempt of this user.
var ErrInvalidState = errors.New("state is unknown, used, expired or another user's")

const (
	stateLifetime = 2 * time.Hour // people open a Stripe account on the way
	statesPerUser = 10            // the oldest goes: several tabs are normal, hundreds are not
)

// NewState makes the OAuth state of one Connect attempt: 32 random bytes in base64url.
// Only its hash is kept.
func (db *DB) NewState(ctx context.Context, userID string) (string, error) {
	random := make([]byte, 32)
	rand.Read(random) // never fails: crypto/rand
	state := base64.RawURLEncoding.EncodeToString(random)
	err := db.InTx(ctx, func(ctx context.Context, tx *Tx) error {
		if _, err := tx.exec(ctx, "remove expired states", removeExpired, db.Now()); err != nil {
			return err
		}
		if _, err := tx.exec(ctx, "remove the user's oldest states", `DELETE FROM oauth_states
			WHERE livemode = $1 AND user_id = $2 AND state_hash NOT IN (
			    SELECT state_hash FROM oauth_states WHERE livemode = $1 AND user_id = $2
			    ORDER BY expires_at DESC, rowid DESC LIMIT $3)`, db.live, userID, statesPerUser-1); err != nil {
			return err
		}
		_, err := tx.exec(ctx, "insert state", `INSERT INTO oauth_states (state_hash, livemode, user_id, expires_at)
			VALUES ($1, $2, $3, $4)`, hashState(state), db.live, userID, db.in(stateLifetime))
		return err
	})
	return state, err
}

// removeExpired has a limit, so that a flood of states does not hold everybody's writes up when they expire.
const removeExpired = `DELETE FROM oauth_states WHERE state_hash IN (
	SELECT state_hash FROM oauth_states WHERE expires_at <= $1 LIMIT 1000)`

// RemoveExpired removes the states of Connect attempts that never came back.
func (db *DB) RemoveExpired(ctx context.Context) (err error) {
	for more := true; more && err == nil; {
		more, err = db.exec(ctx, "remove expired states", removeExpired, db.Now())
	}
	return err
}

// TakeState uses a state up, also when it turns out to be another user's:
// of many callbacks with one state a single one gets nil. Errors: ErrInvalidState.
func (db *DB) TakeState(ctx context.Context, userID, state string) error {
	var good bool
	err := db.InTx(ctx, func(ctx context.Context, tx *Tx) (err error) {
		good, err = value[bool](ctx, tx, "take state", `DELETE FROM oauth_states WHERE state_hash = $1 AND livemode = $2
			RETURNING CASE WHEN user_id = $3 AND expires_at > $4 THEN 1 ELSE 0 END`, hashState(state), db.live, userID, db.Now())
		return err
	})
	if err == nil && (!good || userID == "") {
		return ErrInvalidState
	}
	return err
}

func hashState(state string) string {
	sum := sha256.Sum256([]byte(state))
	return hex.EncodeToString(sum[:])
}
