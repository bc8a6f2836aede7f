package store

import (
	"context"
	"fmt"
	"time"
)

// ActionMail tells the user by mail that there is news.
const ActionMail = "mail"

// enqueueMail writes the mail that follows from an outcome, where mail is on.
func (db *DB) enqueueMail(ctx context.Context, tx *txn, a Action) error {
	if !db.opt.Mail || a.ObjectID == "" { // the address is with the session, at Stripe
		return nil
	}
	a.Kind = ActionMail
	return db.enqueue(ctx, tx, a)
}

// MayMail says whether the user may get another mail within 24 hours, and in
// which language; "" when nobody has said.
func (db *DB) MayMail(ctx context.Context, a Action, perDay int) (bool, string, error) {
	var sent int
	var lang string
	err := db.read.QueryRowContext(ctx, `SELECT (SELECT count(*) FROM actions WHERE livemode = ?1 AND user_id = ?2 AND kind = 'mail' AND sent_at > ?4),
		coalesce((SELECT lang FROM verifications WHERE session_id = ?3 AND livemode = ?1), '')`,
		db.live, a.UserID, a.ObjectID, db.opt.Now().Add(-24*time.Hour).Unix()).Scan(&sent, &lang)
	if err != nil {
		return false, "", fmt.Errorf("count mails: %w", err)
	}
	return sent < perDay, lang, nil
}

// Mailed remembers that the server has taken a mail.
func (db *DB) Mailed(ctx context.Context, a Action) error {
	return db.updateAction(ctx, `UPDATE actions SET sent_at = ?3 WHERE id = ?1 AND tries >= ?2`, a, db.now())
}

// SetLanguage remembers in which language to write about the user's open session.
func (db *DB) SetLanguage(ctx context.Context, userID, lang string) error {
	return db.inTx(ctx, func(ctx context.Context, tx *txn) error {
		if _, err := tx.ExecContext(ctx, `UPDATE verifications SET lang = ? WHERE livemode = ? AND user_id = ?
			AND status IN ('requires_input', 'processing')`, lang, db.live, userID); err != nil {
			return fmt.Errorf("remember the language: %w", err)
		}
		return nil
	})
}
