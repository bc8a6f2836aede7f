package erase

import (
	"context"
	"errors"
	"time"

	"example.com/identity-starter/outcomes"
	"example.com/identity-starter/store"
)

// Everything is whatever a user has begun.
const Everything = everything

// Forget forgets whoever is to be forgotten, and says how many are not yet.
func Forget(ctx context.Context, db *store.DB) (waiting int, err error) {
	for after, more := "", true; more; more = after != "" {
		var failed error
		after, failed = forgetSome(ctx, db, after)
		err = errors.Join(err, failed)
	}
	if e := db.QueryRowContext(ctx, "SELECT count(*) FROM forgetting").Scan(&waiting); e != nil {
		err = errors.Join(err, e)
	}
	return waiting, err
}

// NextRedaction is nextRedaction where nothing is too old.
func NextRedaction(ctx context.Context, db *store.DB) (store.Verification, bool, error) {
	return NextOlderThan(ctx, db, time.Time{})
}

// NextOlderThan is nextRedaction.
func NextOlderThan(ctx context.Context, db *store.DB, before time.Time) (store.Verification, bool, error) {
	v, again, err := nextRedaction(ctx, db, before)
	return v, again > 0 && err == nil, err
}

// Turn is what the running program does twice a second.
func Turn(ctx context.Context, p outcomes.Parts) error {
	var failed error
	note := func(_ string, err error) { failed = errors.Join(failed, err) }
	_, err := forgetSome(ctx, p.DB, "")
	disconnectOnce(ctx, p, note)
	redactOnce(ctx, p, time.Time{}, note)
	_, e := p.DB.Scrub(ctx)
	return errors.Join(err, failed, e)
}

// What the tests of the rules do by hand.
var (
	ErrNoUser       = errNoUser
	FindUser        = findUser
	Want            = want
	ToRedact        = toRedact
	Retire          = retire
	NotAhead        = notAhead
	Refuse          = refuse
	IsTerminal      = isTerminal
	ErrNotConfirmed = errNotConfirmed
	Ask             = confirm
)
