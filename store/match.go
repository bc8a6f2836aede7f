package store

import "context"

// match finds the verification that a piece of news is about. Its user is locked first where others could otherwise change it.
func (db *DB) match(ctx context.Context, tx *Tx, n News, eventID string) (h heard, known bool, err error) {
	h.news, h.SessionID, h.UserID, h.ByEvent, h.eventID = n, n.SessionID, n.UserID, n.Event, eventID
	recorded := func() { // once the user is locked nobody else records it
		if eventID != "" {
			tx.along(ctx, "look for event", func(row Row) error { return row.Scan(&h.recorded) }, `SELECT 1 FROM events WHERE id = $1`, eventID)
		}
	}
	for _, k := range db.keys(n) {
		if db.engine.several() {
			h.r, h.p, err = db.lockAndRead(ctx, tx, k, recorded)
		} else { // most news is of no change, and needs no more than that
			h.r, err = scanRow(tx.QueryRowContext(ctx, k.read, k.args...))
		}
		if known, err = found("match session", err); known || err != nil {
			break
		}
	}
	if known {
		h.UserID = h.r.UserID
		h.Before = h.r.State()
	}
	h.redacted = n.Redacted && !h.r.redacted
	h.After = h.Before.next(n)
	h.doubtful = h.Before.contradicts(n) || h.Before.unsettled(n)
	return h, known, err
}

const (
	bySession   = `session_id = $1 AND livemode = $2`
	byReference = `id = $1 AND livemode = $2 AND session_id IS NULL AND user_id = $3`
)

// keys are by what a session's verification is looked for: by the session, or, while it has none, by our reference and user
// together: anybody with a key of the same Stripe account can write one of them into a session by accident.
func (db *DB) keys(n News) []key {
	session := db.ofSession(n.SessionID)
	if n.SessionID == "" {
		return []key{session}
	}
	all := []key{session, {`SELECT ` + userOf + byReference + locking, `SELECT ` + oneOf + byReference, []any{n.Reference, db.live, n.UserID}}}
	if db.engine.several() { // somebody may tell of it between the two looks
		all = append(all, session)
	}
	return all
}

// ofSession is the verification of a session.
func (db *DB) ofSession(id string) key {
	return key{`SELECT ` + userOf + bySession + locking, `SELECT ` + oneOf + bySession, []any{id, db.live}}
}

// key is how a verification v is found, and how its user is locked.
type key struct {
	lock, read string // statements
	args       []any
}

const (
	userOf  = personColumns + ` FROM people p WHERE nr = (SELECT v.person FROM verifications v WHERE `
	locking = `) /*pg: FOR UPDATE*/`
	oneOf   = rowColumns + ` FROM verifications v WHERE `
)

// lockAndRead locks the user of a verification, and then reads that, which may have changed until then. It stays the same
// user's: one who is forgotten keeps the number. Others are read between the two.
func (db *DB) lockAndRead(ctx context.Context, tx *Tx, k key, others ...func()) (row, *locked, error) {
	var l locked
	tx.along(ctx, "lock user", func(row Row) error { return row.Scan(l.columns()...) }, k.lock, k.args...)
	for _, other := range others {
		other()
	}
	r, err := scanRow(tx.QueryRowContext(ctx, k.read, k.args...))
	if err == nil && l.nr != r.person { // it is the session's only since nobody was found
		err = errAgain
	}
	l.was, l.idle, tx.user = l.person, r.idle, l.nr
	return r, &l, err
}
