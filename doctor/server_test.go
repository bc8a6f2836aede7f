package doctor_test

import (
	"context"
	"net/url"
	"strings"
	"testing"

	"example.com/identity-starter/store"
	"example.com/identity-starter/stripesim"
	"example.com/identity-starter/tests"
)

// A server is told by its version, and by what is in it.
func TestServer(t *testing.T) {
	tests.OnlyServer(t, "a file has no version")
	p := healthy(t, stripesim.Config{}, public)
	p.settings.Database = tests.Database(t)
	p.says("PASS  database", "PostgreSQL 1", "writable, schema version 0 (the next start brings it to")
	if names := tests.Tables(t, p.settings.Database); len(names) > 0 {
		t.Errorf("the doctor must make nothing, got %q", names)
	}
	db, err := store.Open(t.Context(), p.settings.Database, store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	p.says("PASS  database", "PostgreSQL 1", "writable, schema version")
	if out, _ := p.examine(); strings.Contains(out, "the next start") || strings.Contains(out, "prove who it is") {
		t.Errorf("all is up to date, and the server on this machine, got\n%s", out)
	}
	address, err := url.Parse(p.settings.Database)
	if err != nil {
		t.Fatal(err)
	}
	nowhere := *address
	nowhere.Path = "/marker"
	p.settings.Database = nowhere.String()
	p.says("FAIL  database", "the database is not there (create it")
	if out, _ := p.examine(); strings.Contains(out, "marker") {
		t.Errorf("nothing of the address may be said, got\n%s", out)
	}
	q := address.Query()
	q.Set("search_path", q.Get("search_path")+",pg_catalog")
	address.RawQuery = q.Encode()
	if _, err := tests.Raw(t, address.String()).ExecContext(t.Context(), "CREATE FUNCTION current_setting(text) RETURNS text LANGUAGE sql AS $$ SELECT '14.9' $$"); err != nil {
		t.Fatal(err)
	}
	p.settings.Database = address.String()
	p.says("FAIL  database", "older than PostgreSQL 15 (upgrade it)")
}

// Whoever takes part in a network could otherwise be taken for the server.
func TestServerNeedNotProveWhoItIs(t *testing.T) {
	tests.OnlyServer(t, "a file is on this machine")
	gone, leave := context.WithCancel(t.Context())
	leave() // so that nobody is asked
	p := healthy(t, stripesim.Config{}, public)
	p.settings.Database = "postgres://u:p@db.example.com/starter"
	if out, _ := p.examineIn(gone); !strings.Contains(out, "WARN  database: the server need not prove who it is") || !strings.Contains(out, "sslmode=verify-full") {
		t.Errorf("a server elsewhere must have to prove who it is, or there is a warning, got\n%s", out)
	}
	p.settings.Database += "?sslmode=verify-full"
	if out, _ := p.examineIn(gone); strings.Contains(out, "prove who it is") {
		t.Errorf("verify-full must be enough, got\n%s", out)
	}
}
