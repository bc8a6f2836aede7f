package app

import (
	"context"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"example.com/identity-starter/extras"
	"example.com/identity-starter/gateway"
	"example.com/identity-starter/handlers"
	"example.com/identity-starter/outcomes"
	"example.com/identity-starter/settings"
	"example.com/identity-starter/store"
)

func somebody(*http.Request) string { return "somebody" }

// madeOf is a team that reads no settings.
func madeOf(t Team) NewTeam { return func(*settings.Reader) Team { return t } }

// With a live key users must be those of a sign-in: the team's own is one, and then no
// setting of the other way is asked for.
func TestLiveKeyWithATeamsSignIn(t *testing.T) {
	live := []string{"STRIPE_SECRET_KEY=sk_live_simulator", "BASE_URL=https://verify.example.test", "DATABASE_URL=" + filepath.Join(os.TempDir(), "starter.db"),
		"SUPPORT_URL=mailto:help@example.test", "ADDR=:8080"}
	_, err := load(settingsOf(live...), nobody)
	if err == nil || !strings.HasPrefix(err.Error(), "AUTH_USER_HEADER: ") {
		t.Fatalf("a live key without any sign-in must be refused, got %v", err)
	}
	for _, way := range []string{"AUTH_USER_HEADER", "team/team.go", "ALLOW_ANONYMOUS_USERS"} {
		if !strings.Contains(err.Error(), way) {
			t.Errorf("what can be done must be named, %s too, got %v", way, err)
		}
	}
	for _, besides := range []string{"", "AUTH_USER_HEADER=X-Auth-User"} { // which nobody reads then
		p, err := load(settingsOf(append(live, besides)...), madeOf(Team{SignIn: somebody}))
		if err != nil || !p.web.Live || p.web.Mode() != handlers.OwnSignIn {
			t.Errorf("a live key with the team's sign-in must do without AUTH_USER_HEADER, got %v", err)
		}
	}
}

// How users are known is decided once, when all extras are made: the one that has another app name users may be the last. Of
// two ways the stricter is taken, and that app alone is one with a live key only.
func TestUsersAreKnownInOneWay(t *testing.T) {
	live := []string{"STRIPE_SECRET_KEY=sk_live_simulator", "BASE_URL=https://verify.example.test", "DATABASE_URL=" + filepath.Join(os.TempDir(), "starter.db"),
		"SUPPORT_URL=mailto:help@example.test"}
	for name, c := range map[string]struct {
		pairs  []string
		signIn handlers.SignInFunc
		names  bool
		want   handlers.Mode
	}{
		"a live key, and another app":         {live, nil, true, handlers.NamedElsewhere},
		"the same, with browsers allowed":     {append(live, "ALLOW_ANONYMOUS_USERS=true"), nil, true, handlers.NamedElsewhere},
		"browsers allowed with a live key":    {append(live, "ALLOW_ANONYMOUS_USERS=true"), nil, false, handlers.AnonymousUsers},
		"another app beside a header":         {append(live, "AUTH_USER_HEADER=X-Auth-User"), nil, true, handlers.HeaderSignIn},
		"another app beside the team's":       {live, somebody, true, handlers.OwnSignIn},
		"another app, with a test key":        {nil, nil, true, handlers.AnonymousUsers},
		"the header beside the team's":        {append(live, "AUTH_USER_HEADER=X-Auth-User"), somebody, false, handlers.OwnSignIn},
		"another app and a header, test keys": {[]string{"AUTH_USER_HEADER=X-Auth-User"}, nil, true, handlers.HeaderSignIn},
	} {
		var decided handlers.Mode
		p, err := load(settingsOf(append([]string{"BASE_URL=http://localhost:4242"}, c.pairs...)...), madeOf(Team{SignIn: c.signIn, Extras: extras.List{
			func(p extras.Program) extras.Extra {
				return extras.Extra{Name: "first", Decide: func(e *extras.Extra) { decided, e.State = p.Mode(), "on" }}
			},
			func(extras.Program) extras.Extra { return extras.Extra{Name: "names", NamesUsers: c.names} }}}))
		if err != nil || decided != c.want || p.web.Mode() != c.want || p.extras[0].State != "on" {
			t.Errorf("%s: everybody must be told the mode %v, got %v, %v, %v", name, c.want, decided, p.web.Mode(), err)
		}
		var said strings.Builder
		if p.announce(&said, "localhost:4242"); strings.Contains(said.String(), "whom another app names") != (c.want == handlers.NamedElsewhere) {
			t.Errorf("%s: the start must say how users are known, got\n%s", name, said.String())
		}
	}
	_, err := load(settingsOf(live...), madeOf(Team{Extras: extras.List{func(extras.Program) extras.Extra { return extras.Extra{Name: "names", Names: "SOME_TOKEN"} }}}))
	if err == nil || !strings.Contains(err.Error(), "SOME_TOKEN") {
		t.Errorf("a live key without any way must name the one that an extra has, got %v", err)
	}
}

// Extras are told of the whole program what they may know of it.
func TestWhatExtrasKnow(t *testing.T) {
	for name, c := range map[string]struct {
		pairs       []string
		team        Team
		live, local bool
		mode        handlers.Mode
	}{
		"a developer's machine": {nil, Team{}, false, true, handlers.AnonymousUsers},
		"a public test":         {[]string{"BASE_URL=https://verify.example.test"}, Team{}, false, false, handlers.AnonymousUsers},
		"a header":              {[]string{"AUTH_USER_HEADER=X-Auth-User"}, Team{}, false, true, handlers.HeaderSignIn},
		"a team's sign-in":      {nil, Team{SignIn: somebody}, false, true, handlers.OwnSignIn},
		"live": {[]string{"STRIPE_SECRET_KEY=sk_live_simulator", "BASE_URL=https://verify.example.test", "DATABASE_URL=" + filepath.Join(os.TempDir(), "starter.db"),
			"SUPPORT_URL=mailto:help@example.test"}, Team{SignIn: somebody}, true, false, handlers.OwnSignIn},
	} {
		var got extras.Program
		c.team.Extras = extras.List{func(p extras.Program) extras.Extra { got = p; return extras.Extra{Name: "curious"} }}
		c.team.Brand.Name = "From the team"
		if _, err := load(settingsOf(c.pairs...), madeOf(c.team)); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if got.Live != c.live || got.Local != c.local || got.Mode() != c.mode || got.Name != "From the team" || got.Expect != nil {
			t.Errorf("%s: want live %v, local %v, mode %v, got %+v", name, c.live, c.local, c.mode, got)
		}
	}
}

// What a team's code contradicts itself in no compiler sees: it is told with all other problems.
func TestContradictionsOfATeam(t *testing.T) {
	extra := func(e extras.Extra) extras.New { return func(extras.Program) extras.Extra { return e } }
	gate, reviews := extra(extras.Extra{Name: "gate", Gate: true}), extra(extras.Extra{Name: "reviews", Reviews: true})
	consumes := func(name string) extras.New {
		return extra(extras.Extra{Name: "own", Consumers: []outcomes.Consumer{{
			Consumer: store.Consumer{Name: name, Wants: func(outcomes.Outcome) bool { return true }},
			Do:       func(context.Context, outcomes.Parts, store.Action) error { return nil }}}})
	}
	own := func(types ...string) map[string]outcomes.EventFunc {
		events := map[string]outcomes.EventFunc{}
		for _, name := range types {
			events[name] = func(context.Context, *slog.Logger, outcomes.Event) error { return nil }
		}
		return events
	}
	expect := func(context.Context, string, gateway.Outputs) (bool, string, error) { return true, "", nil }
	for name, c := range map[string]struct {
		team Team
		want []string // how the lines begin and what they name
	}{
		"nothing":                  {Team{}, nil},
		"expects, and is asked":    {Team{Expect: expect, Extras: extras.List{gate}}, nil},
		"expects, and is not":      {Team{Expect: expect, Extras: extras.List{reviews}}, []string{"team/extras.go: the team's Expect is set", "put compare into the list"}},
		"expects without any":      {Team{Expect: expect}, []string{"team/extras.go: the team's Expect is set"}},
		"two gates":                {Team{Extras: extras.List{gate, extra(extras.Extra{Name: "other", Gate: true})}}, []string{"team/extras.go: two extras would be asked"}},
		"an extra called core":     {Team{Extras: extras.List{extra(extras.Extra{Name: "core"})}}, []string{"core is there twice, or is no name"}},
		"an extra without a name":  {Team{Extras: extras.List{extra(extras.Extra{})}}, []string{"an extra without a name"}},
		"a consumer called team":   {Team{Extras: extras.List{consumes("team")}}, []string{`the consumer "team"`}},
		"a consumer called ask":    {Team{Extras: extras.List{consumes("ask")}}, []string{`the consumer "ask"`}},
		"a consumer called cancel": {Team{Extras: extras.List{consumes("cancel")}}, []string{`the consumer "cancel"`}},
		"one consumer twice":       {Team{Extras: extras.List{consumes("other"), extra(extras.Extra{Name: "more", Consumers: []outcomes.Consumer{{Consumer: store.Consumer{Name: "other"}}}})}}, []string{`the consumer "other"`}},
		"a consumer of nothing":    {Team{Extras: extras.List{extra(extras.Extra{Name: "idle", Consumers: []outcomes.Consumer{{Consumer: store.Consumer{Name: "idle"}}}})}}, []string{`the consumer "idle"`, "Wants and Do"}},
		"a command called doctor":  {Team{Extras: extras.List{extra(extras.Extra{Name: "own", Command: &extras.Command{Name: "doctor"}})}}, []string{`the command "doctor" of own`}},
		"an event without code":    {Team{Events: map[string]outcomes.EventFunc{"customer.updated": nil}}, []string{`Events has "customer.updated"`}},
		"an event that is none":    {Team{Events: own("Customer.Updated ")}, []string{`Events has "Customer.Updated "`}},
		"a document that is none":  {Team{Check: gateway.Check{Documents: []string{"pasport"}}}, []string{`"pasport"`, "passport, id_card, driving_license"}},
		"a flow that is none":      {Team{Check: gateway.Check{Flow: "nonsense"}}, []string{"vf_"}},
		"one extra twice":          {Team{Extras: extras.List{reviews, gate, reviews}}, []string{"team/extras.go: reviews is there twice"}},
		"own events":               {Team{Events: own("payout.paid", "charge.refunded")}, nil},
		"the program's own events": {Team{Events: own("payout.paid", gateway.EventVerified)}, []string{"team: Events has " + gateway.EventVerified, "use Outcome"}},
		"a deauthorization":        {Team{Events: own(gateway.EventDeauthorized)}, []string{"team: Events has " + gateway.EventDeauthorized}},
		"several": {Team{Expect: expect, Events: own(gateway.CoreEvents()...), Extras: extras.List{reviews, reviews}},
			append([]string{"Expect", "reviews is there twice"}, gateway.CoreEvents()...)},
	} {
		_, err := load(settingsOf(), madeOf(c.team))
		if (err != nil) != (c.want != nil) {
			t.Errorf("%s: want %q, got %v", name, c.want, err)
		}
		for _, part := range c.want {
			if err == nil || !strings.Contains(err.Error(), part) {
				t.Errorf("%s: the problem must have %q, got %v", name, part, err)
			}
		}
	}
	_, err := load(settingsOf("MAX_CHECKS_PER_DAY=marker"), madeOf(Team{Expect: expect}))
	if err == nil || len(strings.Split(err.Error(), "\n")) != 2 {
		t.Errorf("what is wrong with settings and with the team is told together, got %v", err)
	}
}

// An extra that holds people back, with nobody to release them, is warned of.
func TestGateWithoutReviewers(t *testing.T) {
	for reviews, want := range map[bool]bool{false: true, true: false} {
		p, err := load(settingsOf(), madeOf(Team{Extras: extras.List{
			func(extras.Program) extras.Extra { return extras.Extra{Name: "gate", State: "on", Gate: true} },
			func(extras.Program) extras.Extra {
				return extras.Extra{Name: "reviews", State: "off", Reviews: reviews}
			},
		}}))
		if err != nil {
			t.Fatal(err)
		}
		if got := p.extras[0].Warning != ""; got != want || p.extras[1].Warning != "" {
			t.Errorf("somebody decides: %v, so a warning: %v, got %q", reviews, want, p.extras[0].Warning)
		}
	}
}

// What the team has Stripe check is added to the settings; of two flows theirs is taken.
func TestCheckOfATeam(t *testing.T) {
	team := madeOf(Team{Check: gateway.Check{Documents: []string{gateway.Passport}, Selfie: true, Flow: "vf_team"}})
	for setting, want := range map[string]gateway.Check{
		"REQUIRE_LIVE_CAPTURE=true":         {Flow: "vf_team", Selfie: true, LiveCapture: true},
		"STRIPE_VERIFICATION_FLOW=vf_other": {Flow: "vf_other", Selfie: true},
		"REQUIRE_MATCHING_SELFIE=false":     {Flow: "vf_team", Selfie: true},
	} {
		p, err := load(settingsOf(setting), team)
		if err != nil {
			t.Fatal(err)
		}
		if got := p.gateway.Check; got.Flow != want.Flow || got.Selfie != want.Selfie || got.LiveCapture != want.LiveCapture || !slices.Equal(got.Documents, []string{gateway.Passport}) {
			t.Errorf("%s: want %+v, got %+v", setting, want, got)
		}
	}
}
