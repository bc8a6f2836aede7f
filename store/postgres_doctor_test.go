package store_test

import (
	"context"
	"errors"
	"net/url"
	"testing"

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
