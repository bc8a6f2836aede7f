package store

import "context"

// GivenUp lists the actions of a kind that were given up, in the order in which they were written.
func (db *DB) GivenUp(ctx context.Context, kind string) ([]Action, error) {
	list, err := List(ctx, db, func(row Row) (Action, error) {
		a := Action{Kind: kind, Outcome: Outcome{Livemode: db.opt.Livemode}}
		return a, row.Scan(&a.ID, &a.Key, &a.What, &a.UserID, &a.ObjectID, &a.Code, &a.Tries, (*unix)(&a.CreatedAt))
	}, `SELECT id, key, outcome, user_id, object_id, code, tries, created_at FROM actions
		WHERE livemode = $1 AND kind = $2 AND failed_at IS NOT NULL ORDER BY id`, db.live, kind)
	return list, because("list what was given up", err)
}

// TakeUp takes an action that was given up for one more try, under the name that its user has by now. It stays given up meanwhile,
// so that what came after it in its queue goes on. False: somebody else has it, or it is done. A lease from while the clock was ahead is none.
func (db *DB) TakeUp(ctx context.Context, a Action) (taken Action, ok bool, err error) {
	err = db.InTx(ctx, func(ctx context.Context, tx *Tx) error {
		taken = a
		ok, err = found("take up action", tx.QueryRowContext(ctx, `UPDATE actions SET tries = tries + 1, lease_until = $1 WHERE id = $2
			AND failed_at IS NOT NULL AND (lease_until <= $3 OR lease_until > $1) RETURNING user_id, tries`,
			db.in(lease), a.ID, db.Now()).Scan(&taken.UserID, &taken.Tries))
		return err
	})
	return taken, ok, err
}

// DoneAfterAll ends an action that was taken up.
func (db *DB) DoneAfterAll(ctx context.Context, a Action) error {
	_, err := db.exec(ctx, kept, "end action", `UPDATE actions SET done_at = $1, failed_at = NULL, lease_until = 0 WHERE id = $2
		AND failed_at IS NOT NULL`, db.Now(), a.ID)
	return err
}

// LeaveGivenUp puts an action back that was taken up in vain.
func (db *DB) LeaveGivenUp(ctx context.Context, a Action) error {
	_, err := db.exec(ctx, kept, "leave action given up", `UPDATE actions SET lease_until = 0 WHERE id = $1 AND tries = $2
		AND failed_at IS NOT NULL`, a.ID, a.Tries)
	return err
}
