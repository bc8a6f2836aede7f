package store

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// What can be wrong with a connected account.
var (
	ErrAccountTaken = errors.New("another user is connected to this account")
	ErrNoAccount    = errors.New("the user has no such account")
)

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
	return db.InTx(ctx, func(ctx context.Context, tx *Tx) error {
		var same bool // connected to this user already: nothing begins
		if err := tx.QueryRowContext(ctx, `SELECT EXISTS (SELECT 1 FROM accounts WHERE id = ? AND livemode = ?
			AND user_id = ? AND disconnected_at IS NULL)`, a.ID, db.live, a.UserID).Scan(&same); err != nil {
			return fmt.Errorf("find account: %w", err)
		}
		saved, err := Changed(tx.ExecContext(ctx, `INSERT INTO accounts (id, livemode, user_id, scope, connected_at, sealed_token)
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
		return db.emitAccount(ctx, tx, OutcomeConnected, a.UserID, a.ID, a.ConnectedAt)
	})
}

// Accounts lists the accounts to which the user is connected, oldest first.
func (db *DB) Accounts(ctx context.Context, userID string) ([]Account, error) {
	list, err := List(ctx, db, func(row Row) (a Account, err error) {
		var at int64
		err = row.Scan(&a.ID, &a.UserID, &a.Scope, &at)
		a.ConnectedAt = time.Unix(at, 0).UTC()
		return a, err
	}, `SELECT id, user_id, scope, connected_at FROM accounts
		WHERE livemode = $1 AND user_id = $2 AND disconnected_at IS NULL ORDER BY connected_at, id`, db.live, userID)
	if err != nil {
		return nil, fmt.Errorf("list accounts: %w", err)
	}
	return list, nil
}

// HasAccount says whether the user is connected to the account. Errors: ErrNoAccount.
func (db *DB) HasAccount(ctx context.Context, userID, id string) error {
	var one int
	err := db.read.QueryRowContext(ctx, `SELECT 1 FROM accounts WHERE id = ? AND livemode = ? AND user_id = ?
		AND disconnected_at IS NULL`, id, db.live, userID).Scan(&one)
	if IsNoRows(err) {
		return ErrNoAccount
	} else if err != nil {
		return fmt.Errorf("find account: %w", err)
	}
	return nil
}

// Disconnect records that the user's access to the account has ended.
func (db *DB) Disconnect(ctx context.Context, userID, id string) error {
	return db.InTx(ctx, func(ctx context.Context, tx *Tx) error {
		_, err := db.endConnection(ctx, tx, `user_id = ?4`, db.Now(), id, userID)
		return err
	})
}

// applyDeauthorized ends a connection that is not younger than the news: an
// account may have been connected again before the old event arrived. Both
// times are Stripe's.
func (db *DB) applyDeauthorized(ctx context.Context, tx *Tx, id string, at time.Time) (Result, error) {
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
func (db *DB) endConnection(ctx context.Context, tx *Tx, condition string, at int64, id string, arg any) (bool, error) {
	var userID string
	var connected int64
	err := tx.QueryRowContext(ctx, `UPDATE accounts SET disconnected_at = ?1, sealed_token = NULL
		WHERE id = ?2 AND livemode = ?3 AND disconnected_at IS NULL AND `+condition+`
		RETURNING user_id, connected_at`, at, id, db.live, arg).Scan(&userID, &connected)
	if IsNoRows(err) {
		return false, nil
	} else if err != nil {
		return false, fmt.Errorf("disconnect account: %w", err)
	}
	return true, db.emitAccount(ctx, tx, OutcomeDisconnected, userID, id, time.Unix(connected, 0))
}
