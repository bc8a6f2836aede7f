package store_test

import (
	"database/sql"
	"fmt"
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

// queries are the statements in the package's own source.
func queries(t *testing.T) []string {
	t.Helper()
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	constants := map[string]string{}
	var trees []*ast.File
	for _, name := range files {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		tree, err := parser.ParseFile(token.NewFileSet(), name, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		trees = append(trees, tree)
		ast.Inspect(tree, func(n ast.Node) bool {
			if v, ok := n.(*ast.ValueSpec); ok && len(v.Names) == 1 && len(v.Values) == 1 {
				constants[v.Names[0].Name] = text(v.Values[0], nil)
			}
			return true
		})
	}
	var list []string
	for _, tree := range trees {
		ast.Inspect(tree, func(n ast.Node) bool {
			e, ok := n.(ast.Expr)
			if !ok {
				return true
			}
			if s := text(e, constants); statement.MatchString(s) {
				list = append(list, s)
				return false // the parts of a sum are no statements
			}
			return true
		})
	}
	return list
}

var (
	statement = regexp.MustCompile(`^\s*(SELECT|INSERT|UPDATE|DELETE|WITH)\s`)
	numbered  = regexp.MustCompile(`\?(\d*)`)
)

// text is what a string expression says; what is known only at run time reads "1".
func text(e ast.Expr, constants map[string]string) string {
	switch e := e.(type) {
	case *ast.BasicLit:
		s, _ := strconv.Unquote(e.Value)
		return s
	case *ast.Ident:
		if s, ok := constants[e.Name]; ok {
			return s
		}
		return "1"
	case *ast.BinaryExpr:
		if e.Op == token.ADD {
			return text(e.X, constants) + text(e.Y, constants)
		}
	}
	return ""
}

// No statement reads a whole table: each has an index, however many users there are.
func TestEveryQueryHasAnIndex(t *testing.T) {
	path := filepath.Join(t.TempDir(), "starter.db")
	db, err := store.Open(t.Context(), path, store.Options{MaxAttempts: 3})
	if err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	raw, err := sql.Open("sqlite3", "file:"+path)
	if err != nil {
		t.Fatal(err)
	}
	defer raw.Close()
	all := queries(t)
	if len(all) < 30 {
		t.Fatalf("the statements must be found, got %d", len(all))
	}
	for _, query := range all {
		rows, err := raw.QueryContext(t.Context(), "EXPLAIN QUERY PLAN "+query, make([]any, parameters(query))...)
		if err != nil {
			t.Errorf("%s: %v", query, err)
			continue
		}
		for rows.Next() {
			var id, parent, unused int
			var plan string
			if err := rows.Scan(&id, &parent, &unused, &plan); err != nil {
				t.Error(err)
			}
			// u is what the view users makes of one user's rows, found by an index.
			if strings.HasPrefix(plan, "SCAN ") && plan != "SCAN CONSTANT ROW" && plan != "SCAN u" {
				t.Errorf("a statement must not read a whole table: %s\n%s", plan, query)
			}
		}
		if err := rows.Err(); err != nil {
			t.Error(err)
		}
		rows.Close()
	}
}

// parameters is how many values a statement takes.
func parameters(query string) int {
	most, plain := 0, 0
	for _, m := range numbered.FindAllStringSubmatch(query, -1) {
		var n int
		if _, err := fmt.Sscan(m[1], &n); err != nil {
			plain++
		}
		most = max(most, n)
	}
	return max(most, plain)
}
