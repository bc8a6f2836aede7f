package erase

import (
	"context"

	"example.com/identity-starter/store"
)

// Everything is whatever a user has begun.
const Everything = everything

// Forget forgets whoever is to be forgotten.
func Forget(ctx context.Context, db *store.DB) (waiting int, err error) {
	return forgetAll(ctx, db, "")
}

// What the tests of the rules do by hand.
var (
	ErrNoUser       = errNoUser
	FindUser        = findUser
	Want            = want
	ToRedact        = toRedact
	NextRedaction   = nextRedaction
	NothingToRedact = nothingToRedact
	Retire          = retire
)
