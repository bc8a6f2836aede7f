package store_test

import (
	"database/sql"
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

var (
	isStatement = regexp.MustCompile(`^\s*(SELECT|INSERT|UPDATE|DELETE|WITH)\s`)
	scanned     = regexp.MustCompile(`^SCAN (\S+)`)
	ownRows     = regexp.MustCompile(`^(?:CO-ROUTINE|MATERIALIZE) (\S+)`)
	// Looking for nothing but a mode, or a mode and a state, finds nearly every row there is.
	coarse = regexp.MustCompile(`^SEARCH \S+ USING (?:COVERING )?INDEX \S+ \(livemode=\?(?: AND (?:status|kind)=\?)?\)$`)
)

// mayRead are statements, by a piece of each, that find by mode or state alone, and why they may.
var mayRead = map[string]string{
	"SELECT received_at FROM events":                     "stops at the first row of an index in that order",
	"SELECT created_at FROM events":                      "the same: nearly every event is of this kind",
	"SELECT id FROM accounts WHERE livemode = ? AND sea": "stops at the first row",
	"SELECT user_id FROM forgetting":                     "reads all, which are few: a row goes once its user is forgotten",
	"AND needs_review = 1),":                             "counts what waits for people, which is few, or being checked, which takes minutes",
}

// No statement reads a whole table: what is fast with ten users has to be fast
// with a million, whether SQLite has counted the rows (ANALYZE) or guesses.
func TestNoStatementScansATable(t *testing.T) {
	_, empty := newFile(t, 0)
	noScans(t, "an empty file", empty)
	_, filled := newFile(t, 60_000)
	noScans(t, "a file with 60,000 users", filled)
	if _, err := filled.ExecContext(t.Context(), "ANALYZE"); err != nil {
		t.Fatal(err)
	}
	noScans(t, "a file with 60,000 users, counted", filled)
}

func noScans(t *testing.T, file string, db *sql.DB) {
	t.Helper()
	statements := statementsIn(t, ".")
	if len(statements) < 40 {
		t.Fatalf("found only %d statements: the search no longer fits the source", len(statements))
	}
	for statement, position := range statements {
		plan := planOf(t, db, statement)
		made := map[string]bool{"CONSTANT": true}
		for _, step := range plan {
			if m := ownRows.FindStringSubmatch(step); m != nil {
				made[m[1]] = true
			}
		}
		for _, step := range plan {
			m, n := scanned.FindStringSubmatch(step), coarse.FindStringSubmatch(step)
			if m != nil && !made[m[1]] || n != nil && !allowed(statement) {
				t.Errorf("%s must not read a whole table in %s (%s):\n%s\n%s", position, file, step, statement, strings.Join(plan, "\n"))
			}
		}
	}
}

func allowed(statement string) bool {
	for piece := range mayRead {
		if strings.Contains(statement, piece) {
			return true
		}
	}
	return false
}

// planOf is what SQLite would do, step by step.
func planOf(t *testing.T, db *sql.DB, statement string) []string {
	t.Helper()
	arguments := make([]any, parameters(statement))
	rows, err := db.QueryContext(t.Context(), "EXPLAIN QUERY PLAN "+statement, arguments...)
	if err != nil {
		t.Fatalf("explain %s: %v", statement, err)
	}
	defer rows.Close()
	var plan []string
	for rows.Next() {
		var id, parent, unused int
		var step string
		if err := rows.Scan(&id, &parent, &unused, &step); err != nil {
			t.Fatal(err)
		}
		plan = append(plan, step)
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return plan
}

var numbered = regexp.MustCompile(`\?(\d+)`)

func parameters(statement string) int {
	count := 0
	for _, m := range numbered.FindAllStringSubmatch(statement, -1) {
		n, _ := strconv.Atoi(m[1]) // digits
		count = max(count, n)
	}
	if count > 0 {
		return count
	}
	return strings.Count(statement, "?")
}

// statementsIn finds the statements in a folder's source, and where each stands.
func statementsIn(t *testing.T, folder string) map[string]string {
	t.Helper()
	names, err := filepath.Glob(filepath.Join(folder, "*.go"))
	if err != nil {
		t.Fatal(err)
	}
	set, files := token.NewFileSet(), []*ast.File{}
	for _, name := range names {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(set, name, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, file)
	}
	known, found := constants(files), map[string]string{}
	for _, file := range files {
		ast.Inspect(file, func(n ast.Node) bool {
			e, ok := n.(ast.Expr)
			if !ok {
				return true
			}
			text, ok := textOf(e, known)
			if ok && isStatement.MatchString(text) {
				found[text] = set.Position(e.Pos()).String()
			}
			return !ok
		})
	}
	return found
}

// constants are the texts that have a name.
func constants(files []*ast.File) map[string]string {
	known := map[string]string{}
	for _, file := range files {
		ast.Inspect(file, func(n ast.Node) bool {
			if spec, ok := n.(*ast.ValueSpec); ok && len(spec.Values) == 1 {
				if text, ok := textOf(spec.Values[0], nil); ok {
					known[spec.Names[0].Name] = text
				}
			}
			return true
		})
	}
	return known
}

// textOf is the text of a literal, or of some put together. A condition that is
// given at run time only narrows what is read.
func textOf(e ast.Expr, known map[string]string) (string, bool) {
	switch e := e.(type) {
	case *ast.BasicLit:
		text, err := strconv.Unquote(e.Value)
		return text, err == nil && e.Kind == token.STRING
	case *ast.BinaryExpr:
		left, ok := textOf(e.X, known)
		if !ok {
			return "", false
		}
		right, ok := textOf(e.Y, known)
		if name, isName := e.Y.(*ast.Ident); !ok && isName && name.Name == "condition" {
			right, ok = "?4 IS NOT NULL", true
		}
		return left + right, ok && e.Op == token.ADD
	case *ast.Ident:
		text, ok := known[e.Name]
		return text, ok
	}
	return "", false
}
