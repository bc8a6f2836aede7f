package store

import (
	"cmp"
	"context"
	"database/sql"
	"slices"
	"time"
)

// Action is what one consumer has to do after an outcome.
type Action struct {
	Outcome   // as it was emitted, but for what is for Wants alone; Key begins with the consumer's name
	ID        int64
	Kind      string // the consumer's name
	Tries     int    // this one included
	CreatedAt time.Time
	lease     int64 // when it ends
}

const (
	lease     = 2 * time.Minute // longer than a try takes
	mostTries = 28              // which backOff makes about a day
)

// backOff is how long to wait after so many tries, then always the last.
var backOff = []time.Duration{5 * time.Second, 30 * time.Second, 2 * time.Minute, 10 * time.Minute, time.Hour}

// Due is signalled when this process has written an action of that kind; others', and those put off, are to be looked for.
func (db *DB) Due(kind string) <-chan struct{} { return db.due[kind] }

// enqueue writes an action at the end of its queue: those of one kind about one user.
func (db *DB) enqueue(ctx context.Context, tx *Tx, kind string, p *locked, o Outcome) {
	args := []any{kind + ":" + o.Key, db.live, kind, o.What, p.nr, o.UserID, o.ObjectID, o.Code, db.Now()}
	if p.idle && !slices.Contains(p.added, kind) { // it is due, and there is none that has to know of it
		p.added, tx.written = append(p.added, kind), append(tx.written, kind)
		tx.Write(ctx, "write action", insertFirst, args...)
		return
	}
	var due sql.NullInt64
	added, err := found("write action", tx.QueryRowContext(ctx, insertNext, args...).Scan(&due))
	switch {
	case err != nil || !added:
	case due.Valid:
		tx.written = append(tx.written, kind)
	default:
		err = db.queue(ctx, tx, kind, o)
	}
	tx.fail(err)
}

// An action that is known to be the first of its queue has a statement of its own: with the search in it, PostgreSQL plans it
// anew each time, which takes half as long as writing it.
const (
	insertFirst = `INSERT INTO actions (key, livemode, kind, outcome, person, user_id, object_id, code, created_at, due_at)
	VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $9) ON CONFLICT (person, key) DO NOTHING`
	insertNext = `INSERT INTO actions (key, livemode, kind, outcome, person, user_id, object_id, code, created_at, due_at)
	VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, CASE WHEN EXISTS (SELECT 1 FROM actions a WHERE a.livemode = $2 AND a.kind = $3
	    AND a.user_id = $6 AND a.done_at IS NULL AND a.failed_at IS NULL) THEN NULL ELSE CAST($9 AS BIGINT) END)
	ON CONFLICT (person, key) DO NOTHING RETURNING due_at`
)

// queue has the first of a queue know that another one waits. A question that was put off is worth asking now, and soon
// again, as if it had never been: there is news, and the answer may be of the same second. Where somebody else ends the first
// meanwhile, it is another one's turn, perhaps that of the one just written.
func (db *DB) queue(ctx context.Context, tx *Tx, kind string, o Outcome) error {
	for now := db.Now(); ; {
		queued, err := tx.Exec(ctx, "queue action", `UPDATE actions SET followed = 1,
			due_at = CASE WHEN due_at IS NULL OR $1 = 'to_ask' AND due_at > $2 THEN $2 ELSE due_at END,
			tries = CASE WHEN $1 = 'to_ask' AND due_at > $2 THEN 0 ELSE tries END
			WHERE id = (SELECT id FROM actions WHERE livemode = $3 AND kind = $4 AND user_id = $5
			AND done_at IS NULL AND failed_at IS NULL /*pg: ORDER BY id*/ LIMIT 1) AND coalesce(done_at, failed_at) IS NULL`, o.What, now, db.live, kind, o.UserID)
		if !queued || o.What == OutcomeToAsk {
			tx.written = append(tx.written, kind)
		}
		if queued || err != nil {
			return err
		}
	}
}

// Claim takes up to so many actions of a kind that are due, the first of its queue each: who waits for one that
// failed waits until it is done or given up. Until the lease ends no other process gets them. The sum in LIMIT keeps
// SQLite's planner from looking at the number, for which it would prepare the statement anew each time.
func (db *DB) Claim(ctx context.Context, kind string, most int) ([]Action, error) {
	var claimed []Action
	now := db.Now()
	_, err := db.ifAny(ctx, "claim actions", func(ctx context.Context, tx *Tx) (err error) {
		claimed, err = List(ctx, tx, func(row Row) (Action, error) {
			a := Action{Outcome: Outcome{Livemode: db.opt.Livemode}}
			return a, row.Scan(&a.ID, &a.Key, &a.Kind, &a.What, &a.UserID, &a.ObjectID, &a.Code, &a.Tries, (*unix)(&a.CreatedAt), &a.lease)
		}, `UPDATE actions SET tries = tries + 1, lease_until = $1 WHERE id IN (/*pg: WITH mine AS MATERIALIZED (*/
			SELECT id FROM actions WHERE livemode = $2 AND kind = $3 AND due_at <= $4 AND lease_until <= $4
			   AND done_at IS NULL AND failed_at IS NULL /*pg: ORDER BY due_at, id*/ LIMIT $5 + 0 /*pg: FOR UPDATE SKIP LOCKED) SELECT id FROM mine*/)
			RETURNING id, key, kind, outcome, user_id, object_id, code, tries, created_at, lease_until`, db.in(lease), db.live, kind, now, most)
		if err == nil && slices.ContainsFunc(db.opt.Consumers, func(c Consumer) bool { return c.Name == kind && c.Users }) {
			db.readUsers(ctx, tx, claimed)
		}
		return err
	}, `SELECT 1 FROM actions WHERE livemode = $1 AND kind = $2
		AND due_at <= $3 AND lease_until <= $3 AND done_at IS NULL AND failed_at IS NULL /*pg: ORDER BY due_at, id*/ LIMIT 1`, db.live, kind, now)
	if err != nil {
		return nil, err // also where they were claimed, and the commit has failed
	}
	slices.SortFunc(claimed, func(a, b Action) int { return cmp.Compare(a.ID, b.ID) })
	return claimed, nil
}

// readUsers reads where the users of actions stand, all of them at once: that each is read by itself would cost more than all
// else that is done for an action.
func (db *DB) readUsers(ctx context.Context, tx *Tx, list []Action) {
	people := make([]person, len(list))
	for i, a := range list {
		tx.along(ctx, "read user", func(row Row) error { return row.Scan(people[i].columns()...) }, personOf, db.live, a.UserID)
	}
	tx.fail(tx.conn.flush(ctx))
	for i := range list {
		list[i].User = db.standsAt(people[i])
	}
}

// A process that was stopped for longer than its lease must not end the lease of the
// one that has taken over: that is why the try is in the updates that follow.

// Release gives actions back that were claimed and not tried, or not to the end. It is no try: whoever claims them next has the
// same number, and another lease, which a repeat does not end.
func (db *DB) Release(ctx context.Context, list ...Action) error {
	return db.InTx(ctx, func(ctx context.Context, tx *Tx) error {
		for _, a := range list {
			tx.Write(ctx, "release action", `UPDATE actions SET lease_until = 0, tries = tries - 1
				WHERE id = $1 AND tries = $2 AND lease_until = $3`, a.ID, a.Tries, a.lease)
		}
		return nil
	})
}

// Done ends actions. It counts also when a lease has passed to somebody else: it is done.
func (db *DB) Done(ctx context.Context, list ...Action) error {
	return db.end(ctx, `UPDATE actions SET done_at = $1, lease_until = 0 WHERE id = $2 AND tries >= $3
		AND coalesce(done_at, failed_at) IS NULL RETURNING followed`, list...)
}

// end ends actions by that statement, and has the next ones of their queues be due. (What stands in coalesce keeps PostgreSQL,
// as long as it knows nothing of the table, from looking for one among all that are open.)
func (db *DB) end(ctx context.Context, statement string, list ...Action) error {
	return db.InTx(ctx, func(ctx context.Context, tx *Tx) error {
		followed := make([]bool, len(list))
		for i, a := range list {
			tx.along(ctx, "end action", func(row Row) error { return row.Scan(&followed[i]) }, statement, db.Now(), a.ID, a.Tries)
		}
		tx.fail(tx.conn.flush(ctx))
		for i, a := range list {
			if followed[i] {
				db.goOn(ctx, tx, a)
			}
		}
		return nil
	})
}

// goOn has the next action of a queue be due. Whether yet another one waits for that one is found out at its end.
func (db *DB) goOn(ctx context.Context, tx *Tx, a Action) {
	next, _ := tx.Exec(ctx, "go on to the next action", `UPDATE actions SET due_at = $1, followed = 1 WHERE id = (SELECT id FROM actions
		WHERE livemode = $2 AND kind = $3 AND user_id = (SELECT user_id FROM actions WHERE id = $4)
		  AND done_at IS NULL AND failed_at IS NULL /*pg: ORDER BY id*/ LIMIT 1)`, db.Now(), db.live, a.Kind, a.ID)
	if next {
		tx.written = append(tx.written, a.Kind)
	}
}

// LastTry says whether the action has been tried for a day. Time in which the program was down does not count.
func (a Action) LastTry() bool { return a.Tries >= mostTries }

// Wait is how long a failed action is put off: longer each time.
func (a Action) Wait() time.Duration { return backOff[min(max(a.Tries-1, 0), len(backOff)-1)] }

// Postpone puts a failed action off.
func (db *DB) Postpone(ctx context.Context, a Action, wait time.Duration) error {
	_, err := db.exec(ctx, kept, "put off action", `UPDATE actions SET due_at = $1, lease_until = 0 WHERE id = $2 AND tries = $3`,
		db.in(wait), a.ID, a.Tries)
	return err
}

// GiveUpAction ends an action that does not succeed. It is kept for people to look at.
func (db *DB) GiveUpAction(ctx context.Context, a Action) error {
	return db.end(ctx, `UPDATE actions SET failed_at = $1, lease_until = 0 WHERE id = $2 AND tries = $3
		AND coalesce(done_at, failed_at) IS NULL RETURNING followed`, a)
}

// MustCancel says whether a session must still be closed at Stripe: nobody has submitted anything that is being checked, and
// its user has no attempts left, or is verified or rejected, or a reviewer wants it so, or nobody is sent there again. What
// Stripe is to erase is closed by that alone: it may refuse to erase what was closed before.
func (db *DB) MustCancel(ctx context.Context, sessionID string) (Verification, bool, error) {
	var v Verification
	var wanted bool
	open, err := found("find session", db.QueryRowContext(ctx, `SELECT EXISTS (SELECT 1 FROM decisions d WHERE d.livemode = v.livemode
		AND d.user_id = v.user_id AND d.decision = 'cancel' AND d.session_id = v.session_id), `+verificationColumns+`
		FROM verifications v WHERE session_id = $1 AND livemode = $2 AND status = 'requires_input' AND erasing = 0`, sessionID, db.live).
		Scan(append([]any{&wanted}, v.columns()...)...))
	if !open {
		return v, false, err
	}
	u, err := db.Stands(ctx, v.UserID)
	if v.State().TakenBack() { // Stripe may give the verdict again
		return v, !u.Verified && u.AttemptsLeft == 0, err
	}
	return v, wanted || v.Spent || u.Verified || u.Rejected || u.AttemptsLeft == 0, err
}
