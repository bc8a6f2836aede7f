package tests

import (
	"crypto/rand"
	"database/sql"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"example.com/identity-starter/store"
)

// server is PostgreSQL's address where the tests are to run on it; "": they run on files.
func server() string { return os.Getenv("TEST_DATABASE_URL") }

// Database is the address of a new database of the test's own: a file, or a schema of the server's.
func Database(t testing.TB) string {
	t.Helper()
	if server() == "" {
		return filepath.Join(t.TempDir(), "starter.db")
	}
	address, err := url.Parse(server())
	if err != nil {
		t.Fatal("TEST_DATABASE_URL must be an address, like postgres://postgres@localhost/postgres")
	}
	admin, err := sql.Open("pgx", server())
	if err != nil {
		t.Fatalf("open server: %v", err)
	}
	schema := "t_" + strings.ToLower(rand.Text())
	if _, err := admin.ExecContext(t.Context(), "CREATE SCHEMA "+schema); err != nil {
		t.Fatalf("make a schema: %v", err)
	}
	t.Cleanup(func() {
		defer admin.Close()
		if _, err := admin.Exec("SET lock_timeout = '10s'; DROP SCHEMA " + schema + " CASCADE"); err != nil {
			t.Errorf("whoever used the database must be done with it: %v\n%s", err, holders(admin, schema))
		}
	})
	query := address.Query()
	query.Set("search_path", schema)
	address.RawQuery = query.Encode()
	return address.String()
}

// holders says who has locked what in a schema, and what each of them does.
func holders(admin *sql.DB, schema string) (all string) {
	err := admin.QueryRow(`SELECT string_agg(DISTINCT concat_ws(' ', a.pid, a.state, now() - a.xact_start, now() - a.state_change,
		a.wait_event_type, a.wait_event, pg_blocking_pids(a.pid), a.query), E'\n') FROM pg_stat_activity a JOIN pg_locks l USING (pid)
		JOIN pg_class c ON c.oid = l.relation JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = $1`, schema).Scan(&all)
	if err != nil {
		return err.Error()
	}
	return all
}

// OnlyFile is for a test that is about what SQLite does with its file, and says why. On a server it does not run.
func OnlyFile(t testing.TB, why string) {
	t.Helper()
	if server() != "" {
		t.Skip("only a file: " + why)
	}
}

// OnlyServer is for a test that is about what a server does, and says why.
func OnlyServer(t testing.TB, why string) {
	t.Helper()
	if server() == "" {
		t.Skip("only a server: " + why)
	}
}

// Tables are the names of a database's tables.
func Tables(t testing.TB, address string) (names []string) {
	t.Helper()
	query := "SELECT name FROM sqlite_master WHERE type = 'table'"
	if !store.IsFile(address) {
		query = "SELECT tablename FROM pg_tables WHERE schemaname = current_schema()"
	}
	rows, err := Raw(t, address).QueryContext(t.Context(), query)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	for rows.Next() {
		names = append(names, "")
		if err := rows.Scan(&names[len(names)-1]); err != nil {
			t.Fatal(err)
		}
	}
	return names
}

// Share is how many of so many random runs there are: fewer on a server, where each takes longer, and the rules are the same.
func Share(of int) int {
	if server() != "" {
		return max(1, of/5)
	}
	return of
}

// Raw looks into a database beside the program.
func Raw(t testing.TB, address string) *sql.DB {
	t.Helper()
	driver, source := "sqlite3", "file:"+address+"?_busy_timeout=5000"
	if !store.IsFile(address) {
		driver, source = "pgx", address
	}
	db, err := sql.Open(driver, source)
	if err != nil {
		t.Fatalf("open database: %v", err)
	}
	if driver == "pgx" {
		db.SetMaxIdleConns(0) // a server has fewer connections than a test may have looks
	}
	t.Cleanup(func() { _ = db.Close() })
	return db
}

// placed are the places of arguments, which SQLite need not have numbered.
var placed = regexp.MustCompile(`\?(\d*)`)

// spoken is a statement of a test as that database takes it.
func spoken(address, query string) string {
	if store.IsFile(address) {
		return query
	}
	n := 0
	query = strings.NewReplacer("unixepoch()", "CAST(floor(extract(epoch FROM now())) AS bigint)", "rowid", "ctid").Replace(query)
	return placed.ReplaceAllStringFunc(query, func(place string) string {
		if n++; len(place) > 1 {
			return "$" + place[1:]
		}
		return fmt.Sprint("$", n)
	})
}

// Places are the tables of a database that have a text in any of their columns.
func Places(t testing.TB, address, text string) (tables []string) {
	t.Helper()
	db := Raw(t, address)
	defer db.Close()
	db.SetMaxIdleConns(1)
	for _, table := range Tables(t, address) {
		has := "CAST(" + strings.Join(columns(t, db, table), " AS TEXT) LIKE $1 OR CAST(") + " AS TEXT) LIKE $1"
		var some bool
		if err := db.QueryRowContext(t.Context(), "SELECT EXISTS (SELECT 1 FROM "+table+" WHERE "+has+")", "%"+text+"%").Scan(&some); err != nil {
			t.Fatal(err)
		}
		if some {
			tables = append(tables, table)
		}
	}
	return tables
}

// columns are those of a table, in their order.
func columns(t testing.TB, db *sql.DB, table string) []string {
	t.Helper()
	rows, err := db.QueryContext(t.Context(), "SELECT * FROM "+table+" LIMIT 0")
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	names, err := rows.Columns()
	if err != nil {
		t.Fatal(err)
	}
	return names
}

// Said is what a file's database says of something, or a server.
func Said(byFile, byServer string) string {
	if server() != "" {
		return byServer
	}
	return byFile
}

// Trigger is a statement after which what it names fails, for that reason.
func Trigger(name, before, condition, why string) string {
	return Said("CREATE TRIGGER "+name+" "+before+" WHEN "+condition+" BEGIN SELECT raise(ABORT, '"+why+"'); END",
		"CREATE TRIGGER "+name+" "+before+" FOR EACH ROW WHEN ("+condition+") EXECUTE FUNCTION refuse('"+why+"')")
}
