package store_test

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"example.com/identity-starter/store"
	"example.com/identity-starter/tests"
)

// Connections that a server ends, as when it restarts, cost nobody anything: what was acknowledged is there, and only of
// what was being committed at that moment is it not known. So it is with events that share a transaction.
func TestLostConnections(t *testing.T) {
	tests.OnlyServer(t, "a file has no connection that is lost")
	name := "lost" + t.Name()
	db := openAt(t, tests.Database(t)+"&application_name="+name, store.Options{Consumers: everybody})
	raw := tests.Raw(t, tests.Database(t))
	for i := range 8 {
		mustBegin(t, db, fmt.Sprint("user", i), fmt.Sprint("vs_", i))
	}
	ctx, stop := context.WithCancel(t.Context())
	var ending, writing sync.WaitGroup
	ending.Go(func() {
		for ctx.Err() == nil {
			_, _ = raw.ExecContext(ctx, "SELECT pg_terminate_backend(pid), pg_sleep(0.05) FROM pg_stat_activity WHERE application_name = '"+name+"'")
		}
	})
	for i := range 8 {
		writing.Go(func() {
			for n := range 40 {
				e := store.Event{ID: fmt.Sprintf("evt_%d_%d", i, n), Type: "t", CreatedAt: at(1)}
				if n%2 == 0 {
					e.Session = &store.News{SessionID: fmt.Sprint("vs_", i), Status: store.Processing, At: at(int64(n))}
				}
				_, err := db.RecordEvent(t.Context(), e)
				if err != nil && !errors.Is(err, store.ErrUncertain) {
					t.Errorf("a lost connection must be nobody's error, got %v", err)
				}
				if _, known := db.Event(t.Context(), e.ID); err == nil && known != nil {
					t.Errorf("what was acknowledged must be there, got %v", known)
				}
			}
		})
	}
	writing.Wait()
	stop()
	ending.Wait()
}

// What is wrong with a connection is said in words of our own: the driver's have the user, the database and the server's
// address in them, and the server's have names, too.
func TestConnectionErrorsNameNothing(t *testing.T) {
	tests.OnlyServer(t, "a file has no address")
	for why, c := range map[string]struct {
		change func(*url.URL)
		want   error
	}{
		"no such database": {func(u *url.URL) { u.Path = "/marker" }, store.ErrNoSuch},
		"no such user":     {func(u *url.URL) { q := u.Query(); q.Set("user", "marker"); u.RawQuery, u.User = q.Encode(), nil }, store.ErrNotLetIn},
		"no such schema":   {func(u *url.URL) { q := u.Query(); q.Set("search_path", "marker"); u.RawQuery = q.Encode() }, store.ErrNoSchema},
		"no such setting":  {func(u *url.URL) { u.RawQuery += "&marker=marker" }, store.ErrParameter},
		"not an address":   {func(u *url.URL) { q := u.Query(); q.Set("connect_timeout", "marker"); u.RawQuery = q.Encode() }, store.ErrAddress},
	} {
		address, err := url.Parse(tests.Database(t))
		if err != nil {
			t.Fatal(err)
		}
		c.change(address)
		_, err = store.Open(t.Context(), address.String(), store.Options{})
		if !errors.Is(err, c.want) || strings.Contains(err.Error(), "marker") || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: want %v, and no name, got %v", why, c.want, err)
		}
	}
}

// A certificate that nobody known has signed is told as such, and at once: another try has the same.
func TestCertificateOfNobody(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	defer listener.Close()
	certified := httptest.NewTLSServer(nil)
	defer certified.Close()
	go func() {
		for conn, err := listener.Accept(); err == nil; conn, err = listener.Accept() {
			if _, err := io.ReadFull(conn, make([]byte, 8)); err == nil { // the question whether to encrypt
				_, _ = conn.Write([]byte("S"))
				_ = tls.Server(conn, certified.TLS).Handshake()
			}
			_ = conn.Close()
		}
	}()
	began := time.Now()
	_, err = store.Open(t.Context(), "postgres://u:p@"+listener.Addr().String()+"/starter?sslmode=verify-full", store.Options{})
	if took := time.Since(began); !errors.Is(err, store.ErrUnproven) || took > 4*time.Second {
		t.Errorf("it must be said at once that nobody vouches for the server, got %v after %v", err, took)
	}
}

// Whoever looks at a server that is not there is told so soon.
func TestLookAtNoServer(t *testing.T) {
	began := time.Now()
	_, err := store.Inspect(t.Context(), "postgres:///postgres?host="+t.TempDir(), false, nil)
	if took := time.Since(began); !errors.Is(err, store.ErrNoServer) || took > 5*time.Second {
		t.Errorf("within two seconds it must be said that nobody is there, got %v after %v", err, took)
	}
}

// Whoever reads cannot write: what is read outside of a transaction may be repeated.
func TestReadsCannotWrite(t *testing.T) {
	path := tests.Database(t)
	db := openAt(t, path, store.Options{})
	var nr int64
	err := db.QueryRowContext(t.Context(), "INSERT INTO people (livemode, user_id) VALUES (0, 'ann') RETURNING nr").Scan(&nr)
	if got := tests.Places(t, path, "ann"); err == nil || len(got) > 0 {
		t.Errorf("a write outside of a transaction must be refused, got %v, and a row in %v", err, got)
	}
}

// Bytes that a server takes in no text are nobody's id, and no error that comes again each time.
func TestBytesThatAreNoText(t *testing.T) {
	db := open(t, store.Options{Consumers: everybody})
	for _, text := range []string{"evt_\x00", "evt_\xf0\x9f", "evt_\xff"} {
		if _, err := db.RecordEvent(t.Context(), store.Event{ID: text, Type: text, ObjectID: text, CreatedAt: at(1)}); err != nil {
			t.Errorf("%q must be recorded, got %v", text, err)
		}
		if u, err := db.User(t.Context(), text); err != nil || u.Newest != nil {
			t.Errorf("%q must be nobody, got %+v, %v", text, u, err)
		}
	}
}

// Who is forgotten while news of an account waits for the lock is not made anew by it.
func TestForgottenBeforeTheLock(t *testing.T) {
	tests.OnlyServer(t, "one transaction comes after the other on a file")
	path := tests.Database(t)
	name := "waits" + t.Name()
	db := openAt(t, path+"&application_name="+name, store.Options{Consumers: everybody})
	if err := db.SaveAccount(t.Context(), store.Account{ID: "acct_1", UserID: "ann", ConnectedAt: at(1)}, ""); err != nil {
		t.Fatal(err)
	}
	raw := tests.Raw(t, path)
	other, err := raw.BeginTx(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer other.Rollback()
	forget := func(statement string) {
		t.Helper()
		if _, err := other.ExecContext(t.Context(), statement); err != nil {
			t.Fatal(err)
		}
	}
	forget("UPDATE people SET user_id = 'forgotten_1'")
	recorded := make(chan error, 1)
	go func() {
		_, err := db.RecordEvent(context.WithoutCancel(t.Context()), store.Event{ID: "evt_1", Type: "t", Account: "acct_1", CreatedAt: at(9), Deauthorized: true})
		recorded <- err
	}()
	eventually(t, "the event waits for the lock", func() bool {
		var n int
		err := raw.QueryRowContext(t.Context(), "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND application_name = $1", name).Scan(&n)
		return err == nil && n > 0
	})
	forget("UPDATE accounts SET user_id = 'forgotten_1'; UPDATE actions SET user_id = 'forgotten_1'")
	if err := errors.Join(other.Commit(), <-recorded); err != nil {
		t.Fatal(err)
	}
	if got := tests.Places(t, path, "ann"); len(got) > 0 {
		t.Errorf("who was forgotten must be named nowhere, not so in %v", got)
	}
	if list, err := db.Accounts(t.Context(), "forgotten_1"); err != nil || len(list) > 0 {
		t.Errorf("the account must be disconnected all the same, got %+v, %v", list, err)
	}
}

// What is wrong with an address is said without it: a password may be in it.
func TestAddressThatDoesNotParse(t *testing.T) {
	err := store.CheckAddress("postgres://localhost:mar/")
	if !errors.Is(err, store.ErrAddress) || !strings.Contains(err.Error(), "postgres://user") || strings.Contains(err.Error(), "mar") {
		t.Errorf("it must be refused with what one looks like, and not shown, got %v", err)
	}
	for _, query := range []string{"sslmode=mar", "sslmode=verify-full&sslrootcert=/mar.pem"} {
		if err := store.CheckAddress("postgres://localhost/?" + query); !errors.Is(err, store.ErrTLS) || strings.Contains(err.Error(), "mar") {
			t.Errorf("%s: it must be said that it is about TLS, and no file be named, got %v", query, err)
		}
	}
	if err := store.CheckAddress("postgres://user@localhost/starter?search_path=shop"); err != nil {
		t.Errorf("a whole one must be taken, got %v", err)
	}
}

// A server that ends what takes long does not end a copy, nor a migration.
func TestCopyTakesAsLongAsItTakes(t *testing.T) {
	tests.OnlyServer(t, "a file sets no such limits")
	from, _ := small(t, store.Options{})
	to := tests.Database(t)
	openAt(t, to, store.Options{})
	rawExec(t, to, `CREATE FUNCTION slow() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_sleep(0.6); RETURN NEW; END $$;
		CREATE TRIGGER slow BEFORE INSERT ON origin FOR EACH ROW EXECUTE FUNCTION slow()`)
	if _, err := copyOf(t, from, to+"&statement_timeout=500", store.Options{}); err != nil {
		t.Errorf("a slow statement must be waited for, got %v", err)
	}
}
