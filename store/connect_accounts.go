package store

import (
	"context"
	"errors"
	"time"
)

// ErrAccountTaken means that another user is connected to the account.
var ErrAccountTaken = errors.New("another user is connected to this account")

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
	return db.InTx(ctx, func(ctx context.Context, tx *Tx) error {
		p, err := db.lock(ctx, tx, a.UserID)
		if err != nil {
			return err
		}
		same, err := db.HasAccount(ctx, tx, a.UserID, a.ID)
		if err != nil {
			return err
		}
		saved, err := tx.Exec(ctx, "save account", `INSERT INTO accounts (id, livemode, user_id, scope, connected_at, sealed_token)
			VALUES ($1, $2, $3, $4, $5, $6)
			ON CONFLICT (id, livemode) DO UPDATE SET user_id = excluded.user_id, scope = excluded.scope,
			    connected_at = CASE WHEN accounts.connected_at > excluded.connected_at THEN accounts.connected_at ELSE excluded.connected_at END,
			    disconnected_at = NULL, sealed_token = excluded.sealed_token
			WHERE accounts.user_id = excluded.user_id OR accounts.disconnected_at IS NOT NULL`,
			a.ID, db.live, a.UserID, a.Scope, a.ConnectedAt.Unix(), db.seal(a.ID, refreshToken))
		switch {
		case err != nil:
			return err
		case !saved:
			return ErrAccountTaken
		case same:
			return nil // it was connected already: nothing begins
		}
		if p.nr == 0 {
			if err := db.settle(ctx, tx, p); err != nil {
				return err
			}
		}
		return db.emitAccount(ctx, tx, p, OutcomeConnected, a.ID, a.ConnectedAt)
	})
}

// Accounts lists the accounts to which the user is connected, oldest first.
func (db *DB) Accounts(ctx context.Context, userID string) ([]Account, error) {
	list, err := List(ctx, db, func(row Row) (a Account, err error) {
		err = row.Scan(&a.ID, &a.UserID, &a.Scope, (*unix)(&a.ConnectedAt))
		return a, err
	}, `SELECT id, user_id, scope, connected_at FROM accounts
		WHERE livemode = $1 AND user_id = $2 AND disconnected_at IS NULL ORDER BY connected_at, id`, db.live, userID)
	return list, because("list accounts", err)
}

// HasAccount says whether the user is connected to the account.
func (db *DB) HasAccount(ctx context.Context, q Querier, userID, id string) (bool, error) {
	return value[bool](ctx, q, "find account", `SELECT 1 FROM accounts WHERE id = $1 AND livemode = $2
		AND user_id = $3 AND disconnected_at IS NULL`, id, db.live, userID)
}

// Disconnect records that the user's access to the account has ended.
func (db *DB) Disconnect(ctx context.Context, userID, id string) error {
	return db.InTx(ctx, func(ctx context.Context, tx *Tx) error {
		return db.endConnection(ctx, tx, id, db.Now(), userID, -1)
	})
}

// hearDeauthorized says what the news that an account has ended its connection will do. It ends one that is not younger
// than the news, by Stripe's clock: an account may have been connected again before the old event arrived.
func (db *DB) hearDeauthorized(ctx context.Context, tx *Tx, id string, at time.Time) (Result, error) {
	var ends bool
	known, err := found("find account", tx.QueryRowContext(ctx, `SELECT disconnected_at IS NULL AND connected_at <= $1 FROM accounts
		WHERE id = $2 AND livemode = $3`, at.Unix(), id, db.live).Scan(&ends))
	switch {
	case err != nil || !known:
		return Unmatched, err
	case !ends:
		return Stale, nil
	}
	return Applied, nil
}

// endConnection ends a connection that is under way, if it is this user's or did not begin after begun.
func (db *DB) endConnection(ctx context.Context, tx *Tx, id string, at int64, userID string, begun int64) error {
	var connected unix
	ended, err := found("disconnect account", tx.QueryRowContext(ctx, `UPDATE accounts SET disconnected_at = $1, sealed_token = NULL
		WHERE id = $2 AND livemode = $3 AND disconnected_at IS NULL AND (user_id = $4 OR connected_at <= $5)
		RETURNING user_id, connected_at`, at, id, db.live, userID, begun).Scan(&userID, &connected))
	if !ended {
		return err
	}
	p, err := db.lockOrMake(ctx, tx, userID)
	if err != nil {
		return err
	}
	return db.emitAccount(ctx, tx, p, OutcomeDisconnected, id, time.Time(connected))
}
