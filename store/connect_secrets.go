package store

import (
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"time"
)

// What can be wrong with the two secrets of Connect: a state, of which the hash is kept,
// and a refresh token, which is kept sealed or not at all.
var (
	ErrInvalidState = errors.New("state is unknown, used, expired or another user's")
	ErrNoToken      = errors.New("no refresh token is kept for this account")
	ErrTokenKey     = errors.New("TOKEN_KEY: is not the key with which the refresh tokens in the database were sealed: restore it, or unset it")
)

const (
	stateLifetime = 2 * time.Hour // people open a Stripe account on the way
	statesPerUser = 10            // the oldest goes: several tabs are normal, hundreds are not
)

// NewState makes the OAuth state of one Connect attempt: 32 random bytes in base64url.
func (db *DB) NewState(ctx context.Context, userID string) (string, error) {
	random := make([]byte, 32)
	rand.Read(random) // never fails: crypto/rand
	state := base64.RawURLEncoding.EncodeToString(random)
	err := db.InTx(ctx, func(ctx context.Context, tx *Tx) error {
		tx.Write(ctx, "remove expired states", removeExpired, db.Now())
		tx.Write(ctx, "remove the user's oldest states", `DELETE FROM oauth_states
			WHERE livemode = $1 AND user_id = $2 AND nr NOT IN (
			    SELECT nr FROM oauth_states WHERE livemode = $1 AND user_id = $2 ORDER BY nr DESC LIMIT $3)`, db.live, userID, statesPerUser-1)
		return tx.Write(ctx, "insert state", `INSERT INTO oauth_states (state_hash, livemode, user_id, expires_at)
			VALUES ($1, $2, $3, $4)`, hashState(state), db.live, userID, db.in(stateLifetime))
	})
	return state, err
}

// TakeState uses a state up for its own user, with the code that it came back with: of many callbacks with one state
// a single one gets true. Nobody else can use it up. From then on it stays for as long as a new one would.
func (db *DB) TakeState(ctx context.Context, userID, state, code string) (bool, error) {
	if userID == "" {
		return false, nil
	}
	return db.exec(ctx, kept, "take state", `UPDATE oauth_states SET callback = $1, taken_at = $2, expires_at = $3
		WHERE state_hash = $4 AND livemode = $5 AND user_id = $6 AND callback = '' AND expires_at > $2`,
		hashState(state+" "+code), db.Now(), db.in(stateLifetime), hashState(state), db.live, userID)
}

// Attempt is what became of a state that was taken.
type Attempt struct {
	Outcome string // acct_…, or the code of an error; "": not known yet
	TakenAt time.Time
}

// AttemptOf says what became of a state that the same user took with the same code before. Errors: ErrInvalidState.
func (db *DB) AttemptOf(ctx context.Context, userID, state, code string) (a Attempt, err error) {
	known, err := found("read state", db.QueryRowContext(ctx, `SELECT outcome, taken_at FROM oauth_states
		WHERE state_hash = $1 AND livemode = $2 AND user_id = $3 AND callback = $4 AND expires_at > $5`,
		hashState(state), db.live, userID, hashState(state+" "+code), db.Now()).Scan(&a.Outcome, (*unix)(&a.TakenAt)))
	if err == nil && !known {
		err = ErrInvalidState
	}
	return a, err
}

// EndAttempt keeps what became of a state, for the same callback again: the code of an error, as pages have it.
func (db *DB) EndAttempt(ctx context.Context, userID, state, outcome string) error {
	return db.InTx(ctx, func(ctx context.Context, tx *Tx) error { return db.endAttempt(ctx, tx, state, userID, outcome) })
}

// endAttempt fails with ErrForgotten where the state is not that user's any more. One that has been removed is no matter.
func (db *DB) endAttempt(ctx context.Context, tx *Tx, state, userID, outcome string) error {
	var owner string
	_, err := found("end attempt", tx.QueryRowContext(ctx, `UPDATE oauth_states SET outcome = $1 WHERE state_hash = $2 AND livemode = $3
		RETURNING user_id`, outcome, hashState(state), db.live).Scan(&owner))
	if err == nil && owner != "" && owner != userID {
		err = ErrForgotten
	}
	return err
}

func hashState(state string) string {
	sum := sha256.Sum256([]byte(state))
	return hex.EncodeToString(sum[:])
}

// RefreshToken opens the refresh token that is kept for a connected account. Errors: ErrNoToken, ErrTokenKey.
//
// It is for a team that needs it all the same: Stripe gives the token once and calls it deprecated
// (docs.stripe.com/connect/oauth-reference), and the platform's key with Stripe-Account does what it does.
func (db *DB) RefreshToken(ctx context.Context, accountID string) (string, error) {
	sealed, err := value[[]byte](ctx, db, "read token", `SELECT sealed_token FROM accounts WHERE id = $1 AND livemode = $2`,
		accountID, db.live)
	if err != nil {
		return "", err
	} else if sealed == nil {
		return "", ErrNoToken
	}
	if db.tokens == nil {
		return "", ErrTokenKey
	}
	token, err := db.tokens.Open(nil, nil, sealed, db.tokenOf(accountID))
	if err != nil {
		return "", ErrTokenKey
	}
	return string(token), nil
}

// CheckTokenKey tries the key on one of the kept tokens, so that a wrong one is noticed at the start. Errors: ErrTokenKey.
func (db *DB) CheckTokenKey(ctx context.Context) error {
	if db.tokens == nil {
		return nil
	}
	id, err := value[string](ctx, db, "find a token", `SELECT id FROM accounts WHERE livemode = $1 AND sealed_token IS NOT NULL LIMIT 1`,
		db.live)
	if err == nil && id != "" {
		_, err = db.RefreshToken(ctx, id)
	}
	return err
}

// seal makes of a token what may be stored; nil without a key or a token.
func (db *DB) seal(accountID, token string) []byte {
	if db.tokens == nil || token == "" {
		return nil
	}
	return db.tokens.Seal(nil, nil, []byte(token), db.tokenOf(accountID))
}

// tokenOf binds a sealed token to its account and mode: moved to another row it does not open.
func (db *DB) tokenOf(accountID string) []byte { return fmt.Appendf(nil, "%s|%d", accountID, db.live) }

// tokenCipher is nil without a key: then no token is kept.
func tokenCipher(key []byte) (cipher.AEAD, error) {
	if len(key) == 0 {
		return nil, nil
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, ErrTokenKey
	}
	return cipher.NewGCMWithRandomNonce(block)
}
