package store

import (
	"context"
	"crypto/aes"
	"crypto/cipher"
	"errors"
	"fmt"
)

// What can be wrong with a refresh token that is asked for.
var (
	ErrNoToken  = errors.New("no refresh token is kept for this account")
	ErrTokenKey = errors.New("TOKEN_KEY is not the key with which the refresh tokens were sealed")
)

// RefreshToken opens the refresh token that is kept for a connected account. It
// is the only place that can. Errors: ErrNoToken, ErrTokenKey.
//
// Nothing here calls it: Stripe gives the token once and calls it deprecated
// (docs.stripe.com/connect/oauth-reference), and the platform's key with
// Stripe-Account does what it does. It is for a team that needs it all the same.
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

// CheckTokenKey tries the key on one of the tokens that are kept, so that a wrong
// one is noticed at the start. Errors: ErrTokenKey.
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
	if key == nil {
		return nil, nil
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, ErrTokenKey
	}
	return cipher.NewGCMWithRandomNonce(block)
}
