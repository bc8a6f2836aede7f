package store

import "context"

// Personal says where a table names users, and where it holds words about them. The
// table has a column livemode.
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

// ReplaceUser puts another id in the place of a user's, in every table of every part.
func (db *DB) ReplaceUser(ctx context.Context, tx *Tx, userID, by string) error {
	for _, p := range append(corePersonal, db.opt.Personal...) {
		if _, err := tx.exec(ctx, "replace user in "+p.Table, `UPDATE `+p.Table+` SET `+p.User+` = $1
			WHERE livemode = $2 AND `+p.User+` = $3`, by, db.live, userID); err != nil {
			return err
		}
	}
	return nil
}

// BlankWords removes what people wrote about a user, in every table of every part.
func (db *DB) BlankWords(ctx context.Context, tx *Tx, userID string) error {
	for _, p := range append(corePersonal, db.opt.Personal...) {
		for _, words := range p.Words {
			if _, err := tx.exec(ctx, "blank words in "+p.Table, `UPDATE `+p.Table+` SET `+words+` = ''
				WHERE livemode = $1 AND `+p.User+` = $2 AND `+words+` <> ''`, db.live, userID); err != nil {
				return err
			}
		}
	}
	return nil
}
