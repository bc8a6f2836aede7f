// Package extras says what a part looks like that not every team needs. Each is a
// folder below this one and an entry in team/extras.go; without the entry it is not in
// the program. An extra knows the core and no other extra: what two need is core, and
// what one does to another is an outcome.
package extras

import (
	"context"
	"io"
	"io/fs"
	"log/slog"

	"example.com/identity-starter/gateway"
	"example.com/identity-starter/handlers"
	"example.com/identity-starter/outcomes"
	"example.com/identity-starter/settings"
	"example.com/identity-starter/store"
)

// New makes an extra. It reads its settings, whose problems join all others, and
// starts nothing.
type New func(Program) Extra

// Expect is the team's function that says whether what Stripe has found out about a
// person is what the team knows of the user: see team. An error is logged, but for what
// parsers and calls quote in it: its own words must have nothing of the person.
type Expect func(ctx context.Context, userID string, o gateway.Outputs) (ok bool, note string, err error)

// Program is what an extra may know before anything is started.
type Program struct {
	Settings *settings.Reader
	Live     bool                 // live mode: the mode of the secret key
	Local    bool                 // a developer's machine: a test key and a loopback BASE_URL
	Mode     func() handlers.Mode // how users are known: decided once all extras are made, so not for New, but for Decide and later
	Name     string               // APP_NAME
	Expect   Expect               // nil: the team expects nothing
}

// Extra is a part of the program. What it lacks is nil.
type Extra struct {
	Name    string // of its folder, and of its schema
	State   string // "off", or "on" and what else is to be said, never a secret; "": nothing
	Setting string // what turns it on
	Warning string // why it cannot work as it stands; "": it can
	Tell    string // a line that the start says besides, with {base} for BASE_URL; "": none
	Misset  bool   // one of its settings is wrong, so that its State may be another one: set by Make, and by who calls Decided

	// NamesUsers says that another app says who people are. Names is the setting of such an extra, whether it is on or not.
	NamesUsers bool
	Names      string
	// Decide is called once it is decided how users are known, and sets what of the extra depends on that.
	Decide func(*Extra)

	Schema   fs.FS // *.sql: see store.Schema. It runs also when the extra is off.
	Personal []store.Personal
	Files    fs.FS // *.html and words/*.txt: see templates.Load
	Static   fs.FS // files under /static/

	Consumers []outcomes.Consumer
	Gate      bool // one of them is asked before a verified session counts
	Reviews   bool // people decide in it about those whom the gate holds back
	AskEmail  bool // the verification page asks for an address
	Answers   []handlers.Answer
	Routes    func(*handlers.Web)
	// Work runs beside the requests, until ctx ends at the latest: in each program. What one is to do for all that share the
	// database is run by Parts.InTurn.
	Work    func(ctx context.Context, p outcomes.Parts)
	Command *Command
	Check   store.Check // what the doctor tells besides of its tables, or of its rows in the core's
	// Probe is how the doctor tries whether somebody else is there whom it needs; without a fix all is well.
	Probe func(ctx context.Context) (what, fix string)
	Watch Watch
}

// Command is what `go run . NAME …` does.
type Command struct {
	Name  string
	Args  string // what stands behind the name and the flags; "": nothing
	Does  string // what it is for, in one line
	Flags []Flag
	// Read looks at the arguments behind the name, before anything is opened. With ok
	// it returns what the command does; what it prints goes to out.
	Read func(args []string) (run func(ctx context.Context, p outcomes.Parts, out io.Writer) error, ok bool)
}

// Flag is a word that changes what a command does, and in one line how.
type Flag struct{ Name, Does string }

// Watch is told what happens; what is nil is not. It must not block.
type Watch struct {
	Log    func(next slog.Handler) slog.Handler // sees each line of the log
	Call   func(gateway.Call)                   // each call to Stripe
	Change func(store.Change)                   // each change of a verification
}

// List are the extras of a program, in the order in which the start tells of them.
type List []New

// Make makes each of them.
func (l List) Make(p Program) []Extra {
	var made []Extra
	for _, make := range l {
		before := p.Settings.Problems()
		e := make(p)
		e.Misset = p.Settings.Problems() > before
		made = append(made, e)
	}
	return made
}

// Decided is the extra with what it has decided by how users are known.
func (e Extra) Decided() Extra {
	if e.Decide != nil {
		e.Decide(&e)
	}
	return e
}

// Names are the names of the extras in the list, without any setting.
func (l List) Names() []string {
	var names []string
	for _, e := range l.Make(Program{Settings: settings.New(func(string) string { return "" })}) {
		names = append(names, e.Name)
	}
	return names
}
