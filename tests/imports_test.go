package tests

import (
	"encoding/json"
	"errors"
	"io"
	"os/exec"
	"path"
	"slices"
	"strings"
	"testing"
)

const module = "example.com/identity-starter"

// ours is which of our packages each of them may import. A folder below extras is an
// extra: it may import what is for extras/*, and what is below its own folder.
var ours = map[string][]string{
	".":         {"app", "team"},
	"app":       {"extras", "doctor", "handlers", "outcomes", "store", "gateway", "templates", "static", "settings"},
	"extras":    {"handlers", "outcomes", "store", "gateway", "doctor", "settings"},
	"extras/*":  {"extras", "handlers", "outcomes", "store", "gateway", "templates", "doctor", "settings"},
	"doctor":    {"store", "gateway", "settings"},
	"handlers":  {"outcomes", "store", "gateway", "templates", "static"},
	"outcomes":  {"store", "gateway"},
	"store":     {},
	"gateway":   {},
	"templates": {},
	"static":    {},
	"settings":  {},
	"stripesim": {},
	"demo":      {"stripesim"},
	"tests":     {"stripesim", "app", "extras", "outcomes", "store", "templates", "settings"}, // with a team of its own, and no extra
	// What the demo and other modules' tests run: a team's list of extras, with a team of their own.
	"demo/program":  {"app", "team", "outcomes", "gateway", "settings"},
	"tests/program": {"app", "team", "outcomes", "settings"},
	"bench":         {}, // tests only
	"docs":          {}, // tests only
}

// theirs is which of our packages may import what others made.
var theirs = map[string][]string{
	"github.com/labstack/echo":     {"handlers", "extras/*"},
	"github.com/stripe/stripe-go":  {"gateway", "stripesim", "tests"},
	"github.com/mattn/go-sqlite3":  {"store"},
	"github.com/jackc/pgx":         {"store"},
	"github.com/wneessen/go-mail":  {"extras/*"},
	"github.com/standard-webhooks": {"extras/*"},
	"database/sql":                 {"store", "tests"},
	"github.com/joho/godotenv":     {"settings"},
}

type goPackage struct {
	ImportPath string
	Imports    []string // without those of tests
}

// Imports point one way, and what others made is known to one of our packages,
// so that its next major version is an edit of that one.
func TestImports(t *testing.T) {
	for _, p := range list(t, "-e", "./...") { // what does not compile fails elsewhere
		name := local(p.ImportPath)
		if isIn(name, "team") {
			continue // it is the team's, and imports what it likes
		}
		allowed, known := ours[kind(name)]
		if !known {
			t.Errorf("%s is a new package: say here what it may import", name)
			continue
		}
		for _, imported := range p.Imports {
			if isIn(imported, module) && !slices.Contains(allowed, kind(local(imported))) && !sameExtra(name, local(imported)) {
				t.Errorf("%s must not import %s", name, local(imported))
			}
			for dependency, users := range theirs {
				if isIn(imported, dependency) && !slices.Contains(users, kind(name)) {
					t.Errorf("%s must not import %s, which is for %q", name, imported, users)
				}
			}
		}
	}
}

// The rules know extras by where they are, whatever their names.
func TestRulesForExtras(t *testing.T) {
	for name, want := range map[string]string{".": ".", "extras": "extras", "extras/mail": "extras/*", "extras/new": "extras/*", "extras/mail/mailbox": "extras/*",
		"handlers": "handlers", "demo": "demo"} {
		if got := kind(name); got != want {
			t.Errorf("%s goes by the rules for %s, got %s", name, want, got)
		}
	}
	for _, c := range []struct {
		name, imported string
		want           bool
	}{{"extras/mail", "extras/mail/mailbox", true}, {"extras/mail/mailbox", "extras/mail", true}, {"extras/mail", "extras/mailer", false},
		{"extras/mail", "extras/review", false}, {"extras", "extras/mail", false}, {"app", "extras/mail", false}} {
		if got := sameExtra(c.name, c.imported); got != c.want {
			t.Errorf("%s and %s are one extra: want %v, got %v", c.name, c.imported, c.want, got)
		}
	}
}

// kind is the name by which the rules know one of our packages.
func kind(name string) string {
	if strings.HasPrefix(name, "extras/") {
		return "extras/*"
	}
	return name
}

// sameExtra says whether two of our packages belong to one extra.
func sameExtra(one, other string) bool {
	folder := func(name string) string { return strings.Join(append(strings.Split(name, "/"), "", "")[:2], "/") }
	return kind(one) == "extras/*" && kind(other) == "extras/*" && folder(one) == folder(other)
}

// The shipped program cannot be talked into trusting a Stripe that it carries itself.
func TestProgramHasNoSimulator(t *testing.T) {
	for _, p := range list(t, "-deps", ".") {
		if name := local(p.ImportPath); name == "stripesim" || name == "tests" || isIn(name, "demo") {
			t.Errorf("the program must not contain %s", name)
		}
	}
}

func list(t *testing.T, arguments ...string) []goPackage {
	t.Helper()
	command := exec.CommandContext(t.Context(), "go", append([]string{"list", "-json=ImportPath,Imports"}, arguments...)...)
	command.Dir = ".." // where the program is
	var problems strings.Builder
	command.Stderr = &problems
	out, err := command.Output()
	if err != nil {
		t.Fatalf("go list: %v\n%s", err, problems.String())
	}
	var packages []goPackage
	for decoder := json.NewDecoder(strings.NewReader(string(out))); ; {
		var p goPackage
		if err := decoder.Decode(&p); errors.Is(err, io.EOF) {
			return packages
		} else if err != nil {
			t.Fatalf("read what go list prints: %v", err)
		}
		packages = append(packages, p)
	}
}

// local is the folder of one of our packages, "." for the program itself.
func local(importPath string) string {
	return path.Clean(strings.TrimPrefix(strings.TrimPrefix(importPath, module), "/"))
}

// isIn says whether a package is root or below it, as a later major version is.
func isIn(importPath, root string) bool {
	return importPath == root || strings.HasPrefix(importPath, root+"/")
}
