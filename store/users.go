package store

import "context"

// User is where a user stands: a row of the view users, in the app's words.
type User struct {
	Verified     bool
	Approved     bool          // a reviewer's last word was yes
	Rejected     bool          // it was no
	InReview     bool          // a reviewer has to decide
	AtGate       bool          // verified at Stripe, and waiting at the gate
	Attempts     int           // failed checks that count
	AttemptsLeft int           // never below 0
	LastDecision int64         // the number of the newest decision; 0 without one
	Newest       *Verification // nil: has never started
}

// User returns where userID stands. A user never heard of is one who has not started.
func (db *DB) User(ctx context.Context, userID string) (User, error) {
	return db.wholeUser(ctx, db, userID)
}

// userColumns are where a user of the view users u stands. Only what is verified is at the gate.
const userColumns = `u.verified, u.needs_review,
	EXISTS (SELECT 1 FROM verifications w WHERE w.livemode = u.livemode AND w.user_id = u.user_id AND w.gate = 'waiting'),
	u.attempts, u.extra_attempts,
	coalesce((SELECT d.decision FROM decisions d WHERE d.livemode = u.livemode AND d.user_id = u.user_id
	  AND d.decision IN ('approve', 'reject') ORDER BY d.id DESC LIMIT 1), '')`

// wholeUser is one statement, so that a webhook between two cannot make a user who is
// not verified out of one whose verification is.
func (db *DB) wholeUser(ctx context.Context, q Querier, userID string) (User, error) {
	newest, last := Verification{}, int64(0)
	u, err := db.scanUser(q.QueryRowContext(ctx, `SELECT `+userColumns+`,
		  coalesce((SELECT max(d.id) FROM decisions d WHERE d.livemode = u.livemode AND d.user_id = u.user_id), 0), `+verificationColumns+`
		FROM users u JOIN verifications v ON v.id = (SELECT id FROM verifications
		  WHERE livemode = u.livemode AND user_id = u.user_id ORDER BY created_at DESC, rowid DESC LIMIT 1)
		WHERE u.livemode = $1 AND u.user_id = $2`, db.live, userID), append([]any{&last}, newest.columns()...)...)
	if u.LastDecision = last; newest.ID != "" {
		u.Newest = &newest
	}
	return u, err
}

// user is where a user stands without what only pages need: the newest verification and the last decision's number.
func (db *DB) user(ctx context.Context, q Querier, userID string) (User, error) {
	return db.scanUser(q.QueryRowContext(ctx, `SELECT `+userColumns+` FROM users u WHERE u.livemode = $1 AND u.user_id = $2`, db.live, userID))
}

func (db *DB) scanUser(row Row, more ...any) (u User, err error) {
	extra, lastWord := 0, ""
	_, err = found("read user", row.Scan(append([]any{&u.Verified, &u.InReview, &u.AtGate, &u.Attempts, &extra, &lastWord}, more...)...))
	if err != nil {
		return User{}, err
	}
	u.Approved, u.Rejected = lastWord == Approve, lastWord == Reject
	u.InReview, u.AtGate = u.InReview && !u.Verified, u.AtGate && !u.Verified
	u.AttemptsLeft = max(0, db.opt.MaxAttempts+extra-u.Attempts) // the retry limit, which Begin enforces
	return u, nil
}

// Personal says where a table, which has a column livemode, names users and holds words about them.
type Personal struct {
	Table string
	User  string   // its column with a user id
	Words []string // its columns with what people wrote about that user
}

var corePersonal = []Personal{
	{"verifications", "user_id", []string{"gate_note"}},
	{"attempts", "user_id", nil},
	{"decisions", "user_id", []string{"reason"}},
	{"decisions", "reviewer", nil},
	{"accounts", "user_id", nil},
	{"oauth_states", "user_id", nil},
	{"actions", "user_id", nil},
}

func (db *DB) personal() (all []Personal) {
	for _, part := range db.parts() {
		all = append(all, part.Personal...)
	}
	return all
}

// ReplaceUser puts another id in the place of a user's, in every table of every part.
func (db *DB) ReplaceUser(ctx context.Context, tx *Tx, userID, by string) error {
	for _, p := range db.personal() {
		if _, err := tx.Exec(ctx, "replace user in "+p.Table, `UPDATE `+p.Table+` SET `+p.User+` = $1
			WHERE livemode = $2 AND `+p.User+` = $3`, by, db.live, userID); err != nil {
			return err
		}
	}
	return nil
}

// BlankWords removes what people wrote about a user, in every table of every part.
func (db *DB) BlankWords(ctx context.Context, tx *Tx, userID string) error {
	for _, p := range db.personal() {
		for _, words := range p.Words {
			if _, err := tx.Exec(ctx, "blank words in "+p.Table, `UPDATE `+p.Table+` SET `+words+` = ''
				WHERE livemode = $1 AND `+p.User+` = $2 AND `+words+` <> ''`, db.live, userID); err != nil {
				return err
			}
		}
	}
	return nil
}
