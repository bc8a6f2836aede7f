package mail_test

import (
	"context"
	"io"
	"net"
	"net/url"
	"strings"
	"testing"

	"example.com/identity-starter/app"
	"example.com/identity-starter/extras"
	"example.com/identity-starter/extras/mail"
	"example.com/identity-starter/extras/mail/mailbox"
	"example.com/identity-starter/handlers"
	"example.com/identity-starter/outcomes"
	"example.com/identity-starter/settings"
	"example.com/identity-starter/store"
	"example.com/identity-starter/tests"
)

// start is the program with mail.
func start(t *testing.T, settings ...string) *tests.App {
	t.Helper()
	return tests.StartTeam(t, tests.With(mail.New), settings...)
}

// sending are the settings with which mail goes out, and the mailbox that it reaches.
func sending(t *testing.T) ([]string, *mailbox.Mailbox) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	box := &mailbox.Mailbox{}
	go box.Serve(l)
	return []string{"SMTP_URL=smtp://" + l.Addr().String(), "MAIL_FROM=Starter <starter@example.test>", "APP_NAME=Kiosk"}, box
}

// withMail is a program that sends mail, and the mailbox that it reaches.
func withMail(t *testing.T, settings ...string) (*tests.App, *mailbox.Mailbox) {
	t.Helper()
	on, box := sending(t)
	return start(t, append(on, settings...)...), box
}

// reviewed is withMail with somebody who decides as reviewers do, and who can have
// sessions redacted.
func reviewed(t *testing.T, settings ...string) (*tests.App, *mailbox.Mailbox, *store.DB) {
	t.Helper()
	handed := make(chan outcomes.Parts, 1)
	reviewer := func(extras.Program) extras.Extra {
		return extras.Extra{Name: "reviewer", State: "on",
			Work: func(_ context.Context, p outcomes.Parts) { handed <- p },
			Consumers: []outcomes.Consumer{{
				Consumer: store.Consumer{Name: "redact", Decision: store.Redact, Wants: func(o outcomes.Outcome) bool { return o.What == outcomes.Redact }},
				Do:       func(context.Context, outcomes.Parts, store.Action) error { return nil },
			}}}
	}
	on, box := sending(t)
	a := tests.StartTeam(t, tests.With(mail.New, reviewer), append(on, settings...)...)
	return a, box, (<-handed).DB
}

// startsWith clicks Verify with an address given, and returns the session.
func startsWith(a *tests.App, b *tests.Browser, email string) string {
	b.T.Helper()
	if got := b.Post(tests.CreatePath, url.Values{"email": {email}}); got.Status != 303 {
		b.T.Fatalf("a click with an address: %d %s", got.Status, got.Body)
	}
	return a.Rows("SELECT session_id FROM verifications WHERE user_id = ? ORDER BY number DESC LIMIT 1", b.User())[0]
}

// made is the extra as the program makes it with these settings, without being started.
func made(t *testing.T, settings ...string) extras.Extra {
	t.Helper()
	return madeFor(t, nil, settings...)
}

// madeFor is made for a team with a sign-in of its own, if it is not nil.
func madeFor(t *testing.T, signIn handlers.SignInFunc, set ...string) (e extras.Extra) {
	t.Helper()
	look := func(p extras.Program) extras.Extra {
		made := mail.New(p)
		return extras.Extra{Name: made.Name, Decide: func(*extras.Extra) { e = made.Decided() }}
	}
	team := func(r *settings.Reader) app.Team { own := tests.With(look)(r); own.SignIn = signIn; return own }
	// A command that nobody knows has the settings read, and asks nobody anything.
	err := app.Run(t.Context(), []string{"nothing"}, settings.New(tests.SettingsOf(set...)), team, io.Discard)
	if err == nil || !strings.HasPrefix(err.Error(), "no such command: ") {
		t.Fatalf("there must be no such command, got %v", err)
	}
	return e
}
