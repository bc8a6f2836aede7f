package main

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// What people read first must be as true as what the compiler reads.

func TestExampleSettings(t *testing.T) {
	example := Read(t, ".env.example")
	var explained []string
	comment := ""
	for line := range strings.Lines(example) {
		name, value, isSetting := strings.Cut(strings.TrimSpace(line), "=")
		switch {
		case strings.HasPrefix(line, "#"):
			comment += line
		case isSetting:
			explained = append(explained, name)
			if comment == "" && name != "STRIPE_CONNECT_BASE" { // shares the words above it
				t.Errorf(".env.example: %s must be explained above it", name)
			}
			if value != "" {
				t.Errorf(".env.example: %s must have no value: one that is filled in is run with", name)
			}
			comment = ""
		}
	}
	names := settingNames(t)
	for _, name := range names {
		if !slices.Contains(explained, name) {
			t.Errorf(".env.example lacks %s, which config.go reads", name)
		}
	}
	for _, name := range explained {
		if !slices.Contains(names, name) {
			t.Errorf(".env.example has %s, which config.go does not read", name)
		}
	}
	if len(slices.Compact(slices.Sorted(slices.Values(explained)))) != len(explained) {
		t.Error(".env.example must name no setting twice")
	}
	if len(explained) == 0 || !strings.Contains(example, "stripe listen --print-secret") {
		t.Error(".env.example must name the settings, and the command that prints the webhook secret")
	}
}

// A copy of the example with the two needed lines filled in is what the README asks for.
func TestExampleSettingsStart(t *testing.T) {
	folder := t.TempDir()
	file := Read(t, ".env.example")
	for _, line := range []string{"STRIPE_SECRET_KEY=sk_test_simulator", "STRIPE_WEBHOOK_SECRET=whsec_simulator", "ADDR=localhost:0"} {
		name, _, _ := strings.Cut(line, "=")
		file = strings.Replace(file, "\n"+name+"=\n", "\n"+line+"\n", 1)
	}
	if err := os.WriteFile(filepath.Join(folder, ".env"), []byte(file), 0o600); err != nil {
		t.Fatal(err)
	}
	if got := Execute(t, folder, nil); !got.Started || got.Code != 0 {
		t.Errorf("the program must start with .env.example and what is needed, got %d\n%s%s", got.Code, got.Stdout, got.Stderr)
	}
}

// settingNames is every name of a variable in the program's start: a text of capitals.
func settingNames(t *testing.T) []string {
	t.Helper()
	sources, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	name := regexp.MustCompile(`^[A-Z][A-Z0-9_]*[A-Z0-9]$`)
	var names []string
	for _, source := range sources {
		if strings.HasSuffix(source, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), source, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(file, func(n ast.Node) bool {
			if literal, ok := n.(*ast.BasicLit); ok && literal.Kind == token.STRING {
				if text, err := strconv.Unquote(literal.Value); err == nil && name.MatchString(text) && text != "GOGC" { // Go's own
					names = append(names, text)
				}
			}
			return true
		})
	}
	slices.Sort(names)
	return slices.Compact(names)
}

func TestReadmeListsWhatToAdapt(t *testing.T) {
	_, section, _ := strings.Cut(Read(t, "README.md"), "\n## Make it yours\n")
	section, _, _ = strings.Cut(section, "\n## ")
	var listed []string
	for _, m := range regexp.MustCompile(`(?m)^\| \[([^]]+)\]\(([^)]+)\) \| .+ \|$`).FindAllStringSubmatch(section, -1) {
		if m[1] != m[2] {
			t.Errorf("README.md: the link to %s leads to %s", m[1], m[2])
		}
		listed = append(listed, m[1])
	}
	marked := filesWithMark(t, "ADAPT"+":")
	for _, file := range marked {
		if !slices.Contains(listed, file) {
			t.Errorf("README.md, Make it yours, lacks %s", file)
		}
	}
	for _, file := range listed {
		if !slices.Contains(marked, file) {
			t.Errorf("README.md, Make it yours, has %s, where nothing is marked", file)
		}
	}
}

// filesWithMark walks what is compiled or embedded.
func filesWithMark(t *testing.T, mark string) []string {
	t.Helper()
	var files []string
	err := filepath.WalkDir(".", func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir():
			if name := d.Name(); name == "e2e" || name == "node_modules" || name != "." && strings.HasPrefix(name, ".") {
				return fs.SkipDir
			}
			return nil
		case strings.HasSuffix(path, "_test.go") || !slices.Contains([]string{".go", ".html", ".css", ".js", ".txt", ".sql"}, filepath.Ext(path)):
			return nil
		case strings.Contains(Read(t, path), mark):
			files = append(files, filepath.ToSlash(path))
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

// A newcomer follows the README from top to bottom, without getting lost.
func TestReadmeIsShortAndItsLinksLead(t *testing.T) {
	readme := Read(t, "README.md")
	if n := strings.Count(readme, "\n"); n > 200 {
		t.Errorf("README.md must have at most 200 lines, it has %d", n)
	}
	for _, m := range regexp.MustCompile(`\]\(([^)#]+)\)`).FindAllStringSubmatch(readme, -1) {
		if strings.HasPrefix(m[1], "https://") {
			continue
		}
		if _, err := os.Stat(filepath.FromSlash(m[1])); err != nil {
			t.Errorf("README.md links to %s, which is not there", m[1])
		}
	}
}
