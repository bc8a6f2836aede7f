// Package mail owns the way to the mail server: TLS, sign-in, and what a refusal
// means. It decides neither who gets a mail nor what it says.
package mail

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"net/url"
	"strconv"
	"time"

	gomail "github.com/wneessen/go-mail"
)

// ErrRefused means that the server will never take this mail.
var ErrRefused = errors.New("the mail server refused for good")

const timeout = 30 * time.Second // below that of an action

// Options are where mail goes out.
type Options struct {
	Server   *url.URL // smtp or smtps, with user and password if there are any
	Loopback bool     // the server is on this machine: without TLS but with smtps
	From     string   // an address, also with a name
	Host     string   // our public host name, for message ids
}

// Message is one mail.
type Message struct {
	Key                     string // the same on every repeat: it makes the message id
	To, Subject, Text, HTML string
}

// Client sends mail. It is safe for concurrent use.
type Client struct {
	opt     Options
	options []gomail.Option
}

// New makes a client. It connects to nothing.
func New(opt Options) *Client {
	c := &Client{opt: opt, options: []gomail.Option{gomail.WithTimeout(timeout), gomail.WithHELO(opt.Host),
		gomail.WithoutRset()}} // nothing may fail behind a mail that was taken
	auth := gomail.SMTPAuthAutoDiscover
	switch {
	case opt.Server.Scheme == "smtps":
		c.options = append(c.options, gomail.WithSSL(), gomail.WithPort(465))
	case opt.Loopback: // what is on this machine has a certificate of its own making, if any
		c.options = append(c.options, gomail.WithTLSPolicy(gomail.NoTLS), gomail.WithPort(587))
		auth = gomail.SMTPAuthPlainNoEnc
	default:
		c.options = append(c.options, gomail.WithTLSPolicy(gomail.TLSMandatory), gomail.WithPort(587))
	}
	if port, err := strconv.Atoi(opt.Server.Port()); err == nil {
		c.options = append(c.options, gomail.WithPort(port))
	}
	if user := opt.Server.User; user != nil {
		password, _ := user.Password()
		c.options = append(c.options, gomail.WithSMTPAuth(auth), gomail.WithUsername(user.Username()), gomail.WithPassword(password))
	}
	return c
}

// Send hands one mail to the server. Its errors name no address. Errors: ErrRefused.
func (c *Client) Send(ctx context.Context, m Message) error {
	message := gomail.NewMsg()
	if err := message.From(c.opt.From); err != nil {
		return errors.New("send mail: MAIL_FROM is no address")
	}
	if err := message.To(m.To); err != nil {
		return fmt.Errorf("send mail: %w: not an address", ErrRefused)
	}
	message.Subject(m.Subject)
	message.SetDate()
	key := sha256.Sum256([]byte(m.Key))
	message.SetMessageIDWithValue(hex.EncodeToString(key[:16]) + "@" + c.opt.Host)
	message.SetGenHeader("Auto-Submitted", "auto-generated") // no answers from people on holiday
	message.SetBodyString(gomail.TypeTextPlain, m.Text)
	message.AddAlternativeString(gomail.TypeTextHTML, m.HTML)
	client, err := gomail.NewClient(c.opt.Server.Hostname(), c.options...)
	if err != nil {
		return errors.New("send mail: SMTP_URL cannot be used")
	}
	if err := client.DialWithContext(ctx); err != nil {
		return errors.New("send mail: cannot connect, or sign in, to the server of SMTP_URL")
	}
	defer client.Close() // the server has answered before: how the connection ends does not matter
	return refusal(client.Send(message))
}

// refusal keeps the server's code and drops its words, which quote addresses.
func refusal(err error) error {
	var answer *gomail.SendError
	switch {
	case err == nil:
		return nil
	case errors.As(err, &answer) && answer.ErrorCode()/100 == 5:
		return fmt.Errorf("send mail: %w (smtp %d)", ErrRefused, answer.ErrorCode())
	case errors.As(err, &answer):
		return fmt.Errorf("send mail: the server did not take it (smtp %d)", answer.ErrorCode())
	}
	return errors.New("send mail: no answer")
}
