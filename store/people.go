package store

import "context"

// person is a row of people: what a transaction knows of the user that it is about.
type person struct {
	nr           int64 // 0: not in the table yet
	userID       string
	word         string // a reviewer's last that was not withdrawn: Approve, Reject or ""
	verdicts     int
	revoked      int
	atGate       int
	reviews      int
	attempts     int
	extra        int // attempts
	lastDecision int64
	numbered     int64
	newest, open int64 // numbers of verifications; 0: none
}

const personColumns = `p.nr, p.user_id, p.word, p.verdicts, p.revoked, p.at_gate, p.reviews, p.attempts, p.extra_attempts, p.last_decision, p.numbered, p.newest, p.open`

// personOf finds the row of a user.
const personOf = `SELECT ` + personColumns + ` FROM people p WHERE livemode = $1 AND user_id = $2`

// lockPerson finds it, too, and has whoever else locks it wait. That nobody is in between is SQLite's own doing.
const lockPerson = personOf + ` /*pg: FOR UPDATE*/`

func (p *person) columns() []any {
	return []any{&p.nr, &p.userID, &p.word, &p.verdicts, &p.revoked, &p.atGate, &p.reviews, &p.attempts, &p.extra, &p.lastDecision, &p.numbered, &p.newest, &p.open}
}

// count is how a verification gets into its user's row, and, with -1, out of it. The row is the sum of all
// that counts, of the attempts and of the decisions: derived.go says the same of the tables.
func (p *person) count(r row, times int) {
	switch {
	case r.State().TakenBack():
		p.revoked += times
	case r.Status != Verified:
	case r.gate == "" || r.gate == "passed":
		p.verdicts += times
	case r.gate == "waiting":
		p.atGate += times
	}
	if r.review {
		p.reviews += times
	}
	if r.Open() {
		p.open = max(0, r.number*int64(times))
	}
}

// verified says whether the user is: a reviewer's last word beats Stripe's verdicts.
func (p *person) verified() bool { return p.word == Approve || p.word == "" && p.verdicts > 0 }

// standsAt is where the user stands, without Newest.
func (db *DB) standsAt(p person) User {
	u := User{Verified: p.verified(), Approved: p.word == Approve, Rejected: p.word == Reject, Attempts: p.attempts, NeedsReview: p.reviews > 0, row: p}
	u.Revoked = p.revoked > 0 && !u.Verified
	u.InReview, u.AtGate = p.reviews > 0 && !u.Verified, p.atGate > 0 && !u.Verified
	u.AttemptsLeft = max(0, db.opt.MaxAttempts+p.extra-p.attempts) // the retry limit, which Begin enforces
	return u
}

// locked is a person's row that a transaction has read before all else of that user: who changes anything of a
// user locks it, so that two transactions about one user come one after the other.
type locked struct {
	person
	was   person
	idle  bool     // none of his actions waits, as far as is known
	added []string // kinds of the actions that this transaction has written since
}

// lock reads the row of a user, who may be new. Where others may lock the same one meanwhile, a new one gets a row now.
func (db *DB) lock(ctx context.Context, tx *Tx, userID string) (*locked, error) {
	var l locked
	known, err := found("lock user", tx.QueryRowContext(ctx, lockPerson, db.live, userID).Scan(l.columns()...))
	if !known && err == nil && db.engine.several() {
		tx.Write(ctx, "insert user", `INSERT INTO people (livemode, user_id) VALUES ($1, $2) ON CONFLICT DO NOTHING`, db.live, userID)
		known, err = found("lock user", tx.QueryRowContext(ctx, lockPerson, db.live, userID).Scan(l.columns()...))
	}
	if !known {
		l.person = person{userID: userID}
	}
	l.was = l.person
	return &l, err
}

// settle writes the row, once all that a transaction changes of the user is in it, and gives a new user a number.
func (db *DB) settle(ctx context.Context, tx *Tx, p *locked) {
	if p.nr == 0 {
		err := tx.QueryRowContext(ctx, `INSERT INTO people (livemode, user_id) VALUES ($1, $2) RETURNING nr`, db.live, p.userID).Scan(&p.nr)
		tx.fail(because("insert user", err))
		p.was.nr = p.nr
	}
	if p.person == p.was {
		return
	}
	p.was = p.person
	tx.Write(ctx, "update user", `UPDATE people SET verified = $1, word = $2, verdicts = $3, revoked = $4, at_gate = $5, reviews = $6, attempts = $7,
		extra_attempts = $8, last_decision = $9, numbered = $10, newest = $11, open = $12, updated_at = $13 WHERE nr = $14`,
		bit(p.verified()), p.word, p.verdicts, p.revoked, p.atGate, p.reviews, p.attempts, p.extra, p.lastDecision, p.numbered, p.newest, p.open, db.Now(), p.nr)
}

// lockOrMake reads the row of a user, for whom something is to be written that needs a number.
func (db *DB) lockOrMake(ctx context.Context, tx *Tx, userID string) (*locked, error) {
	p, err := db.lock(ctx, tx, userID)
	if err == nil {
		db.settle(ctx, tx, p)
	}
	return p, err
}
