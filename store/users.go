package store

import (
	"cmp"
	"context"
	"fmt"
	"slices"
)

// User is where a user stands: a row of the view users, in the app's words.
type User struct {
	Verified     bool
	Approved     bool          // a reviewer's last word was yes
	Rejected     bool          // it was no
	Revoked      bool          // Stripe has taken a verdict back, and nothing else verifies the user
	InReview     bool          // a reviewer has to decide
	NeedsReview  bool          // the same of some session, whatever else verifies the user
	AtGate       bool          // verified at Stripe, and waiting at the gate
	Attempts     int           // failed checks that count
	AttemptsLeft int           // never below 0
	Newest       *Verification // nil: has never started
	UpdatedAt    int64         // when something of that has changed last, in Unix seconds by our clock; 0: never
	row          person        // for Seen
}

// Seen is what a reviewer who looks at the user sees of it, as a text that is another one as soon as anything has
// changed that a decision depends on. That the same was true a little later is no change.
func (u User) Seen() string {
	v := cmp.Or(u.Newest, &Verification{})
	return fmt.Sprintf("%d-%d-%d-%d-%d-%d-%s-%s-%d-%s", u.row.lastDecision, u.row.verdicts, u.row.revoked, u.row.atGate, u.row.reviews, u.row.attempts,
		v.ID, v.Status, v.Revoked, v.ErrorCode)
}

// User returns where userID stands. A user never heard of is one who has not started. It is one statement, so that
// a webhook between two cannot make a user who is not verified out of one whose verification is; and no JOIN, because
// SQLite would prepare that anew each time.
func (db *DB) User(ctx context.Context, userID string) (User, error) {
	var p person
	var v Verification
	var since, updated int64
	_, err := found("read user", db.QueryRowContext(ctx, wholeUser, db.live, userID).Scan(append(append(p.columns(), &since, &updated), v.columns()...)...))
	u := db.standsAt(p)
	u.UpdatedAt = max(since, updated)
	if v.ID != "" {
		u.Newest = &v
	}
	return u, err
}

// Stands is where userID stands, without Newest: a look-up by key.
func (db *DB) Stands(ctx context.Context, userID string) (User, error) {
	var p person
	_, err := found("read user", db.QueryRowContext(ctx, personOf, db.live, userID).Scan(p.columns()...))
	return db.standsAt(p), err
}

const (
	ofNewest  = ` FROM verifications v WHERE v.person = p.nr AND v.number = p.newest)`
	orEmpty   = ofNewest + `, '')`
	orZero    = ofNewest + `, 0)`
	wholeUser = `SELECT ` + personColumns + `, p.updated_at, coalesce((SELECT v.updated_at` + orZero + `, coalesce((SELECT v.id` + orEmpty + `, p.user_id,
	    coalesce((SELECT v.session_id` + orEmpty + `, coalesce((SELECT v.status` + orEmpty + `, coalesce((SELECT v.error_code` + orEmpty + `,
	    coalesce((SELECT v.revoked` + orZero + `, coalesce((SELECT v.spent` + orZero + `, coalesce((SELECT v.key_number` + orZero + `,
	    (SELECT v.created_at` + ofNewest + `, (SELECT v.news_at` + ofNewest + ` FROM people p WHERE livemode = $1 AND user_id = $2`
)

// Personal says where a table, which has a column livemode, names users and holds words about them.
type Personal struct {
	Table  string
	User   string   // its column with a user id
	Words  []string // its columns with what people wrote about that user
	person bool     // its rows are found by the user's number; else by the column with the id, which has an index
}

var corePersonal = []Personal{
	{"verifications", "user_id", []string{"gate_note"}, true},
	{"attempts", "user_id", nil, true},
	{"actions", "user_id", nil, true},
	{"decisions", "user_id", []string{"reason"}, false},
	{"decisions", "reviewer", nil, false},
	{"accounts", "user_id", nil, false},
	{"oauth_states", "user_id", nil, false},
	{"people", "user_id", nil, false}, // last: the others are found by it
}

// of finds the rows about a user, who is $3 where $2 is the mode.
func (p Personal) of() string {
	if p.person {
		return ` WHERE livemode = $2 AND person = (SELECT nr FROM people WHERE livemode = $2 AND user_id = $3)`
	}
	return ` WHERE livemode = $2 AND ` + p.User + ` = $3`
}

// personal has the core's last, and in them the row of people.
func (db *DB) personal() (all []Personal) {
	for _, part := range slices.Backward(db.parts()) {
		all = append(all, part.Personal...)
	}
	return all
}

// ReplaceUser puts another id in the place of a user's, in every table of every part. Whoever ends an action meanwhile, and has
// the next one be due, locks both in that order, and so does this: neither waits for the other for good.
func (db *DB) ReplaceUser(ctx context.Context, tx *Tx, userID, by string) error {
	if _, err := List(ctx, tx, Scan[int64], `SELECT id FROM actions WHERE livemode = $1
		AND person = (SELECT nr FROM people WHERE livemode = $1 AND user_id = $2) /*pg: ORDER BY id FOR UPDATE*/`, db.live, userID); err != nil {
		return because("lock the user's actions", err)
	}
	for _, p := range db.personal() {
		changed, err := tx.Exec(ctx, "replace user in "+p.Table, `UPDATE `+p.Table+` SET `+p.User+` = $1`+p.of(), by, db.live, userID)
		if tx.erased = tx.erased || changed; err != nil {
			return err
		}
	}
	return nil
}

// BlankWords removes what people wrote about a user, in every table of every part.
func (db *DB) BlankWords(ctx context.Context, tx *Tx, userID string) error {
	for _, p := range db.personal() {
		for _, words := range p.Words {
			changed, err := tx.Exec(ctx, "blank words in "+p.Table, `UPDATE `+p.Table+` SET `+words+` = $1`+p.of()+
				` AND `+words+` <> ''`, "", db.live, userID)
			if tx.erased = tx.erased || changed; err != nil {
				return err
			}
		}
	}
	return nil
}
