package tests

import (
	"context"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"example.com/identity-starter/app"
	"example.com/identity-starter/settings"
)

// refusesToStart runs the program and returns the one line that it ends with.
func refusesToStart(t *testing.T, pairs ...string) string {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	out, done := NewOutput(), make(chan error, 1)
	go func() { done <- app.Run(ctx, nil, settings.New(SettingsOf(pairs...)), Team, out) }()
	select {
	case <-out.seen:
		cancel()
		<-done
		t.Fatalf("with %q the program must not start, but it said\n%s", pairs, out)
	case err := <-done:
		if err == nil || strings.Contains(err.Error(), "\n") || strings.Contains(err.Error(), "marker") {
			t.Fatalf("the program must end with one line that quotes no setting, got %v", err)
		}
		return err.Error()
	}
	return ""
}

// says checks that a line names the variable and what is wrong.
func says(t *testing.T, line, variable, what string) {
	t.Helper()
	if !strings.HasPrefix(line, variable+": ") || !strings.Contains(line, what) {
		t.Errorf("the line must name %s and say %q, got %q", variable, what, line)
	}
}

func TestPortInUse(t *testing.T) {
	taken, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "localhost:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	database := Database(t)
	line := refusesToStart(t, "ADDR="+taken.Addr().String(), "DATABASE_URL="+database)
	says(t, line, "ADDR", "uses this port")
	says(t, line, "ADDR", "BASE_URL") // which has to follow when ADDR changes
	if _, err := os.Stat(database); err == nil {
		t.Error("with the port in use nothing may be started, not even a database")
	}
	says(t, refusesToStart(t, "ADDR=192.0.2.1:0", "BASE_URL=http://localhost:1", "DATABASE_URL="+database), "ADDR", "listen")
}

func TestDatabaseOfANewerProgram(t *testing.T) {
	a := Start(t)
	merchant := a.Merchant()
	session := merchant.Verify(a)
	if err := a.Stop(); err != nil {
		t.Fatal(err)
	}
	a.Change("UPDATE schemas SET version = 9999 WHERE name = 'core'")
	says(t, refusesToStart(t, "DATABASE_URL="+a.Database), "DATABASE_URL", "newer version of this program: run that one")
	db := Raw(t, a.Database)
	var version int
	var kept string
	if err := db.QueryRowContext(t.Context(), "SELECT version FROM schemas").Scan(&version); err != nil || version != 9999 {
		t.Errorf("a newer database must stay as it is, got version %d, %v", version, err)
	}
	if err := db.QueryRowContext(t.Context(), "SELECT session_id FROM verifications").Scan(&kept); err != nil || kept != session.ID {
		t.Errorf("a newer database must keep its rows, got %q, %v", kept, err)
	}
}

// The file is from before the first release: nothing keeps it up.
func TestDatabaseOfThePrerelease(t *testing.T) {
	a := Start(t)
	a.Merchant().Verify(a)
	if err := a.Stop(); err != nil {
		t.Fatal(err)
	}
	a.Change("DROP TABLE schemas")
	line := refusesToStart(t, "DATABASE_URL="+a.Database)
	says(t, line, "DATABASE_URL", "before the first release")
	says(t, line, "DATABASE_URL", "choose a new name, then `reconcile -all`")
	if got := a.Rows("SELECT count(*) FROM verifications"); got[0] != "1" {
		t.Errorf("the file must stay as it is, got %q", got)
	}
	a.Set("DATABASE_URL=" + Database(t))
	if out, err := a.Command("reconcile", "-all"); err != nil || !strings.Contains(out, "sessions listed: 1 changed something") {
		t.Errorf("what the line says must work, got %v\n%s", err, out)
	}
}

func TestNotADatabase(t *testing.T) {
	OnlyFile(t, "which files are ours")
	for name, content := range map[string]string{"a text": strings.Repeat("This is a marker of a text.\n", 100), "a short text": "marker",
		"random bytes": strings.Repeat("\x00\xff\x10\x80", 2000)} {
		t.Run(name, func(t *testing.T) {
			file := Database(t)
			if err := os.WriteFile(file, []byte(content), 0o600); err != nil {
				t.Fatal(err)
			}
			says(t, refusesToStart(t, "DATABASE_URL=file:"+file), "DATABASE_URL", "not an SQLite database")
			if now, err := os.ReadFile(file); err != nil || string(now) != content {
				t.Errorf("somebody's file must stay as it is, %v", err)
			}
		})
	}
}

// These fail for root as well, who may write everywhere.
func TestDatabaseThatCannotBeWritten(t *testing.T) {
	OnlyFile(t, "which files are ours")
	folder := t.TempDir()
	file := filepath.Join(folder, "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for name, path := range map[string]string{"a folder": folder, "in a missing folder": filepath.Join(folder, "none", "starter.db"),
		"below a file": filepath.Join(file, "starter.db")} {
		t.Run(name, func(t *testing.T) {
			says(t, refusesToStart(t, "DATABASE_URL="+path), "DATABASE_URL", "folder")
		})
	}
}

// A file that may only be read. Its mode would not stop root, but a format version
// above 2 makes SQLite treat it so (sqlite.org/fileformat.html).
func TestReadOnlyDatabase(t *testing.T) {
	OnlyFile(t, "which files are ours")
	a := Start(t)
	if err := a.Stop(); err != nil {
		t.Fatal(err)
	}
	file, err := os.OpenFile(a.Database, os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := file.WriteAt([]byte{3}, 18); err != nil {
		t.Fatal(err)
	}
	if err := file.Close(); err != nil {
		t.Fatal(err)
	}
	says(t, refusesToStart(t, "DATABASE_URL="+a.Database), "DATABASE_URL", "cannot be written")
}

// The file that the program makes has a name with everything in it that an address could trip over.
func TestDatabaseWithAnOddName(t *testing.T) {
	OnlyFile(t, "which files are ours")
	a := Start(t)
	if err := a.Stop(); err != nil {
		t.Fatal(err)
	}
	a.Database = filepath.Join(t.TempDir(), "a b?c=d&mode=memory%20#é.db")
	a.Set("DATABASE_URL=" + a.Database)
	a.Run()
	if _, err := os.Stat(a.Database); err != nil {
		t.Errorf("the database must be the file that was named: %v", err)
	}
}

// The file belongs to another program, and stays as it is.
func TestDatabaseOfAnotherProgram(t *testing.T) {
	OnlyFile(t, "which files are ours")
	for _, made := range []string{"CREATE TABLE invoices (id INTEGER)", "CREATE TABLE posts (id INTEGER); PRAGMA user_version = 6",
		"PRAGMA application_id = 252006673"} {
		a := &App{T: t, Database: filepath.Join(t.TempDir(), "other.db")}
		a.Change(made)
		before, err := os.ReadFile(a.Database)
		if err != nil {
			t.Fatal(err)
		}
		says(t, refusesToStart(t, "DATABASE_URL="+a.Database), "DATABASE_URL", "another program: choose another name")
		if after, err := os.ReadFile(a.Database); err != nil || string(after) != string(before) {
			t.Errorf("somebody's file must stay as it is, %v", err)
		}
	}
}
