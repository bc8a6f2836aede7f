package mail

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strings"

	gomail "github.com/wneessen/go-mail"

	"example.com/identity-starter/gateway"
	"example.com/identity-starter/outcomes"
	"example.com/identity-starter/store"
)

// mailer sends the mail of an action.
type mailer struct {
	server       server
	appName      string
	signedInOnly bool     // no mail to anonymous users
	page         *url.URL // where a mail leads: another site's, or a path of ours
}

// do reads the address from the session, at Stripe, and keeps it nowhere: without
// one there is no mail.
func (m mailer) do(ctx context.Context, p outcomes.Parts, a store.Action) error {
	if m.signedInOnly && strings.HasPrefix(a.UserID, store.Anonymous) {
		return nil
	}
	may, lang, err := mayMail(ctx, p.DB, a)
	if err != nil || !may {
		return err
	}
	var client *gomail.Client
	if a.Tries > 1 { // it may be the server that is down: then Stripe is not asked for nothing
		if client, err = m.server.dial(ctx, p.BaseURL.Hostname()); err != nil {
			return err
		}
		defer client.Close() // how the connection ends does not matter
	}
	session, err := p.Stripe.RetrieveSession(ctx, a.ObjectID)
	if errors.Is(err, gateway.ErrMissing) {
		return nil // and so is the address
	}
	if err != nil || !strings.Contains(session.Email, "@") { // none, or redacted
		return err
	}
	found, say := p.Words(lang)
	mail, err := write(news{Lang: found, AppName: m.appName, Link: p.BaseURL.ResolveReference(m.page).String(), say: say})
	if err != nil {
		return err
	}
	mail.key, mail.to = a.Key, session.Email
	if err := m.server.send(ctx, p.BaseURL.Hostname(), client, mail); err != nil {
		return err
	}
	return mailed(context.WithoutCancel(ctx), p.DB, a)
}

const (
	perDay = 5 // mails to one user
	day    = 24 * 60 * 60
	pruned = 10 // old rows that go with a new one
)

// countMails also finds the person's language, "" when nobody has said.
const countMails = `SELECT (SELECT count(*) FROM mails WHERE livemode = $1 AND user_id = $2 AND sent_at > $3),
	coalesce((SELECT lang FROM verifications WHERE session_id = $4 AND livemode = $1), '')`

// mayMail says whether the user may get another mail within 24 hours, and in
// which language.
func mayMail(ctx context.Context, db *store.DB, a store.Action) (may bool, lang string, err error) {
	var sent int
	if err := db.QueryRowContext(ctx, countMails, db.Live(), a.UserID, db.Now()-day, a.ObjectID).
		Scan(&sent, &lang); err != nil {
		return false, "", fmt.Errorf("count mails: %w", err)
	}
	return sent < perDay, lang, nil
}

// remember takes the user's id from the action's row: it may have been replaced while the
// server took its time, and must not come back.
const remember = `INSERT INTO mails (action_key, livemode, user_id, sent_at)
	SELECT key, livemode, user_id, CAST($1 AS BIGINT) FROM actions WHERE id = $2 ON CONFLICT (action_key) DO NOTHING`

// removeOld removes some that do not count any more, whoever's they are.
const removeOld = `DELETE FROM mails WHERE action_key IN (SELECT action_key FROM mails WHERE livemode = $1 AND sent_at <= $2 LIMIT $3)`

// mailed remembers that the server has taken a mail.
func mailed(ctx context.Context, db *store.DB, a store.Action) error {
	return db.InTx(ctx, func(ctx context.Context, tx *store.Tx) error {
		if err := tx.Write(ctx, "remember a mail", remember, db.Now(), a.ID); err != nil {
			return err
		}
		return tx.Write(ctx, "remove old mails", removeOld, db.Live(), db.Now()-day, pruned)
	})
}
