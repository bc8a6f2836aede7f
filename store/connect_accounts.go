package store

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// ErrAccountTaken means that another user is connected to the account.
var ErrAccountTaken = errors.New("another user is connected to this account")

// ErrForgotten means that a user was forgotten while he was connecting an account: nobody here would ever end that.
var ErrForgotten = fmt.Errorf("the user was forgotten meanwhile: %w", ErrInvalidState)

// Account is a Stripe account that a user has connected.
type Account struct {
	ID          string // acct_…
	UserID      string
	Scope       string
	Platform    string    // our own account, to which it is connected; "": not known
	ConnectedAt time.Time // Stripe's time
	Generation  int64     // which of its connections this is; set by Connect
	Ended       bool      // it is connected no more
}

// Connect records what a state that the user has taken led to. The same user's account is refreshed; one that was
// disconnected becomes the new user's. The refresh token is kept only with Options.TokenKey, sealed. Errors:
// ErrAccountTaken, ErrForgotten.
func (db *DB) Connect(ctx context.Context, state string, a Account, refreshToken string) error {
	return db.InTx(ctx, func(ctx context.Context, tx *Tx) error {
		p, err := db.lockOrMake(ctx, tx, a.UserID)
		if err != nil {
			return err
		}
		before, err := db.account(ctx, tx, a.ID)
		if err != nil {
			return err
		}
		if a.Generation, err = db.saveAccount(ctx, tx, a, refreshToken); err != nil {
			return err
		}
		if err := db.endAttempt(ctx, tx, state, a.UserID, a.ID); err != nil {
			return err
		}
		if before.UserID == a.UserID && !before.Ended {
			return nil // it was connected already: nothing begins
		}
		db.emitAccount(ctx, tx, p, OutcomeConnected, a)
		return nil
	})
}

// saveAccount writes a connection. Each is a new generation, also where the user was connected already: what is
// known of an earlier one, such as that it has ended, must not be taken for news of this one.
func (db *DB) saveAccount(ctx context.Context, tx *Tx, a Account, refreshToken string) (generation int64, err error) {
	saved, err := found("save account", tx.QueryRowContext(ctx, `INSERT INTO accounts (id, livemode, user_id, scope, platform, connected_at, sealed_token)
		VALUES ($1, $2, $3, $4, $5, $6, $7)
		ON CONFLICT (id, livemode) DO UPDATE SET user_id = excluded.user_id, scope = excluded.scope, platform = excluded.platform,
		    connected_at = CASE WHEN accounts.connected_at > excluded.connected_at THEN accounts.connected_at ELSE excluded.connected_at END,
		    generation = accounts.generation + 1, disconnected_at = NULL, sealed_token = excluded.sealed_token
		WHERE accounts.user_id = excluded.user_id OR accounts.disconnected_at IS NOT NULL RETURNING generation`,
		a.ID, db.live, a.UserID, a.Scope, a.Platform, a.ConnectedAt.Unix(), db.seal(a.ID, refreshToken)).Scan(&generation))
	if err == nil && !saved {
		err = ErrAccountTaken
	}
	return generation, err
}

const accountColumns = `id, user_id, scope, platform, connected_at, generation, disconnected_at IS NOT NULL`

func scanAccount(row Row) (a Account, err error) {
	err = row.Scan(&a.ID, &a.UserID, &a.Scope, &a.Platform, (*unix)(&a.ConnectedAt), &a.Generation, &a.Ended)
	return a, err
}

// Accounts lists the accounts to which the user is connected, oldest first.
func (db *DB) Accounts(ctx context.Context, userID string) ([]Account, error) {
	list, err := List(ctx, db, scanAccount, `SELECT `+accountColumns+` FROM accounts
		WHERE livemode = $1 AND user_id = $2 AND disconnected_at IS NULL ORDER BY connected_at, id`, db.live, userID)
	return list, because("list accounts", err)
}

// AccountOf is the user's newest connection to the account, which may have ended; a zero one where there was none.
func (db *DB) AccountOf(ctx context.Context, userID, id string) (Account, error) {
	a, err := db.account(ctx, db, id)
	if a.UserID != userID {
		return Account{}, err
	}
	return a, err
}

// account is the newest connection to the account, whoever has it.
func (db *DB) account(ctx context.Context, q Querier, id string) (Account, error) {
	a, err := scanAccount(q.QueryRowContext(ctx, `SELECT `+accountColumns+` FROM accounts WHERE id = $1 AND livemode = $2`, id, db.live))
	_, err = found("find account", err)
	return a, err
}

// EndConnection records that a connection that was read before has ended, whoever's it is by now. One that began later
// goes on, and a repeat changes nothing.
func (db *DB) EndConnection(ctx context.Context, read Account) error {
	return db.InTx(ctx, func(ctx context.Context, tx *Tx) error {
		a, err := db.account(ctx, tx, read.ID)
		if err != nil || a.Ended || a.Generation != read.Generation {
			return err
		}
		return db.endConnection(ctx, tx, a, db.Now())
	})
}

// hearDeauthorized says what the news that an account has ended its connection will do. It ends one that is not younger
// than the news, by Stripe's clock: an account may have been connected again before the old event arrived. Within one
// second it may be of the connection before, too, if there was one. Then it ends nothing: the next page that reads
// the account learns how it is, while nothing would tell of a connection that is taken for ended.
func (db *DB) hearDeauthorized(ctx context.Context, tx *Tx, id string, at time.Time) (Account, Result, error) {
	a, err := db.account(ctx, tx, id)
	switch since := at.Unix() - a.ConnectedAt.Unix(); {
	case err != nil || a.ID == "":
		return a, Unmatched, err
	case a.Ended, since < 0, since == 0 && a.Generation > 1:
		return a, Stale, nil
	}
	return a, Applied, nil
}

// endConnection ends a connection that the transaction has found to be under way, unless it is another one by now.
func (db *DB) endConnection(ctx context.Context, tx *Tx, a Account, at int64) error {
	p, err := db.lockOrMake(ctx, tx, a.UserID)
	if err == nil && db.engine.several() {
		var now Account
		if now, err = db.account(ctx, tx, a.ID); err == nil && now.UserID != a.UserID { // who was forgotten until then
			err = errAgain
		}
	}
	if err != nil {
		return err
	}
	ended, err := tx.Exec(ctx, "disconnect account", `UPDATE accounts SET disconnected_at = $1, sealed_token = NULL
		WHERE id = $2 AND livemode = $3 AND generation = $4 AND disconnected_at IS NULL`, at, a.ID, db.live, a.Generation)
	if ended {
		db.emitAccount(ctx, tx, p, OutcomeDisconnected, a)
	}
	return err
}
