package mail

import (
	"context"
	"fmt"
	"time"

	"example.com/identity-starter/store"
)

const perDay = 5 // mails to one user

// countMails also finds the person's language, "" when nobody has said.
const countMails = `SELECT (SELECT count(*) FROM mails WHERE livemode = $1 AND user_id = $2 AND sent_at > $3),
	coalesce((SELECT lang FROM verifications WHERE session_id = $4 AND livemode = $1), '')`

// mayMail says whether the user may get another mail within 24 hours, and in
// which language.
func mayMail(ctx context.Context, db *store.DB, a store.Action) (may bool, lang string, err error) {
	var sent int
	if err := db.QueryRowContext(ctx, countMails, db.Live(), a.UserID, db.Now()-int64((24*time.Hour).Seconds()), a.ObjectID).
		Scan(&sent, &lang); err != nil {
		return false, "", fmt.Errorf("count mails: %w", err)
	}
	return sent < perDay, lang, nil
}

// mailed remembers that the server has taken a mail.
func mailed(ctx context.Context, db *store.DB, a store.Action) error {
	return db.InTx(ctx, func(ctx context.Context, tx *store.Tx) error {
		if _, err := tx.ExecContext(ctx, `INSERT INTO mails (action_key, livemode, user_id, sent_at) VALUES ($1, $2, $3, $4)
			ON CONFLICT (action_key) DO NOTHING`, a.Key, db.Live(), a.UserID, db.Now()); err != nil {
			return fmt.Errorf("remember a mail: %w", err)
		}
		return nil
	})
}
