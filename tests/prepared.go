package tests

import (
	"database/sql"
	"database/sql/driver"
	"testing"
)

// NoneAnew looks at each statement in a folder's source: SQLite must not prepare it anew at every execution, as it
// does where its planner looks at a bound value, but for those that have a piece of may, which says why they may.
func NoneAnew(t *testing.T, folder string, may map[string]string, db *sql.DB) {
	t.Helper()
	conn, err := db.Conn(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	err = conn.Raw(func(raw any) error {
		asked := 0 // whether something may be done is asked whenever a statement is prepared
		raw.(interface {
			RegisterAuthorizer(callback func(action int, first, second, database string) int)
		}).RegisterAuthorizer(func(int, string, string, string) int { asked++; return 0 })
		for statement, position := range statementsIn(t, folder) {
			run(t, raw.(driver.Conn), "BEGIN", 0)
			again := run(t, raw.(driver.Conn), statement, parameters(statement))
			asked = 0
			again()
			if asked > 0 && !allowed(statement, may) {
				t.Errorf("%s is prepared anew at each execution:\n%s", position, statement)
			}
			run(t, raw.(driver.Conn), "ROLLBACK", 0)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// run prepares and runs a statement, and returns what runs it again. What it does to a database that does
// not have what it is about is not looked at.
func run(t *testing.T, conn driver.Conn, text string, count int) (again func()) {
	t.Helper()
	statement, err := conn.Prepare(text)
	if err != nil {
		t.Fatalf("prepare %s: %v", text, err)
	}
	t.Cleanup(func() { _ = statement.Close() })
	var arguments []driver.NamedValue
	for i := range count {
		arguments = append(arguments, driver.NamedValue{Ordinal: i + 1, Value: int64(i)})
	}
	again = func() {
		rows, err := statement.(driver.StmtQueryContext).QueryContext(t.Context(), arguments)
		if err == nil {
			_ = rows.Next(make([]driver.Value, len(rows.Columns())))
			_ = rows.Close()
		}
	}
	again()
	return again
}
