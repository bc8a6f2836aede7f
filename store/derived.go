package store

import "context"

// Where users stand by what verifications, attempts and decisions say of them. It says the same as the type person,
// in another language, so that one can be held against the other.
const (
	derivedColumns = `word, verdicts, revoked, at_gate, reviews, attempts, extra_attempts, last_decision, newest, open`
	derived        = lastWord + `,
	    (SELECT count(*) FROM verifications v WHERE v.person = p.nr AND status = 'verified' AND gate IN ('', 'passed')),
	    (SELECT count(*) FROM verifications v WHERE v.person = p.nr AND status <> 'verified' AND revoked > 0),
	    (SELECT count(*) FROM verifications v WHERE v.person = p.nr AND status = 'verified' AND gate = 'waiting'),
	    (SELECT count(*) FROM verifications v WHERE v.person = p.nr AND needs_review = 1),
	    (SELECT count(*) FROM attempts a WHERE a.person = p.nr),
	    (SELECT count(*) FROM decisions d WHERE d.livemode = p.livemode AND d.user_id = p.user_id AND decision = 'one_more'),
	    coalesce((SELECT id FROM decisions d WHERE d.livemode = p.livemode AND d.user_id = p.user_id ORDER BY id DESC LIMIT 1), 0),
	    coalesce((SELECT number FROM verifications v WHERE v.person = p.nr ORDER BY number DESC LIMIT 1), 0),
	    coalesce((SELECT number FROM verifications v WHERE v.person = p.nr AND status IN ('requires_input', 'processing') AND spent = 0), 0)`
	derivedVerified = `CASE WHEN word = 'approve' OR word = '' AND verdicts > 0 THEN 1 ELSE 0 END`
)

// derivedAtOnce is how many users are looked at in one statement, so that none is long: a snapshot that is held keeps
// the write-ahead log from being used again.
const derivedAtOnce = 10_000

// Underived lists users whose row does not say where they stand. There should be none.
func (db *DB) Underived(ctx context.Context) ([]string, error) {
	last, err := value[int64](ctx, db, "count users", `SELECT coalesce(max(nr), 0) FROM people`)
	var all []string
	for from := int64(0); from < last && err == nil; from += derivedAtOnce {
		_, err = List(ctx, db, func(row Row) (userID string, err error) {
			var live int
			if err = row.Scan(&userID, &live); live == db.live {
				all = append(all, userID)
			}
			return userID, err
		}, `SELECT user_id, livemode FROM people p WHERE nr > $1 AND nr <= $2 AND ((`+derivedColumns+`) <> (`+derived+`)
			OR verified <> `+derivedVerified+` OR numbered < newest)`, from, from+derivedAtOnce)
	}
	return all, because("derive users", err)
}

// Derive writes a user's row anew.
func (db *DB) Derive(ctx context.Context, userID string) error {
	return db.InTx(ctx, func(ctx context.Context, tx *Tx) error {
		if err := db.Lock(ctx, tx, userID); err != nil {
			return err
		}
		tx.Write(ctx, "derive user", `UPDATE people AS p SET (`+derivedColumns+`) = (SELECT `+derived+`)
			WHERE livemode = $1 AND user_id = $2`, db.live, userID)
		return tx.Write(ctx, "derive user", `UPDATE people SET verified = `+derivedVerified+`,
			numbered = CASE WHEN numbered < newest THEN newest ELSE numbered END WHERE livemode = $1 AND user_id = $2`, db.live, userID)
	})
}
