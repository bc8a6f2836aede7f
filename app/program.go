package app

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"maps"
	"regexp"
	"slices"
	"strings"

	"example.com/identity-starter/extras"
	"example.com/identity-starter/gateway"
	"example.com/identity-starter/handlers"
	"example.com/identity-starter/outcomes"
	"example.com/identity-starter/settings"
	"example.com/identity-starter/store"
)

// program is what is decided before anything is started.
type program struct {
	team     Team
	extras   []extras.Extra
	addr     string
	database string // the file's path, or the server's address, which is told to nobody
	made     bool   // it was new when it was opened
	logLevel slog.Level
	doubts   []string // settings that may not be as they were meant

	// What the parts are made with.
	gateway   gateway.Options
	store     store.Options
	web       handlers.Settings
	consumers []outcomes.Consumer // everybody who does something after outcomes
	routes    []func(*handlers.Web)
	files     []fs.FS // pages and words
	statics   []fs.FS
}

// load reads every setting, of the core, the team and the extras. The error joins
// every problem found; the program is as good as it can be then, for the doctor.
func load(r *settings.Reader, newTeam NewTeam) (*program, error) {
	p := &program{team: newTeam(r)}
	p.web.SignIn, p.web.Prefill, p.gateway.OwnEvents = p.team.SignIn, p.team.Prefill, slices.Sorted(maps.Keys(p.team.Events))
	p.readCore(r)
	local := p.web.BaseURL == nil || settings.IsLoopback(p.web.BaseURL.Hostname())
	p.extras = p.team.Extras.Make(extras.Program{Settings: r, Live: p.web.Live, Local: local && !p.web.Live,
		Mode: func() handlers.Mode { return p.web.Mode() }, Name: p.web.AppName, Expect: p.team.Expect})
	p.web.UsersNamed = slices.ContainsFunc(p.extras, func(e extras.Extra) bool { return e.NamesUsers })
	for i, e := range p.extras {
		before := r.Problems()
		p.extras[i] = e.Decided()
		p.extras[i].Misset = e.Misset || r.Problems() > before
	}
	p.gather()
	p.requireSignIn(r)
	p.contradictions(r)
	p.doubts = r.Doubts()
	return p, r.Err()
}

// gather puts what the extras bring beside what the core and the team have.
func (p *program) gather() {
	p.consumers = []outcomes.Consumer{outcomes.CloseSession(), outcomes.AskAgain()}
	if p.team.Outcome != nil {
		p.consumers = append(p.consumers, outcomes.Team(p.team.Outcome))
	}
	if len(p.team.Events) > 0 {
		p.consumers = append(p.consumers, outcomes.OwnEvents(p.team.Events))
	}
	for _, e := range p.extras {
		p.consumers, p.files, p.statics = append(p.consumers, e.Consumers...), append(p.files, e.Files), append(p.statics, e.Static)
		p.web.AskEmail, p.web.Answers = p.web.AskEmail || e.AskEmail, append(p.web.Answers, e.Answers...)
		p.store.Gate = p.store.Gate || e.Gate
		if e.Routes != nil {
			p.routes = append(p.routes, e.Routes)
		}
		if e.Schema != nil || e.Check != nil {
			p.store.Schemas = append(p.store.Schemas, store.Schema{Part: e.Name, Scripts: e.Schema, Personal: e.Personal, Check: e.Check})
		}
	}
	p.store.Consumers = outcomes.Wanting(p.consumers)
}

// contradictions are mistakes in the team's code that no compiler sees.
func (p *program) contradictions(r *settings.Reader) {
	list := func(format string, args ...any) { r.Wrong("team/extras.go", fmt.Sprintf(format, args...)) }
	parts, commands := names{"core": true}, names{}
	for _, c := range new(program).commands() { // of a program without extras
		commands[c.Name] = true
	}
	kinds := names{"ask": true, "cancel": true, "team": true, "event": true}
	for _, e := range p.extras {
		if parts.refuse(e.Name) {
			list("%s is there twice, or is no name for an extra: small letters, and not core", cmp.Or(e.Name, "an extra without a name"))
		}
		if e.Command != nil && (commands.refuse(e.Command.Name) || e.Command.Read == nil) {
			list("the command %q of %s needs a name that no other has, and a Read", e.Command.Name, e.Name)
		}
		for _, c := range e.Consumers {
			if kinds.refuse(c.Name) || c.Wants == nil || c.Do == nil {
				list("the consumer %q of %s needs a name that no other has (ask, cancel, team and event are taken), and Wants and Do", c.Name, e.Name)
			}
		}
	}
	p.gates(list)
	for _, own := range p.gateway.OwnEvents {
		switch {
		case slices.Contains(gateway.CoreEvents(), own):
			r.Wrong("team", "Events has "+own+", which the program handles: use Outcome")
		case !eventShape.MatchString(own) || p.team.Events[own] == nil:
			r.Wrong("team", fmt.Sprintf("Events has %q, which is no type of Stripe's events or has no function", own))
		}
	}
	for _, document := range p.team.Check.Documents {
		if !slices.Contains(gateway.Documents, document) {
			r.Wrong("team", fmt.Sprintf("Check takes the document %q: Stripe knows %s", document, strings.Join(gateway.Documents, ", ")))
		}
	}
	if flow := p.team.Check.Flow; flow != "" && !flowShape.MatchString(flow) {
		r.Wrong("team", "the Flow of Check must start with vf_")
	}
}

// gates looks whether what is asked before a verified session counts fits together.
func (p *program) gates(list func(format string, args ...any)) {
	gates, reviewed := 0, slices.ContainsFunc(p.extras, func(e extras.Extra) bool { return e.Reviews })
	for i := range p.extras {
		if e := &p.extras[i]; e.Gate {
			gates++
			if !reviewed {
				e.Warning = "nobody can release those who are held back, because no extra lets people decide: with review in the list, set REVIEWERS"
			}
		}
	}
	if gates > 1 {
		list("two extras would be asked before a verified session counts: take one out")
	}
	if p.team.Expect != nil && gates == 0 {
		list("the team's Expect is set, but nobody asks it: put compare into the list")
	}
}

var (
	nameShape  = regexp.MustCompile(`^[a-z][a-z0-9_]*$`)
	eventShape = regexp.MustCompile(`^[a-z0-9_.\[\]]+$`)
)

// names are those that are taken.
type names map[string]bool

// refuse takes a name, unless it is none or somebody else has it.
func (n names) refuse(name string) bool {
	refused := n[name] || !nameShape.MatchString(name)
	n[name] = true
	return refused
}

// openDatabase opens it, with the key that it is sealed with.
func (p *program) openDatabase(ctx context.Context) (*store.DB, error) {
	db, err := store.Open(ctx, p.database, p.store)
	if err == nil {
		if err = db.CheckTokenKey(ctx); err == nil {
			p.made = db.Made()
			return db, nil
		}
		err = errors.Join(err, db.Close())
	}
	if errors.Is(err, store.ErrTokenKey) || errors.Is(err, store.ErrPart) || errors.Is(err, store.ErrNoCgo) {
		return nil, err
	}
	return nil, fmt.Errorf("DATABASE_URL: %w", err)
}
