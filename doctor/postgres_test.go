package doctor_test

import (
	"context"
	"net"
	"net/url"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5/pgproto3"

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
	old, err := url.Parse(p.settings.Database)
	if err != nil {
		t.Fatal(err)
	}
	q := old.Query()
	q.Set("search_path", q.Get("search_path")+",pg_catalog")
	old.RawQuery = q.Encode()
	if _, err := tests.Raw(t, p.settings.Database).ExecContext(t.Context(), "CREATE FUNCTION current_setting(text) RETURNS text LANGUAGE sql AS $$ SELECT '14.9' $$"); err != nil {
		t.Fatal(err)
	}
	p.settings.Database = old.String()
	p.says("FAIL  database", "older than PostgreSQL 15 (upgrade it)")
}

// What a server answers that lets nobody in has names in it. The doctor says what it means, and names nothing.
func TestServerThatLetsNobodyIn(t *testing.T) {
	t.Parallel() // beside others that wait
	for code, want := range map[string]string{
		"28P01": "does not let the program in (compare user and password",
		"28000": "does not let the program in (compare user and password",
		"3D000": "the database is not there (create it",
		"":      "cannot be reached (see that it runs",
	} {
		p, at := healthy(t, stripesim.Config{}, public), refusing(t, code)
		p.settings.Database = "postgres://marker_user:marker_password@" + at + "/marker_database?sslmode=disable"
		if out, _ := p.examine(); !strings.Contains(out, "\nFAIL  database: ") || !strings.Contains(out, want) || strings.Contains(out, "marker") || strings.Contains(out, at) {
			t.Errorf("%s: it must be said that %s, and nothing of the address, got\n%s", code, want, out)
		}
	}
}

// refusing is the address of a server that answers with the code; "": nobody is there.
func refusing(t *testing.T, code string) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = listener.Close() })
	if code == "" {
		_ = listener.Close()
	}
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			server := pgproto3.NewBackend(conn, conn)
			if _, err := server.ReceiveStartupMessage(); err == nil {
				server.Send(&pgproto3.ErrorResponse{Severity: "FATAL", Code: code, Message: `"marker" at 10.0.0.7`})
				_ = server.Flush()
			}
			_ = conn.Close()
		}
	}()
	return listener.Addr().String()
}

// Whoever takes part in a network could otherwise be taken for the server.
func TestServerNeedNotProveWhoItIs(t *testing.T) {
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
