package tests

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

	"example.com/identity-starter/store"
)

var (
	isStatement = regexp.MustCompile(`^\s*(SELECT|INSERT|UPDATE|DELETE|WITH)\s`)
	scanned     = regexp.MustCompile(`^SCAN (\S+)`)
	ownRows     = regexp.MustCompile(`^(?:CO-ROUTINE|MATERIALIZE) (\S+)`)
	// Looking for nothing but a mode, or a mode and a state, finds nearly every row there is.
	coarse = regexp.MustCompile(`^SEARCH \S+ USING (?:COVERING )?INDEX \S+ \(livemode=\?(?: AND (?:status|kind)=\?)?\)$`)
)

// Crowd fills a database with so many users, most of them verified, and an event for
// each. It returns another connection to the file.
func Crowd(t *testing.T, path string, users int) *sql.DB {
	t.Helper()
	raw := Raw(t, path)
	raw.SetMaxOpenConns(1) // so that what is counted is known to the statements that follow
	for _, statement := range []string{
		`WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < $1)
		 INSERT INTO people (nr, livemode, user_id, numbered, newest, open, verified, verdicts, reviews)
		 SELECT i, 0, 'old' || i, 1, 1, i / 10 * 10 / i, 1 - i / 10 * 10 / i, 1 - i / 10 * 10 / i, i / 100 * 100 / i FROM n WHERE $1 > 0`,
		`WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < $1)
		 INSERT INTO verifications (person, number, id, livemode, user_id, session_id, status, news_at, created_at, updated_at, gate, needs_review)
		 SELECT i, 1, 'ID' || i, 0, 'old' || i, 'vs_old_' || i, CASE WHEN i % 10 > 0 THEN 'verified' ELSE 'requires_input' END, i, i, i,
		    CASE WHEN i % 10 > 0 THEN 'passed' ELSE '' END, i / 100 * 100 / i FROM n WHERE $1 > 0`,
		`WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < $1)
		 INSERT INTO events (id, person, type, livemode, account, object_id, created_at, received_at, result)
		 SELECT 'evt_old_' || i, i, 'identity.verification_session.verified', 0, '', 'vs_old_' || i, i, i, 'applied' FROM n WHERE $1 > 0`,
	} {
		if _, err := raw.ExecContext(t.Context(), statement, users); err != nil {
			t.Fatal(err)
		}
	}
	if !store.IsFile(path) { // the numbers that were given by hand are taken
		if _, err := raw.ExecContext(t.Context(), "SELECT setval(pg_get_serial_sequence('people', 'nr'), max(nr) + 1) FROM people; ANALYZE"); err != nil {
			t.Fatal(err)
		}
	}
	return raw
}

// NoScans looks at each statement in a folder's source, of which there are that many
// at least: on this file none may read a whole table, but for those that have a piece
// of mayRead, which says why they may find by mode or state alone.
func NoScans(t *testing.T, folder string, least int, mayRead map[string]string, file string, db *sql.DB) {
	t.Helper()
	statements := statementsIn(t, folder)
	if len(statements) < least {
		t.Fatalf("found only %d statements: the search no longer fits the source", len(statements))
	}
	for statement, position := range statements {
		mustNumber(t, position, statement)
		plan := PlanOf(t, db, statement)
		made := map[string]bool{"CONSTANT": true, "schemas": true, "sqlite_master": true, // a row for each part, each table, each column
			"sqlite_sequence": true, "pragma_table_info": true}
		for _, step := range plan {
			if m := ownRows.FindStringSubmatch(step); m != nil {
				made[m[1]] = true
			}
		}
		for _, step := range plan {
			m, n := scanned.FindStringSubmatch(step), coarse.FindStringSubmatch(step)
			if m != nil && !made[m[1]] || n != nil && !allowed(statement, mayRead) {
				t.Errorf("%s must not read a whole table in %s (%s):\n%s\n%s", position, file, step, statement, strings.Join(plan, "\n"))
			}
		}
	}
}

func allowed(statement string, mayRead map[string]string) bool {
	for piece := range mayRead {
		if strings.Contains(statement, piece) {
			return true
		}
	}
	return false
}

// PlanOf is what SQLite would do for a statement, step by step.
func PlanOf(t *testing.T, db *sql.DB, statement string) []string {
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

var numbered = regexp.MustCompile(`[?$](\d+)`)

// mustNumber looks whether parameters are numbered in the order of their first use: SQLite's driver binds
// by place, so that others would change places without a word.
func mustNumber(t *testing.T, position, statement string) {
	t.Helper()
	most := 0
	for _, m := range numbered.FindAllStringSubmatch(statement, -1) {
		n, _ := strconv.Atoi(m[1]) // digits
		if n > most+1 {
			t.Errorf("%s: $%d must not be used before $%d:\n%s", position, n, most+1, statement)
		}
		most = max(most, n)
	}
}

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
		if strings.HasSuffix(name, "_test.go") || strings.HasPrefix(filepath.Base(name), "postgres") { // which SQLite never gets
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
			if ofAnyTable(e) {
				return false
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

// ofAnyTable recognises statements whose table is known at run time only: those of
// store.Personal, which the part that erases people has indexes for, and those of a copy.
func ofAnyTable(e ast.Expr) bool {
	put, ok := e.(*ast.BinaryExpr)
	if !ok {
		return false
	}
	switch table := put.Y.(type) {
	case *ast.SelectorExpr:
		ok = table.Sel.Name == "Table"
	case *ast.CallExpr:
		called, named := table.Fun.(*ast.Ident)
		ok = named && called.Name == "quoted"
	default:
		ok = false
	}
	return ok || ofAnyTable(put.X)
}

// constants are the texts that have a name, those made of others too.
func constants(files []*ast.File) map[string]string {
	known := map[string]string{}
	for before := -1; before < len(known); {
		before = len(known)
		named(files, known)
	}
	return known
}

func named(files []*ast.File, known map[string]string) {
	for _, file := range files {
		ast.Inspect(file, func(n ast.Node) bool {
			if spec, ok := n.(*ast.ValueSpec); ok && len(spec.Values) == 1 {
				if text, ok := textOf(spec.Values[0], known); ok {
					known[spec.Names[0].Name] = text
				}
			}
			return true
		})
	}
}

// textOf is the text of a literal, or of some put together.
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
		return left + right, ok && e.Op == token.ADD
	case *ast.Ident:
		text, ok := known[e.Name]
		return text, ok
	}
	return "", false
}
