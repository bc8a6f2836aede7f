package bench_test

import (
	"database/sql"
	"os"
	"path/filepath"
	"testing"
	"time"

	"example.com/identity-starter/store"
)

// newDatabase makes a file as this version has it.
func newDatabase(t testing.TB, c contents) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "starter.db")
	db, err := store.Open(t.Context(), path, store.Options{MaxAttempts: 3})
	if err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	insert(t, path, fill(c))
	return path
}

// databaseBefore has another version make the file itself.
func databaseBefore(t testing.TB, binary, stripe string, c contents) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "before.db")
	startProgram(t, binary, path, stripe).stop(t)
	insert(t, path, fillBefore(c))
	return path
}

func insert(t testing.TB, path string, list []rows) {
	t.Helper()
	db, err := sql.Open("sqlite3", "file:"+path+"?_synchronous=OFF")
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	for _, r := range list {
		statement := `WITH RECURSIVE n(i) AS (SELECT 1 WHERE ?1 > 0 UNION ALL SELECT i + 1 FROM n WHERE i < ?1) ` + r.insert
		if _, err := db.ExecContext(t.Context(), statement, r.count, time.Now().Unix()); err != nil {
			t.Fatal(err)
		}
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	flush(t, path)
}

// flush has a file written to the disk before anything is measured: else the first
// commit of the program would wait for all of it.
func flush(t testing.TB, path string) {
	t.Helper()
	file, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	if err := file.Sync(); err != nil {
		t.Fatal(err)
	}
}

// looking opens a file only for reading: a program may be at work on it.
func looking(t testing.TB, path string) *sql.DB {
	t.Helper()
	db, err := sql.Open("sqlite3", "file:"+path+"?mode=ro&_busy_timeout=5000")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	return db
}

// verified is how many people are.
func verified(t testing.TB, path string) (n int) {
	t.Helper()
	if err := looking(t, path).QueryRowContext(t.Context(), `SELECT count(*) FROM users WHERE verified`).Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

// settle waits until all that had to follow has been done.
func settle(t testing.TB, database string) {
	t.Helper()
	db := looking(t, database)
	defer db.Close()
	tick, limit := time.NewTicker(20*time.Millisecond), time.After(time.Minute)
	defer tick.Stop()
	for {
		var open bool
		if err := db.QueryRowContext(t.Context(), `SELECT EXISTS (SELECT 1 FROM actions WHERE done_at IS NULL)`).Scan(&open); err != nil {
			t.Fatal(err)
		}
		if !open {
			return
		}
		select {
		case <-tick.C:
		case <-limit:
			t.Fatal("there were still actions to do after a minute")
		}
	}
}
