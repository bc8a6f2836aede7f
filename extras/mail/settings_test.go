package mail_test

import (
	"context"
	"io"
	"net/http"
	"strings"
	"testing"

	"example.com/identity-starter/app"
	"example.com/identity-starter/extras"
	"example.com/identity-starter/extras/mail"
	"example.com/identity-starter/handlers"
	"example.com/identity-starter/outcomes"
	"example.com/identity-starter/settings"
	"example.com/identity-starter/store"
	"example.com/identity-starter/tests"
)

// Every value holds the word marker, so that a message that quotes it is found.
func TestWrongSettings(t *testing.T) {
	ended, cancel := context.WithCancel(t.Context()) // with settings that are accepted, the program does not stay
	cancel()
	for _, w := range []struct {
		name, besides string
		values        []string
	}{
		{"SMTP_URL", "MAIL_FROM=a@example.test",
			[]string{"marker", "", "http://marker", "smtp://", "smtp:marker", "smtp://marker/path", "smtp://marker:70000", "smtp://marker?a=1",
				"smtp://marker#a", "smtp://user:mar%ker@localhost"}},
		{"MAIL_FROM", "SMTP_URL=smtp://localhost", []string{"marker", "", "marker@"}},
	} {
		for _, value := range w.values {
			t.Run(w.name+"="+value, func(t *testing.T) {
				err := app.Run(ended, nil, settings.New(tests.SettingsOf(w.besides, w.name+"="+value)), tests.With(mail.New), io.Discard)
				if err == nil {
					t.Fatalf("%s=%q must be refused", w.name, value)
				}
				message := err.Error()
				if strings.Contains(message, "\n") || !strings.HasPrefix(message, w.name+": ") || len(strings.Fields(message)) < 4 {
					t.Errorf("one wrong setting must be one line that names %s and says what to do, got %q", w.name, message)
				}
				if strings.Contains(strings.ToLower(message), "marker") || strings.Contains(message, "mar%") {
					t.Errorf("no value may be printed, got %q", message)
				}
			})
		}
	}
	err := app.Run(ended, nil, settings.New(tests.SettingsOf("SMTP_URL=marker", "MAIL_FROM=marker", "LOG_LEVEL=marker")), tests.With(mail.New), io.Discard)
	if err == nil || strings.Count(err.Error(), "\n") != 2 || !strings.Contains(err.Error(), "SMTP_URL: ") || !strings.Contains(err.Error(), "MAIL_FROM: ") {
		t.Errorf("each problem must have a line of its own beside those of others, got %v", err)
	}
}

// With a live key an address that an anonymous visitor types may be a stranger's.
func TestLiveMailIsForPeopleWhoSignedIn(t *testing.T) {
	live := []string{"STRIPE_SECRET_KEY=sk_live_simulator", "BASE_URL=https://verify.example.test", "DATABASE_URL=file:/srv/a.db",
		"SUPPORT_URL=mailto:help@example.test", "SMTP_URL=smtps://user:secret@mail.example.test", "MAIL_FROM=a@example.test"}
	signIn := func(*http.Request) string { return "" }
	for name, c := range map[string]struct {
		signIn  handlers.SignInFunc
		setting string
		on      bool
	}{
		"a header":           {nil, "AUTH_USER_HEADER=X-Auth-User", true},
		"the team's sign-in": {signIn, "", true},
		"anonymous users":    {nil, "ALLOW_ANONYMOUS_USERS=true", false},
		"both of these":      {signIn, "ALLOW_ANONYMOUS_USERS=true", true},
	} {
		e := madeFor(t, c.signIn, append(live, c.setting)...)
		if e.AskEmail != c.on || (len(e.Consumers) == 1) != c.on || (e.State == "on") != c.on || strings.Contains(e.Warning, "sign") == c.on {
			t.Errorf("with a live key and %s mail must be on: %v, and be a warning if not, got %+v", name, c.on, e)
		}
	}
}

// Where another app alone names users, it gives their addresses, too. The pages here know none of them: a mail leads to where
// people sign in, in place of a page that would say so.
func TestLiveMailIsForPeopleWhomAnotherAppNames(t *testing.T) {
	on, box := sending(t)
	a := start(t, "AUTH_USER_HEADER=X-Auth-User")
	person := a.Browser().As("42", "X-Auth-User", "42")
	session := startsWith(a, person, "person@example.test")
	for i, c := range []struct{ signIn, leadsTo string }{{"https://shop.example.test/sign-in", "https://shop.example.test/sign-in"},
		{"/sign-in", a.URL + "/sign-in"}, {"", a.URL + "/verification.html"}} {
		e := mail.New(extras.Program{Live: true, Mode: func() handlers.Mode { return handlers.NamedElsewhere },
			Settings: settings.New(tests.SettingsOf(append(on, "SIGN_IN_URL="+c.signIn)...))}).Decided()
		if e.State != "on" || e.Warning != "" || len(e.Consumers) != 1 {
			t.Fatalf("mail must be on, got %+v", e)
		}
		action := store.Action{Kind: "mail", Outcome: store.Outcome{What: store.OutcomeVerified, Key: c.signIn, UserID: "42", ObjectID: session}}
		if err := e.Consumers[0].Do(t.Context(), a.Parts(), action); err != nil {
			t.Fatal(err)
		}
		got := box.Mails()
		if len(got) != i+1 || !strings.Contains(got[0].Text, "\n"+c.leadsTo+"\n") || !strings.Contains(got[0].HTML, `href="`+c.leadsTo+`"`) {
			t.Errorf("with SIGN_IN_URL=%s a mail must lead to %s, got %+v", c.signIn, c.leadsTo, got)
		}
	}
}

// With a live key an anonymous visitor of earlier days gets no mail: not even
// Stripe is asked for an address.
func TestNoLiveMailToAnonymousUsers(t *testing.T) {
	e := made(t, "STRIPE_SECRET_KEY=sk_live_simulator", "BASE_URL=https://verify.example.test", "DATABASE_URL=file:/srv/a.db",
		"SUPPORT_URL=mailto:help@example.test", "SMTP_URL=smtps://mail.example.test", "MAIL_FROM=a@example.test", "AUTH_USER_HEADER=X-Auth-User")
	nothing := outcomes.Parts{} // to ask or to send with
	a := store.Action{Kind: "mail", Outcome: store.Outcome{UserID: "anon_1", ObjectID: "vs_1", Livemode: true}}
	if err := e.Consumers[0].Do(t.Context(), nothing, a); err != nil {
		t.Errorf("an anonymous user's mail must be left out, got %v", err)
	}
}

// Whether mail goes out is announced, without the password; also that it does not,
// though a server is set.
func TestMailIsAnnounced(t *testing.T) {
	a := start(t, "SMTP_URL=smtp://marker:marker@localhost:9", "MAIL_FROM=shop@example.test")
	a.Announces(t, "mail on")
	if got := a.Out.String(); strings.Contains(got, "marker") {
		t.Errorf("no password must be printed, got\n%s", got)
	}
	start(t).Announces(t, "mail off")
	if e := made(t); e.State != "off" || e.Warning != "" || e.AskEmail || e.Consumers != nil || e.Schema == nil {
		t.Errorf("without a server nothing of mail is there but its table, got %+v", e)
	}
}
