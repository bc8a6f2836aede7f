package store_test

import (
	"context"
	"errors"
	"net"
	"net/url"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5/pgproto3"

	"example.com/identity-starter/store"
	"example.com/identity-starter/tests"
)

// By default a client believes whatever answers: what goes over a network has to be told so.
func TestServerThatNeedNotProveWhoItIs(t *testing.T) {
	t.Parallel()
	gone, leave := context.WithCancel(t.Context())
	leave() // so that nobody is asked
	for address, want := range map[string]bool{
		"postgres://u:p@db.example.com/d":                                   true,
		"postgres://u:p@db.example.com/d?sslmode=require":                   true,
		"postgres://u:p@db.example.com/d?sslmode=disable":                   true,
		"postgres://u:p@db.example.com/d?sslmode=verify-full":               false,
		"postgres://u:p@db.example.com/d?sslmode=verify-ca":                 false,
		"postgres://u:p@10.0.0.7/d":                                         true,
		"postgres://u:p@[fd00::7]/d":                                        true,
		"postgres://u:p@localhost,db.example.com/d":                         true,
		"postgres://u:p@db.example.com,b.example.com/d?sslmode=verify-full": false,
		"postgres://u:p@localhost/d":                                        false,
		"postgres://u:p@127.0.0.1/d":                                        false,
		"postgres://u:p@[::1]/d":                                            false,
		"postgres://u:p@db/d":                                               false,
		"postgres:///d?host=/var/run/a.b/postgresql&user=u":                 false,
	} {
		if found, err := store.Inspect(gone, address, false, nil); err == nil || found.Unproven != want {
			t.Errorf("%s: that the server need not prove who it is must be told: want %t, got %+v, %v", address, want, found, err)
		}
	}
}

// A server that is too old is told so. Here one says so of itself.
func TestOldServer(t *testing.T) {
	tests.OnlyServer(t, "a file has no version")
	address, err := url.Parse(tests.Database(t))
	if err != nil {
		t.Fatal(err)
	}
	q := address.Query()
	q.Set("search_path", q.Get("search_path")+",pg_catalog") // which is otherwise looked into first
	address.RawQuery = q.Encode()
	if _, err := tests.Raw(t, address.String()).ExecContext(t.Context(), "CREATE FUNCTION current_setting(text) RETURNS text LANGUAGE sql AS $$ SELECT '14.9 (Debian)' $$"); err != nil {
		t.Fatal(err)
	}
	if _, err := store.Open(t.Context(), address.String(), store.Options{}); !errors.Is(err, store.ErrOldServer) {
		t.Errorf("a server older than 15 must be refused, got %v", err)
	}
}

// What a server answers that lets nobody in has names in it. We say what it means, and name nothing.
func TestServerThatLetsNobodyIn(t *testing.T) {
	t.Parallel() // beside others that wait
	for code, want := range map[string]error{"28P01": store.ErrNotLetIn, "28000": store.ErrNotLetIn, "3D000": store.ErrNoSuch, "": store.ErrNoServer} {
		at := refusing(t, code)
		_, err := store.Inspect(t.Context(), "postgres://marker_user:marker_password@"+at+"/marker_database?sslmode=disable", false, nil)
		if !errors.Is(err, want) || strings.Contains(err.Error(), "marker") || strings.Contains(err.Error(), at) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: want %v, and nothing of the address, got %v", code, want, err)
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
