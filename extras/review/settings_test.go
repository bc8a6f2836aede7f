package review_test

import (
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"

	"example.com/identity-starter/app"
	"example.com/identity-starter/extras"
	"example.com/identity-starter/extras/review"
	"example.com/identity-starter/handlers"
	"example.com/identity-starter/settings"
	"example.com/identity-starter/store"
)

// Who decides about others must be hard to become by accident.
func TestReviewers(t *testing.T) {
	const pair = ritaPair
	rita := store.UserID("rita@example.test")
	signIn := func(*http.Request) string { return "" }
	for name, c := range map[string]struct {
		settings map[string]string
		signIn   handlers.SignInFunc
		want     []string // nil: refused
	}{
		"pairs":                       {map[string]string{"REVIEWERS": pair + " ,, rolf:a:password with colons"}, nil, []string{pair, "rolf:a:password with colons"}},
		"ids with commas":             {map[string]string{"REVIEWERS": "cn=rita,ou=people,dc=example; cn=rolf,ou=people,dc=example;"}, signIn, []string{"cn=rita,ou=people,dc=example", "cn=rolf,ou=people,dc=example"}},
		"one id with commas":          {map[string]string{"REVIEWERS": "cn=rita,ou=people,dc=example;", "AUTH_USER_HEADER": "X-Auth-User"}, nil, []string{"cn=rita,ou=people,dc=example"}},
		"commas in a password":        {map[string]string{"REVIEWERS": "rita:correct, horse, battery;" + rolfPair}, nil, []string{"rita:correct, horse, battery", rolfPair}},
		"ids with commas, by commas":  {map[string]string{"REVIEWERS": "cn=rita,ou=people,dc=example"}, signIn, nil},
		"what has no commas":          {map[string]string{"REVIEWERS": "uid=rita;uid=rolf"}, signIn, []string{"uid=rita", "uid=rolf"}},
		"just one":                    {map[string]string{"REVIEWERS": "uid=rita"}, signIn, []string{"uid=rita"}},
		"ids with an equals sign":     {map[string]string{"REVIEWERS": "a==,b=1"}, signIn, []string{"a==", "b=1"}},
		"semicolons only":             {map[string]string{"REVIEWERS": ";;"}, signIn, nil},
		"a short password":            {map[string]string{"REVIEWERS": "rita:fifteen letters"}, nil, nil},
		"no password":                 {map[string]string{"REVIEWERS": "rita"}, nil, nil},
		"no name":                     {map[string]string{"REVIEWERS": ":correct horse battery"}, nil, nil},
		"not ASCII":                   {map[string]string{"REVIEWERS": "r\u00edta:correct horse battery"}, nil, nil},
		"commas only":                 {map[string]string{"REVIEWERS": ",,"}, nil, nil},
		"ids":                         {map[string]string{"REVIEWERS": "42,rita@example.test", "AUTH_USER_HEADER": "X-Auth-User"}, nil, []string{"42", rita}},
		"one address, spelled twice":  {map[string]string{"REVIEWERS": "Rita@Example.test, 42, rita@example.test"}, signIn, []string{"42", rita}},
		"the hash of an address":      {map[string]string{"REVIEWERS": "42," + rita}, signIn, nil},
		"a browser's id":              {map[string]string{"REVIEWERS": store.AnonymousID("x"), "AUTH_USER_HEADER": "X-Auth-User"}, nil, nil},
		"a placeholder":               {map[string]string{"REVIEWERS": "${REVIEWERS}"}, signIn, nil},
		"pairs with a live key":       {map[string]string{"REVIEWERS": pair, "STRIPE_SECRET_KEY": "sk_live_simulator", "ALLOW_ANONYMOUS_USERS": "true"}, nil, nil},
		"ids with a live key":         {map[string]string{"REVIEWERS": "42", "STRIPE_SECRET_KEY": "sk_live_simulator", "AUTH_USER_HEADER": "X-Auth-User"}, nil, []string{"42"}},
		"ids of the team's sign-in":   {map[string]string{"REVIEWERS": "42, 43"}, signIn, []string{"42", "43"}},
		"the same with a live key":    {map[string]string{"REVIEWERS": "42", "STRIPE_SECRET_KEY": "sk_live_simulator"}, signIn, []string{"42"}},
		"not ASCII in the sign-in's":  {map[string]string{"REVIEWERS": "r\u00edta"}, signIn, nil},
		"commas only beside sign-in":  {map[string]string{"REVIEWERS": ","}, signIn, nil},
		"nobody, for that matter":     {map[string]string{"REVIEWERS": " "}, nil, []string{}},
		"nobody, beside a header":     {map[string]string{"AUTH_USER_HEADER": "X-Auth-User"}, nil, []string{}},
		"nobody, with a live key too": {map[string]string{"STRIPE_SECRET_KEY": "sk_live_simulator"}, nil, []string{}},
	} {
		// LOG_LEVEL is wrong each time, so that nothing is started, whatever REVIEWERS says.
		s := map[string]string{"STRIPE_SECRET_KEY": "sk_test_simulator", "STRIPE_WEBHOOK_SECRET": "whsec_simulator", "LOG_LEVEL": "loud"}
		for setting, value := range c.settings {
			s[setting] = value
		}
		var got []string
		var made extras.Extra
		team := func(*settings.Reader) app.Team {
			return app.Team{SignIn: c.signIn, Extras: extras.List{func(p extras.Program) extras.Extra {
				made = review.New(p)
				decide := made.Decide
				made.Decide = func(e *extras.Extra) {
					decide(e)
					made = *e
					got = review.Reviewers(extras.Program{Settings: settings.New(func(name string) string { return s[name] }), Live: p.Live, Mode: p.Mode})
				}
				return made
			}}}
		}
		_, err := app.New(t.Context(), func(name string) string { return s[name] }, team, io.Discard)
		refused := err != nil && strings.Contains(err.Error(), "REVIEWERS: ")
		if refused != (c.want == nil) || !slices.Equal(got, c.want) {
			t.Errorf("%s: want %q, got %q, %v", name, c.want, got, err)
		}
		if on := len(c.want) > 0; made.Reviews != on || strings.HasPrefix(made.State, "on") != on {
			t.Errorf("%s: it must be on where there are reviewers and nowhere else, got %q", name, made.State)
		}
		if err != nil && (strings.Contains(err.Error(), rita) || strings.Contains(err.Error(), "horse") || strings.Contains(err.Error(), "letters")) {
			t.Errorf("%s: no password must be printed, got %v", name, err)
		}
	}
}

// A refusal says what would do: of both ways to have people sign in, and of names.
func TestReviewersAreRefusedWithARemedy(t *testing.T) {
	elsewhere := settings.New(func(string) string { return "marker" })
	if got := review.Reviewers(extras.Program{Settings: elsewhere, Live: true, Mode: func() handlers.Mode { return handlers.NamedElsewhere }}); got != nil || elsewhere.Err() == nil {
		t.Errorf("where another app alone names users, no reviewer can sign in: the setting must be refused, got %q", got)
	}
	for name, c := range map[string]struct {
		live, signedIn bool
		reviewers      string
		want           []string
	}{
		"nobody signs in":         {false, false, "marker", []string{"name:password", "AUTH_USER_HEADER", "team/team.go"}},
		"a live key, and neither": {true, false, "marker", []string{"AUTH_USER_HEADER", "team/team.go"}},
		"an id of the table":      {false, true, "mail_marker", []string{"as your sign-in names", "mail_…", "the address"}},
		"umlauts":                 {false, true, "m\u00e4rker", []string{"printable ASCII", "an opaque id"}},
		"names of a directory":    {false, true, "cn=marker,ou=people,dc=example", []string{"semicolons", "a single id"}},
		"a comma in a password":   {false, false, "marker:correct, horse battery", []string{"semicolons"}},
	} {
		r := settings.New(func(string) string { return c.reviewers })
		got := review.Reviewers(extras.Program{Settings: r, Live: c.live, Mode: mode(c.signedIn)})
		if got != nil || r.Err() == nil || strings.Contains(r.Err().Error(), "marker") {
			t.Fatalf("%s: it must be refused and not be quoted, got %q, %v", name, got, r.Err())
		}
		for _, part := range c.want {
			if !strings.Contains(r.Err().Error(), part) {
				t.Errorf("%s: the refusal must name %s, got %v", name, part, r.Err())
			}
		}
	}
}

// What the start and the doctor say of it, which is not who it is.
func TestState(t *testing.T) {
	for value, want := range map[string]string{"": "off", ritaPair: "on (1 reviewer)", ritaPair + "," + rolfPair: "on (2 reviewers)"} {
		e := made(value, false, false)
		if e.Name != "review" || e.State != want || e.Setting != "REVIEWERS" || e.Schema == nil || e.Files == nil || e.Static == nil {
			t.Errorf("want %q, and the tables, pages and style in any case, got %+v", want, e)
		}
	}
}
