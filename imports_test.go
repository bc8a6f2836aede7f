package main

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

// ours is which of our packages each of them may import.
var ours = map[string][]string{
	".":            {"doctor", "flight", "handlers", "outcomes", "store", "gateway", "mail", "templates", "static"},
	"doctor":       {"store", "gateway"},
	"flight":       {"store", "gateway"},
	"handlers":     {"outcomes", "store", "gateway", "templates", "static"},
	"outcomes":     {"store", "gateway", "mail"},
	"store":        {},
	"gateway":      {},
	"mail":         {},
	"templates":    {},
	"static":       {},
	"stripesim":    {},
	"demo":         {"stripesim", "demo/mailbox"},
	"demo/mailbox": {},
	"bench":        {}, // tests only
}

// theirs is which of our packages may import what others made.
var theirs = map[string][]string{
	"github.com/labstack/echo":    {"handlers"},
	"github.com/stripe/stripe-go": {"gateway", "stripesim"},
	"github.com/mattn/go-sqlite3": {"store"},
	"github.com/wneessen/go-mail": {"mail"},
	"database/sql":                {"store"},
	"github.com/joho/godotenv":    {"."},
}

type goPackage struct {
	ImportPath string
	Imports    []string // without those of tests
}

// Imports point one way, and what others made is known to one of our packages,
// so that its next major version is an edit of that one.
func TestImports(t *testing.T) {
	for _, p := range list(t, "./...") {
		name := local(p.ImportPath)
		allowed, known := ours[name]
		if !known {
			t.Errorf("%s is a new package: say here what it may import", name)
			continue
		}
		for _, imported := range p.Imports {
			if isIn(imported, module) && !slices.Contains(allowed, local(imported)) {
				t.Errorf("%s must not import %s", name, local(imported))
			}
			for dependency, users := range theirs {
				if isIn(imported, dependency) && !slices.Contains(users, name) {
					t.Errorf("%s must not import %s, which is for %q", name, imported, users)
				}
			}
		}
	}
}

// The shipped program cannot be talked into trusting a Stripe that it carries itself.
func TestProgramHasNoSimulator(t *testing.T) {
	for _, p := range list(t, "-deps", ".") {
		if name := local(p.ImportPath); name == "stripesim" || isIn(name, "demo") {
			t.Errorf("the program must not contain %s", name)
		}
	}
}

func list(t *testing.T, arguments ...string) []goPackage {
	t.Helper()
	command := exec.CommandContext(t.Context(), "go", append([]string{"list", "-json=ImportPath,Imports"}, arguments...)...)
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
