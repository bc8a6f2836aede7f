package store_test

import (
	"bytes"
	"database/sql"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"testing"

	"example.com/identity-starter/store"
	"example.com/identity-starter/tests"
)

// rawFile runs statements on a file without this package.
func rawFile(t *testing.T, path string, statements ...string) {
	t.Helper()
	db, end := rawOpen(t, path)
	defer end()
	for _, statement := range statements {
		if _, err := db.ExecContext(t.Context(), statement); err != nil {
			t.Fatalf("%s: %v", statement, err)
		}
	}
}

// rawOpen opens a file without this package, and one connection to it.
func rawOpen(t *testing.T, path string) (db *sql.DB, end func()) {
	t.Helper()
	db = tests.Raw(t, path)
	db.SetMaxOpenConns(1)
	return db, func() { _ = db.Close() }
}

// refused opens a file that must not be opened, and looks at it as the doctor does.
func refused(t *testing.T, path string, want error, schemas ...store.Schema) {
	t.Helper()
	if db, err := store.Open(t.Context(), path, store.Options{Schemas: schemas}); !errors.Is(err, want) {
		t.Errorf("open: want %v, got %v", want, err)
		if err == nil {
			_ = db.Close()
		}
	}
	if _, err := store.Inspect(t.Context(), path, false, schemas); !errors.Is(err, want) {
		t.Errorf("inspect: want %v, got %v", want, err)
	}
}

// snapshot is every file of a folder: when it was written, and what is in it.
func snapshot(t *testing.T, folder string) map[string]string {
	t.Helper()
	all := map[string]string{}
	entries, err := os.ReadDir(folder)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		info, err := e.Info()
		if err != nil {
			t.Fatal(err)
		}
		content, _ := os.ReadFile(filepath.Join(folder, e.Name())) // of a folder there is none
		all[e.Name()] = fmt.Sprint(info.ModTime().UnixNano(), " ", string(content))
	}
	return all
}

// left expects that opening a file, and the doctor's look at it, are refused and change nothing.
func left(t *testing.T, path string, want error) {
	t.Helper()
	before := snapshot(t, filepath.Dir(path))
	refused(t, path, want)
	if after := snapshot(t, filepath.Dir(path)); !maps.Equal(before, after) {
		t.Errorf("what is refused must be left as it is, with all that is beside it; before:\n%.300q\nafter:\n%.300q", before, after)
	}
}

// copied copies a database in use, with what is beside it, as if its program and the machine had just ended.
func copied(t *testing.T, path string) string {
	t.Helper()
	to := tests.Database(t)
	for _, suffix := range []string{"", "-wal", "-journal"} {
		if content, err := os.ReadFile(path + suffix); err == nil {
			if err := os.WriteFile(to+suffix, content, 0o600); err != nil {
				t.Fatal(err)
			}
		}
	}
	return to
}

// openedOnce opens a database, and closes it, which may be said again.
func openedOnce(t *testing.T, path string) {
	t.Helper()
	db, err := store.Open(t.Context(), path, store.Options{})
	if err != nil {
		t.Fatalf("%s must be opened, got %v", path, err)
	}
	if err := errors.Join(db.Ping(t.Context()), db.Close(), db.Close()); err != nil {
		t.Errorf("%s must be read and closed, got %v", path, err)
	}
}

// A file of another program's is told by what it holds, and nothing of it is touched.
func TestForeignFileIsLeftAlone(t *testing.T) {
	tests.OnlyFile(t, "it is about which files are ours")
	for name, statements := range map[string][]string{
		"tables":                      {"CREATE TABLE invoices (id INTEGER)"},
		"a version of its own":        {"CREATE TABLE posts (id INTEGER)", "PRAGMA user_version = 6"},
		"a version and no table":      {"PRAGMA user_version = 3"},
		"a mark of its own":           {"PRAGMA application_id = 252006673", "CREATE TABLE invoices (id INTEGER)"},
		"a mark and no table":         {"PRAGMA application_id = 252006673"},
		"a table named like ours":     {"CREATE TABLE people (id INTEGER)", "CREATE TABLE verifications (id INTEGER)"},
		"a log of its own, long done": {"PRAGMA journal_mode = WAL", "CREATE TABLE invoices (id INTEGER)"},
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "other.db")
			rawFile(t, path, statements...)
			left(t, path, store.ErrForeign)
		})
	}
}

// What another program has not written back yet, or would roll back, is its own affair: also where all its tables
// are in there.
func TestForeignFileInTheMiddleOfSomething(t *testing.T) {
	tests.OnlyFile(t, "it is about which files are ours")
	for name, c := range map[string]struct{ before, under string }{
		"tables in the log":    {"PRAGMA journal_mode = WAL", "CREATE TABLE invoices (id INTEGER)"},
		"rows in the log":      {"CREATE TABLE invoices (id INTEGER); PRAGMA journal_mode = WAL", "INSERT INTO invoices VALUES (1)"},
		"a journal to go back": {"CREATE TABLE invoices (id BLOB); PRAGMA cache_size = 2", "BEGIN; WITH n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 99) INSERT INTO invoices SELECT randomblob(3000) FROM n"},
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "other.db")
			other, close := rawOpen(t, path)
			for _, statements := range []string{c.before, c.under} {
				if _, err := other.ExecContext(t.Context(), statements); err != nil {
					t.Fatal(err)
				}
			}
			path = copied(t, path)
			close()
			if len(snapshot(t, filepath.Dir(path))) != 2 {
				t.Fatal("the test must have a log or a journal beside the file")
			}
			left(t, path, store.ErrForeign)
		})
	}
}

// What is no database of ours to begin with is refused in its own words.
func TestOtherFilesAreLeftAlone(t *testing.T) {
	tests.OnlyFile(t, "it is about which files are ours")
	folder := t.TempDir()
	path := filepath.Join(folder, "starter.db")
	openedOnce(t, path)
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		content []byte
		want    error
	}{
		"a text": {bytes.Repeat([]byte("This is a text.\n"), 100), store.ErrNotDatabase}, "a short text": {[]byte("a"), store.ErrNotDatabase},
		"cut off in its header": {whole[:50], store.ErrNotDatabase}, "cut off in its first page": {whole[:2000], store.ErrDamaged},
		"cut off after it": {whole[:4096], store.ErrDamaged}, "cut off in the middle": {whole[:len(whole)/2], store.ErrDamaged},
	} {
		t.Run(name, func(t *testing.T) {
			path := tests.Database(t)
			if err := os.WriteFile(path, c.content, 0o600); err != nil {
				t.Fatal(err)
			}
			left(t, path, c.want)
		})
	}
	left(t, folder, store.ErrNotFile)
	rawFile(t, path, "UPDATE schemas SET version = 9999 WHERE name = 'core'")
	left(t, path, store.ErrNewer)
	rawFile(t, path, "PRAGMA journal_mode = DELETE") // as a backup is
	left(t, path, store.ErrNewer)
}

// A write-ahead log belongs to one file: beside another one, or none, SQLite would write it into that, or remove it.
func TestLogOfAnotherFileIsLeftAlone(t *testing.T) {
	tests.OnlyFile(t, "it is about which files are ours")
	db := open(t, store.Options{Consumers: everybody})
	mustBegin(t, db, "ann", "vs_ann")
	backup := filepath.Join(t.TempDir(), "backup.db")
	if err := db.Exec(t.Context(), "VACUUM INTO '"+backup+"'"); err != nil {
		t.Fatal(err)
	}
	content, err := os.ReadFile(backup)
	if err != nil {
		t.Fatal(err)
	}
	for name, put := range map[string]func(path string) error{
		"nothing": os.Remove, "an empty file": func(path string) error { return os.Truncate(path, 0) },
		"a backup": func(path string) error { return os.WriteFile(path, content, 0o600) },
	} {
		t.Run(name, func(t *testing.T) {
			path := copied(t, db.Path())
			if err := put(path); err != nil {
				t.Fatal(err)
			}
			left(t, path, store.ErrOtherLog)
		})
	}
}

// A program that was killed leaves the log beside its file, which is opened, whatever is in which of the two.
func TestOwnFileIsKnown(t *testing.T) {
	tests.OnlyFile(t, "it is about which files are ours")
	db := open(t, store.Options{Consumers: everybody})
	mustBegin(t, db, "ann", "vs_ann")
	killed := copied(t, db.Path())
	if len(lines(t, copied(t, killed), "SELECT name, 1 FROM sqlite_master")) == 0 || len(snapshot(t, filepath.Dir(killed))) != 2 {
		t.Fatal("the test must have a file with its log")
	}
	backup := filepath.Join(t.TempDir(), "backup.db")
	if err := db.Exec(t.Context(), "VACUUM INTO '"+backup+"'"); err != nil {
		t.Fatal(err)
	}
	dumped := filepath.Join(t.TempDir(), "dumped.db")
	if err := db.Exec(t.Context(), "VACUUM INTO '"+dumped+"'"); err != nil {
		t.Fatal(err)
	}
	rawFile(t, dumped, "PRAGMA application_id = 0") // as a dump that was read in again
	empty := filepath.Join(t.TempDir(), "empty.db")
	rawFile(t, empty, "VACUUM")
	for name, path := range map[string]string{"killed": killed, "a backup": backup, "a dump": dumped, "empty": empty} {
		openedOnce(t, path)
		if got := lines(t, path, "SELECT 'mark', application_id FROM pragma_application_id")["mark"]; got != "1231311732" {
			t.Errorf("%s: it must be marked as docs/operate.md says, got %s", name, got)
		}
		if got := lines(t, path, "SELECT user_id, count(*) FROM verifications GROUP BY 1")["ann"]; (got == "1") == (name == "empty") {
			t.Errorf("%s: what is in it must stay, got %q", name, got)
		}
	}
}
