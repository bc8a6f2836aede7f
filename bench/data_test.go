package bench_test

import (
	"database/sql"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"example.com/identity-starter/store"
)

// newDatabase makes a file as this version has it.
func newDatabase(t testing.TB, c contents) string {
	t.Helper()
	return filled(t, filepath.Join(t.TempDir(), "starter.db"), c)
}

// filled makes the tables, as this version has them, at an address where there are none.
func filled(t testing.TB, database string, c contents) string {
	t.Helper()
	db, err := store.Open(t.Context(), database, store.Options{MaxAttempts: 3})
	if err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	insert(t, database, fill(c))
	return database
}

// databaseBefore has another version make the file itself.
func databaseBefore(t testing.TB, binary, stripe string, c contents) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "before.db")
	startProgram(t, binary, path, stripe).stop(t)
	insert(t, path, fillBefore(c))
	return path
}

func insert(t testing.TB, database string, list []rows) {
	t.Helper()
	db := opened(t, database, "?_synchronous=OFF")
	defer db.Close()
	for _, r := range list {
		statement := `WITH RECURSIVE n(i, now) AS (SELECT 1, CAST($1 AS BIGINT) WHERE $2 > 0 UNION ALL SELECT i + 1, now FROM n WHERE i < $2) ` + r.insert
		if !store.IsFile(database) {
			statement = strings.ReplaceAll(statement, "lower(hex(randomblob(", "left(md5(CAST(random() AS TEXT)), 2 * ((")
		}
		if _, err := db.ExecContext(t.Context(), statement, time.Now().Unix(), r.count); err != nil {
			t.Fatal(err)
		}
	}
	if store.IsFile(database) {
		flush(t, database)
		return
	}
	// The numbers given here are not taken again, and what was written is on the disk.
	ask(t, database, "SELECT setval(pg_get_serial_sequence('people', 'nr'), 2000000)", "CHECKPOINT")
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

// ask has a database do something.
func ask(t testing.TB, database string, statements ...string) {
	t.Helper()
	db := opened(t, database, "")
	defer db.Close()
	for _, statement := range statements {
		if _, err := db.ExecContext(t.Context(), statement); err != nil {
			t.Fatal(err)
		}
	}
}

// opened is a database beside the program, a file with those options.
func opened(t testing.TB, database, options string) *sql.DB {
	t.Helper()
	driver, source := "pgx", database
	if store.IsFile(database) {
		driver, source = "sqlite3", "file:"+database+options
	}
	db, err := sql.Open(driver, source)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	return db
}

// looking opens a database only for reading: a program may be at work on it.
func looking(t testing.TB, database string) *sql.DB {
	t.Helper()
	return opened(t, database, "?mode=ro&_busy_timeout=5000")
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
