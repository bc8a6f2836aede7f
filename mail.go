package main

import (
	"fmt"
	netmail "net/mail"
	"net/url"

	"example.com/identity-starter/mail"
	"example.com/identity-starter/outcomes"
	"example.com/identity-starter/templates"
)

func (s *settings) mail(c *config) {
	server, from := s.get("SMTP_URL"), s.get("MAIL_FROM")
	if server == "" && from == "" {
		return
	}
	u, err := url.Parse(server)
	if err != nil || u.Scheme != "smtp" && u.Scheme != "smtps" || u.Hostname() == "" || u.Path != "" && u.Path != "/" ||
		u.RawQuery != "" || u.Fragment != "" || u.Port() != "" && !isPort(u.Port()) {
		s.wrong("SMTP_URL", "must be smtp://user:password@host:587 or smtps://user:password@host, special characters of the password as %XX")
	}
	if _, err := netmail.ParseAddress(from); err != nil {
		s.wrong("MAIL_FROM", "must be an address, or a name with one: it is needed with SMTP_URL")
	}
	c.smtp, c.mailFrom = u, from
}

// mailOn says whether anybody gets mail: with a live key only people who have
// signed in do, since an address that somebody typed may be a stranger's.
func (c config) mailOn() bool { return c.smtp != nil && (!c.live || c.authUserHeader != "") }

// mailing says whether mail goes out. The server is not asked.
func mailing(c config) extra {
	e := extra{Name: "mail", State: "off", Setting: "SMTP_URL"}
	if c.mailOn() {
		e.State = "on"
	} else if c.smtp != nil {
		e.Warning = "with a live key it goes only to users from AUTH_USER_HEADER, which is not set"
	}
	return e
}

// addMail makes mail one of the actions.
func addMail(actions map[string]outcomes.Do, kind string, c config, p parts) error {
	if !c.mailOn() {
		return nil
	}
	pages, err := templates.Load(templates.Brand{})
	if err != nil {
		return fmt.Errorf("load words: %w", err)
	}
	m := outcomes.Mailer{DB: p.db, Stripe: p.stripe, SignedInOnly: c.live,
		Client: mail.New(mail.Options{Server: c.smtp, Loopback: isLoopback(c.smtp.Hostname()), From: c.mailFrom, Host: c.baseURL.Hostname()}),
		Write: func(lang string) (m mail.Message, err error) {
			m.Subject, m.Text, m.HTML, err = pages.Mail(lang, c.appName, c.url("verification.html"))
			return m, err
		}}
	actions[kind] = m.Do
	return nil
}
