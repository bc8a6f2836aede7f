package mail

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"net/textproto"
	"net/url"
	"strconv"
	"time"

	gomail "github.com/wneessen/go-mail"

	"example.com/identity-starter/outcomes"
	"example.com/identity-starter/settings"
)

const timeout = 15 * time.Second // to connect, to be greeted, to sign in, and for a mail, each: a try in which all of them are slow is left alone

// server is where mail goes out.
type server struct {
	url  *url.URL // smtp or smtps, with user and password if there are any
	from string   // an address, also with a name
}

// options are how to reach the server and to sign in there. Over the network
// nothing is handed over without TLS.
func (s server) options(ourHost string) []gomail.Option {
	list := []gomail.Option{gomail.WithTimeout(timeout), gomail.WithHELO(ourHost),
		gomail.WithoutRset(), // nothing may fail behind a mail that was taken
		gomail.WithoutNoop()} // nor before it, since the time of the connection may be over while Stripe is asked
	auth := gomail.SMTPAuthAutoDiscover
	switch {
	case s.url.Scheme == "smtps":
		list = append(list, gomail.WithSSL(), gomail.WithPort(465))
	case settings.IsLoopback(s.url.Hostname()): // what is on this machine has a certificate of its own making, if any
		list = append(list, gomail.WithTLSPolicy(gomail.NoTLS), gomail.WithPort(587))
		auth = gomail.SMTPAuthPlainNoEnc
	default:
		list = append(list, gomail.WithTLSPolicy(gomail.TLSMandatory), gomail.WithPort(587))
	}
	if port, err := strconv.Atoi(s.url.Port()); err == nil {
		list = append(list, gomail.WithPort(port))
	}
	if user := s.url.User; user != nil {
		password, _ := user.Password()
		list = append(list, gomail.WithSMTPAuth(auth), gomail.WithUsername(user.Username()), gomail.WithPassword(password))
	}
	return list
}

// dial connects, and signs in.
func (s server) dial(ctx context.Context, ourHost string) (*gomail.Client, error) {
	client, err := gomail.NewClient(s.url.Hostname(), s.options(ourHost)...)
	if err != nil {
		return nil, errors.New("send mail: SMTP_URL cannot be used")
	}
	if err := client.DialWithContext(ctx); err != nil {
		return nil, fmt.Errorf("send mail: cannot connect, or sign in, to the server of SMTP_URL: %s", unreached(err))
	}
	return client, nil
}

// unreached says why there is no conversation with the server, in none of its own words.
func unreached(err error) string {
	var answer *textproto.Error
	if errors.As(err, &answer) {
		return fmt.Sprintf("smtp %d", answer.Code) // 535: user or password
	}
	return outcomes.Unreached(err)
}

// send hands one mail to the server, over a connection of its own where there is none; ourHost is our public host name, for
// the message id. Its errors name no address. Errors: outcomes.ErrForGood.
func (s server) send(ctx context.Context, ourHost string, client *gomail.Client, m message) error {
	mail := gomail.NewMsg()
	if err := mail.From(s.from); err != nil {
		return errors.New("send mail: MAIL_FROM is no address")
	}
	if err := mail.To(m.to); err != nil {
		return fmt.Errorf("send mail: not to an address: %w", outcomes.ErrForGood)
	}
	mail.Subject(m.subject)
	mail.SetDate()
	key := sha256.Sum256([]byte(m.key))
	mail.SetMessageIDWithValue(hex.EncodeToString(key[:16]) + "@" + ourHost)
	mail.SetGenHeader("Auto-Submitted", "auto-generated") // no answers from people on holiday
	mail.SetBodyString(gomail.TypeTextPlain, m.text)
	mail.AddAlternativeString(gomail.TypeTextHTML, m.html)
	if client == nil {
		var err error
		if client, err = s.dial(ctx, ourHost); err != nil {
			return err
		}
		defer client.Close() // the server has answered before: how the connection ends does not matter
	}
	return refusal(client.Send(mail))
}

// refusal keeps the server's code and drops its words, which quote addresses.
func refusal(err error) error {
	var answer *gomail.SendError
	switch {
	case err == nil:
		return nil
	case errors.As(err, &answer) && answer.ErrorCode()/100 == 5:
		return fmt.Errorf("send mail: the server refused it (smtp %d): %w", answer.ErrorCode(), outcomes.ErrForGood)
	case errors.As(err, &answer):
		return fmt.Errorf("send mail: the server did not take it (smtp %d)", answer.ErrorCode())
	}
	return errors.New("send mail: no answer")
}
