package store

import (
	"context"
	"time"
)

// Lock has transactions about a user come one after the other: what is read after it stays so until this one ends. It makes
// nobody: whoever is not there may have been forgotten a moment ago.
func (db *DB) Lock(ctx context.Context, tx *Tx, userID string) error {
	_, err := found("lock user", tx.QueryRowContext(ctx, lockPerson, db.live, userID).Scan(new(person).columns()...))
	return err
}

// LockOf is Lock for the user of a verification.
func (db *DB) LockOf(ctx context.Context, tx *Tx, id string) error {
	return db.changeIn(ctx, tx, id, func(context.Context, *Tx, *locked, row) error { return nil })
}

// SetAside has nobody sent to a verification's session again, because Stripe is to erase what it holds of it. Another
// one can be made at once. It is not closed at Stripe besides.
func (db *DB) SetAside(ctx context.Context, tx *Tx, id string) error {
	return db.changeIn(ctx, tx, id, func(ctx context.Context, tx *Tx, p *locked, r row) error {
		if r.Open() {
			db.markSpent(ctx, tx, p, r)
		}
		return tx.Write(ctx, "set a verification aside", `UPDATE verifications SET erasing = 1 WHERE person = $1 AND number = $2`, r.person, r.number)
	})
}

// createTakes is longer than a click may take to have Stripe make a session, from its beginning here.
const createTakes = time.Minute

// GiveUpUnmade forgets a verification of which Stripe has no session, unless one may be being made just now. False: it
// is still there.
func (db *DB) GiveUpUnmade(ctx context.Context, id string) (gone bool, err error) {
	return db.giveUp(ctx, id, createTakes)
}

// Scrub takes out of the files what was erased. It holds up nobody for longer than that takes. False: somebody reads, or writes; call it
// again a little later.
func (db *DB) Scrub(ctx context.Context) (clean bool, err error) { return db.engine.scrub(ctx) }
