package tests

import (
	"database/sql"
	"testing"

	"example.com/identity-starter/store"
)

// Copied is the address of a copy of a database, as a backup of it is.
func Copied(t testing.TB, address string) string {
	t.Helper()
	to := Database(t)
	from := Raw(t, address)
	defer from.Close()
	if store.IsFile(address) {
		execute(t, from, "VACUUM INTO '"+to+"'")
		return to
	}
	var source string
	if err := from.QueryRowContext(t.Context(), "SELECT current_schema()").Scan(&source); err != nil {
		t.Fatal(err)
	}
	copied := Raw(t, to)
	defer copied.Close()
	for _, table := range Tables(t, address) {
		execute(t, copied, "CREATE TABLE "+table+" (LIKE "+source+"."+table+" INCLUDING ALL); INSERT INTO "+table+" SELECT * FROM "+source+"."+table)
	}
	for table, number := range map[string]string{"people": "nr", "decisions": "id", "actions": "id", "oauth_states": "nr"} {
		execute(t, copied, "SELECT setval(pg_get_serial_sequence('"+table+"', '"+number+"'), (SELECT coalesce(max("+number+"), 0) + 1 FROM "+table+"))")
	}
	var users string
	if err := from.QueryRowContext(t.Context(), "SELECT pg_get_viewdef('users'::regclass)").Scan(&users); err != nil {
		t.Fatal(err)
	}
	execute(t, copied, "CREATE VIEW users AS "+users)
	return to
}

func execute(t testing.TB, db *sql.DB, statement string) {
	t.Helper()
	if _, err := db.ExecContext(t.Context(), statement); err != nil {
		t.Fatalf("%s: %v", statement, err)
	}
}
