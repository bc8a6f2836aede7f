package store

import (
	"context"
	"errors"
	"time"
)

// For how long there are rows that are no record of anything: docs/operate.md says so, too. Where a user stands, an attempt,
// a decision and a connection are never removed, and from nothing else does it follow what is news.
const (
	doneKept    = 30 * day // what was done, for people who look for it
	eventsKept  = 90 * day // from when Stripe made it, and from when it came: Stripe sends an event again for three days, and lists it for 30
	minutesKept = 32 * day // reviewers see a month

	restAfter = 20 * time.Millisecond // a batch of two hundred rows: others write meanwhile
)

// removeExpired has a limit, so that a flood of states does not hold everybody's writes up when they expire.
const removeExpired = `DELETE FROM oauth_states WHERE nr IN (
	SELECT nr FROM oauth_states WHERE expires_at <= $1 LIMIT 200)`

// RemoveOld removes what has had its time, in short transactions. What was given up stays, until somebody has looked, and
// so does an event of a type of the team's own that it was not told of: all of it that is kept is there.
func (db *DB) RemoveOld(ctx context.Context) error {
	return errors.Join(
		db.removeAll(ctx, "remove expired states", removeExpired, db.Now()),
		db.removeAll(ctx, "remove old minutes", `DELETE FROM minutes WHERE livemode = $1 AND minute IN (
			SELECT minute FROM minutes WHERE livemode = $1 AND minute < $2 LIMIT 200)`, db.live, db.in(-minutesKept)/60),
		db.removeAll(ctx, "remove actions that are done", `DELETE FROM actions WHERE id IN (
			SELECT id FROM actions WHERE livemode = $1 AND done_at < $2 LIMIT 200)`, db.live, db.in(-doneKept)),
		db.removeAll(ctx, "remove old events", `DELETE FROM events WHERE id IN (
			SELECT id FROM events e WHERE livemode = $1 AND created_at < $2 AND received_at < $2 AND NOT EXISTS (SELECT 1 FROM actions
			WHERE person = 0 AND key = 'event:' || e.id AND done_at IS NULL) LIMIT 200)`, db.live, db.in(-eventsKept)),
	)
}

// removeAll runs a statement that removes some rows until there are none left.
func (db *DB) removeAll(ctx context.Context, doing, statement string, args ...any) error {
	for {
		some, err := db.exec(ctx, kept, doing, statement, args...)
		if err != nil || !some {
			return err
		}
		select {
		case <-time.After(restAfter):
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}
