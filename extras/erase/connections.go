package erase

import (
	"context"
	"errors"
	"fmt"
	"time"

	"example.com/identity-starter/gateway"
	"example.com/identity-starter/outcomes"
	"example.com/identity-starter/store"
)

// disconnect ends a user's connections, each at Stripe first, and tells of each. Errors: those of gateway.Deauthorize, joined.
func disconnect(ctx context.Context, p outcomes.Parts, userID string, tell func(account string, err error)) error {
	accounts, err := p.DB.Accounts(ctx, userID)
	for _, a := range accounts {
		ended := p.Disconnect(ctx, a)
		if errors.Is(ended, gateway.ErrConnectOff) {
			ended = fmt.Errorf("%w: set it, with the value that it had, so that the account can be disconnected at Stripe", ended)
		}
		tell(a.ID, ended)
		err = errors.Join(err, ended)
	}
	if err != nil {
		return err
	}
	return p.DB.InTx(ctx, func(ctx context.Context, tx *store.Tx) error { // one that came since is noticed when the user is looked at
		return write(ctx, tx, "end disconnecting", `UPDATE forgetting SET due_at = NULL, tries = 0 WHERE livemode = $1 AND user_id = $2`, p.DB.Live(), userID)
	})
}

// disconnectOnce ends the connections of one user who is to be forgotten, if it is anybody's turn.
func disconnectOnce(ctx context.Context, p outcomes.Parts, warn func(string, error)) {
	userID, again, err := nextToDisconnect(ctx, p.DB)
	if warn("users to disconnect cannot be found: the next try is in half a second", err); err != nil || again == 0 {
		return
	}
	_ = disconnect(ctx, p, userID, func(account string, err error) {
		if err != nil && ctx.Err() == nil {
			p.Log.WarnContext(ctx, "an account cannot be disconnected yet, so that its user is not forgotten: repeated in "+outcomes.Span(again), "account", account, "error", err)
		}
	})
}

// nextToDisconnect takes a user whose connections are to be ended now, and sets in how long it is their turn again. 0: it is nobody's.
func nextToDisconnect(ctx context.Context, db *store.DB) (userID string, again time.Duration, err error) {
	tries := 0
	err = db.QueryRowContext(ctx, `SELECT user_id, tries FROM forgetting WHERE livemode = $1 AND due_at <= $2 ORDER BY due_at LIMIT 1`,
		db.Live(), db.Now()).Scan(&userID, &tries)
	if store.IsNoRows(err) {
		return "", 0, nil
	} else if err != nil {
		return "", 0, fmt.Errorf("find a user to disconnect: %w", err)
	}
	wait, mine := putOff(tries), false // false: another process was faster
	err = db.InTx(ctx, func(ctx context.Context, tx *store.Tx) (err error) {
		mine, err = tx.Exec(ctx, "put disconnecting off", `UPDATE forgetting SET due_at = $1, tries = $2
			WHERE livemode = $3 AND user_id = $4 AND due_at <= $5`, db.Now()+int64(wait.Seconds()), tries+1, db.Live(), userID, db.Now())
		return err
	})
	if err != nil || !mine {
		return "", 0, err
	}
	return userID, wait, nil
}
