// Package mail tells people by mail that there is news about their verification: not
// which, since an address that somebody typed may be a stranger's. It owns who gets
// how many mails, what they say, and the way to the mail server. It is on with SMTP_URL.
package mail

import (
	"embed"
	"io/fs"
	netmail "net/mail"
	"net/url"

	"example.com/identity-starter/extras"
	"example.com/identity-starter/handlers"
	"example.com/identity-starter/outcomes"
	"example.com/identity-starter/settings"
	"example.com/identity-starter/store"
)

//go:embed schema/*.sql words/*.txt
var files embed.FS

// New makes the extra. The server is not asked.
func New(p extras.Program) extras.Extra {
	schema, _ := fs.Sub(files, "schema") // it fails for a malformed name only
	e := extras.Extra{Name: "mail", State: "off", Setting: "SMTP_URL",
		Schema: schema, Personal: []store.Personal{{Table: "mails", User: "user_id"}}, Files: files}
	if server, on := readServer(p.Settings); on {
		e.Decide = func(e *extras.Extra) { turnOn(e, p, server) }
	}
	return e
}

// turnOn turns it on where addresses are those of people whom somebody knows, or with a test key.
func turnOn(e *extras.Extra, p extras.Program, s server) {
	if p.Live && p.Mode() == handlers.AnonymousUsers { // an address that somebody typed may be a stranger's
		e.Warning = "with a live key it goes only to people who have signed in, and there is no sign-in: " +
			"set AUTH_USER_HEADER, or SignIn in team/team.go"
		return
	}
	e.State, e.AskEmail = "on", true
	m := mailer{server: s, appName: p.Name, signedInOnly: p.Live, page: &url.URL{Path: "/verification.html"}}
	// Where our own pages know nobody, they would only say where to sign in, if people can reach them at all.
	if signIn := p.Settings.Text("SIGN_IN_URL"); signIn != "" && p.Mode() == handlers.NamedElsewhere {
		m.page, _ = url.Parse(signIn) // an error is one of the start
	}
	e.Consumers = []outcomes.Consumer{{Consumer: store.Consumer{Name: "mail", Wants: wants}, Do: m.do, Private: true}}
}

// readServer reads where mail goes out; false where nobody has said.
func readServer(r *settings.Reader) (server, bool) {
	address, from := r.Text("SMTP_URL"), r.Text("MAIL_FROM")
	if address == "" && from == "" {
		return server{}, false
	}
	u, err := url.Parse(address)
	if err != nil || u.Scheme != "smtp" && u.Scheme != "smtps" || u.Hostname() == "" || u.Path != "" && u.Path != "/" ||
		u.RawQuery != "" || u.Fragment != "" || u.Port() != "" && !settings.IsPort(u.Port()) {
		r.Wrong("SMTP_URL", "must be smtp://user:password@host:587 or smtps://user:password@host, special characters of the password as %XX")
	}
	if _, err := netmail.ParseAddress(from); err != nil {
		r.Wrong("MAIL_FROM", "must be an address, or a name with one: it is needed with SMTP_URL")
	}
	return server{url: u, from: from}, true
}

// wants says which outcomes are news for the person. The address is with the session,
// at Stripe, so that there is none without one. Of the last attempt one mail is enough,
// that of its failure: another would say the same.
func wants(o outcomes.Outcome) bool {
	if o.ObjectID == "" {
		return false
	}
	switch o.What {
	case outcomes.Verified, outcomes.Approved, outcomes.Rejected, outcomes.Revoked, outcomes.Withdrawn, outcomes.OneMore, outcomes.Canceled:
		return true
	case outcomes.Failed:
		return o.Counted && !o.User.Verified && !o.User.Rejected
	}
	return false
}
