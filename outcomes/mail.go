package outcomes

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"example.com/identity-starter/gateway"
	"example.com/identity-starter/mail"
	"example.com/identity-starter/store"
)

const mailsPerDay = 5 // to one user

// Mailer tells people that there is news: not which, since an address that
// somebody typed may be a stranger's.
type Mailer struct {
	DB           *store.DB
	Stripe       *gateway.Client
	Client       *mail.Client
	SignedInOnly bool // no mail to anonymous users
	// Write makes the mail in a language, but for whom it is; "" is any language.
	Write func(lang string) (mail.Message, error)
}

// Do sends the mail of one action. The address is read from the session, at
// Stripe, and kept nowhere: without one there is no mail.
func (m Mailer) Do(ctx context.Context, a store.Action) error {
	if m.SignedInOnly && strings.HasPrefix(a.UserID, "anon_") {
		return nil
	}
	may, lang, err := m.DB.MayMail(ctx, a, mailsPerDay)
	if err != nil || !may {
		return err
	}
	session, err := m.Stripe.RetrieveSession(ctx, a.ObjectID)
	if err != nil || !strings.Contains(session.Email, "@") { // none, or redacted
		return err
	}
	message, err := m.Write(lang)
	if err != nil {
		return err
	}
	message.Key, message.To = a.Key, session.Email
	if err := m.Client.Send(ctx, message); errors.Is(err, mail.ErrRefused) {
		return fmt.Errorf("%w: %w", errForGood, err)
	} else if err != nil {
		return err
	}
	return m.DB.Mailed(context.WithoutCancel(ctx), a)
}
