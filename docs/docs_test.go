// Package docs_test holds what people read against what the program does. Its tests are
// about prose alone: delete them with the documents that are not yours to keep.
package docs_test

import (
	"io"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"example.com/identity-starter/app"
	"example.com/identity-starter/extras"
	"example.com/identity-starter/handlers"
	"example.com/identity-starter/settings"
	"example.com/identity-starter/team"
	"example.com/identity-starter/tests"
)

func TestMain(m *testing.M) { tests.Main(m, tests.With(team.Extras...)) }

// wrong fails a test about a document, and says that it may go.
func wrong(t *testing.T, format string, args ...any) {
	t.Helper()
	t.Errorf(format+"\n(this package is about documents only: delete docs/*_test.go with what is not yours to keep)", args...)
}

// example is .env.example, by its sections.
type example struct{ names, sections []string }

func readExample(t *testing.T) (e example) {
	t.Helper()
	comment, section := "", ""
	for line := range strings.Lines(tests.Read(t, "../.env.example")) {
		name, value, isSetting := strings.Cut(strings.TrimSpace(line), "=")
		switch {
		case strings.HasPrefix(line, "# --- "):
			section = strings.TrimSpace(strings.TrimPrefix(line, "# --- "))
		case strings.HasPrefix(line, "#"):
			comment += line
		case isSetting:
			e.names, e.sections = append(e.names, name), append(e.sections, section)
			if comment == "" && name != "STRIPE_CONNECT_BASE" { // shares the words above it
				wrong(t, ".env.example: %s must be explained above it", name)
			}
			if value != "" {
				wrong(t, ".env.example: %s must have no value: one that is filled in is run with", name)
			}
			comment = ""
		}
	}
	return e
}

// asked is what finds nothing, after the whole program has read its settings with it.
func asked(t *testing.T, dotenv string) *settings.Reader {
	t.Helper()
	r, err := settings.Dotenv(filepath.Join(tests.WriteDotenv(t, dotenv), ".env"), tests.Environment())
	if err != nil {
		t.Fatal(err)
	}
	_ = app.Run(t.Context(), []string{"nothing"}, r, team.New, io.Discard) // which reads them, and says how it is used
	return r
}

// Each setting that the program reads stands in .env.example, in the section of the part
// that reads it, and no other does: but for those of an extra that is not in the list.
func TestExampleSettings(t *testing.T) {
	e, owner := readExample(t), map[string]string{}
	for _, make := range team.Extras {
		r := settings.New(func(string) string { return "" })
		extra := make(extras.Program{Settings: r, Mode: func() handlers.Mode { return handlers.AnonymousUsers }}).Decided()
		owner["extras/"+extra.Name] = "extras/" + extra.Name
		for _, name := range r.Asked() {
			owner[name] = "extras/" + extra.Name
		}
	}
	names := asked(t, "").Asked()
	for _, name := range names {
		if !slices.Contains(e.names, name) && !strings.HasPrefix(name, "TEAM_") { // a team's own are its own to write down
			wrong(t, ".env.example lacks %s, which the program reads", name)
		}
	}
	for i, name := range e.names {
		section, ofExtra := e.sections[i], strings.HasPrefix(e.sections[i], "extras/")
		switch {
		case slices.Contains(names, name):
			if ofExtra && section != owner[name] || !ofExtra && owner[name] != "" {
				wrong(t, ".env.example: %s stands in the section %s, but %q reads it", name, section, owner[name])
			}
		case !ofExtra || owner[section] != "":
			wrong(t, ".env.example has %s, which nobody reads", name)
		}
	}
	if len(slices.Compact(slices.Sorted(slices.Values(e.names)))) != len(e.names) {
		wrong(t, ".env.example must name no setting twice")
	}
	if len(e.names) == 0 || !strings.Contains(tests.Read(t, "../.env.example"), "stripe listen --print-secret") {
		wrong(t, ".env.example must name the settings, and the command that prints the webhook secret")
	}
}

// A setting that a document names is one: no name in it only looks like one.
func TestSettingsInDocuments(t *testing.T) {
	files, err := filepath.Glob("*.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range append(files, "requests.http", "deploy/starter.service", "deploy/Caddyfile", "../Dockerfile", "../README.md", "../CHANGELOG.md", "../.env.example") {
		dotenv := ""
		text, _ := document(t, file)
		for _, name := range regexp.MustCompile(`\b[A-Z][A-Z0-9]*_[A-Z0-9_]*[A-Z0-9]\b`).FindAllString(text, -1) {
			dotenv += name + "=\n"
		}
		for _, doubt := range asked(t, dotenv).Doubts() {
			wrong(t, "%s: %s", file, doubt)
		}
	}
}

// A copy of the example with the two needed lines filled in is what the README asks for.
func TestExampleSettingsStart(t *testing.T) {
	file := tests.Read(t, "../.env.example")
	for _, line := range []string{"STRIPE_SECRET_KEY=sk_test_simulator", "STRIPE_WEBHOOK_SECRET=whsec_simulator", "ADDR=localhost:0"} {
		name, _, _ := strings.Cut(line, "=")
		file = strings.Replace(file, "\n"+name+"=\n", "\n"+line+"\n", 1)
	}
	if got := tests.Execute(t, tests.WriteDotenv(t, file), nil); !got.Started || got.Code != 0 {
		wrong(t, "the program must start with .env.example and what is needed, got %d\n%s%s", got.Code, got.Stdout, got.Stderr)
	}
}

// What a team is meant to change is in team/: a mark elsewhere is a seam that is missing.
func TestNothingToAdaptOutsideOfTeam(t *testing.T) {
	files, err := filepath.Glob("../*/*.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		if strings.Contains(tests.Read(t, file), "ADAPT"+":") {
			wrong(t, "%s has a mark for teams, who write in team/ alone", file)
		}
	}
}
