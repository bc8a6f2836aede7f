package mail

import (
	"context"
	"strings"

	"example.com/identity-starter/outcomes"
	"example.com/identity-starter/store"
)

// mailer sends the mail of an action.
type mailer struct {
	server       server
	appName      string
	signedInOnly bool // no mail to anonymous users
}

// do reads the address from the session, at Stripe, and keeps it nowhere: without
// one there is no mail.
func (m mailer) do(ctx context.Context, p outcomes.Parts, a store.Action) error {
	if m.signedInOnly && strings.HasPrefix(a.UserID, "anon_") {
		return nil
	}
	may, lang, err := mayMail(ctx, p.DB, a)
	if err != nil || !may {
		return err
	}
	session, err := p.Stripe.RetrieveSession(ctx, a.ObjectID)
	if err != nil || !strings.Contains(session.Email, "@") { // none, or redacted
		return err
	}
	found, say := p.Words(lang)
	mail, err := write(news{Lang: found, AppName: m.appName, Link: p.BaseURL.JoinPath("verification.html").String(), say: say})
	if err != nil {
		return err
	}
	mail.key, mail.to = a.Key, session.Email
	if err := m.server.send(ctx, p.BaseURL.Hostname(), mail); err != nil {
		return err
	}
	return mailed(context.WithoutCancel(ctx), p.DB, a)
}
