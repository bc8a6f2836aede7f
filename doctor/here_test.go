package doctor_test

import (
	"context"
	"database/sql"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"example.com/identity-starter/doctor"
	"example.com/identity-starter/store"
	"example.com/identity-starter/stripesim"
)

func TestDatabase(t *testing.T) {
	p := healthy(t, stripesim.Config{}, public)
	p.says("PASS  database", "will be made")
	p.database()
	p.says("PASS  database", "writable", "schema version")
	p.says("WARN  last event", "no webhook is on record")
	p.change(`INSERT INTO events (id, type, livemode, account, object_id, created_at, received_at, result)
		VALUES ('evt_1', 'a', 1, '', '', unixepoch(), unixepoch(), 'ignored')`)
	p.says("WARN  last event", "no webhook") // that one was of the other mode
	fetched := store.Event{ID: "evt_2", Type: "a", CreatedAt: time.Now(), Fetched: true}
	p.database(fetched)
	p.says("WARN  last event", "kept; newer events that Stripe had to be asked for: 1 (", "deliveries")
	p.database(store.Event{ID: "evt_3", Type: "a", CreatedAt: time.Now().Add(-time.Hour)})
	p.says("WARN  last event", "ago); newer events that Stripe had to be asked for: 1 (")
	fetched.Fetched = false
	p.database(fetched)
	p.says("PASS  last event", "received")
	if err := os.WriteFile(p.settings.Database+".empty", nil, 0o600); err != nil {
		t.Fatal(err)
	}
	p.settings.Database += ".empty"
	p.says("PASS  database", "schema version 0 (the next start")
	if s, err := os.Stat(p.settings.Database); err != nil || s.Size() != 0 {
		t.Errorf("doctor must not migrate the file, got %v %v", s, err)
	}
}

func TestBadDatabase(t *testing.T) {
	p := healthy(t, stripesim.Config{}, public)
	p.database()
	whole, folder := p.settings.Database, t.TempDir()
	content, err := os.ReadFile(whole)
	if err != nil {
		t.Fatal(err)
	}
	write := func(name string, content []byte) {
		t.Helper()
		p.settings.Database = filepath.Join(folder, name)
		if err := os.WriteFile(p.settings.Database, content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("text.db", []byte(strings.Repeat("This is a text.\n", 100)))
	p.says("FAIL  database", "not an SQLite database", "DATABASE_URL")
	content[18] = 3 // a format that may only be read (sqlite.org/fileformat.html)
	write("readonly.db", content)
	p.says("FAIL  database", "cannot be written")
	content[18] = 1
	write("newer.db", content)
	p.change("UPDATE schemas SET version = 255")
	p.says("FAIL  database", "schema version 255 of core", "newer program")
	write("older.db", content)
	p.change("DROP TABLE schemas")
	p.says("FAIL  database", "before the first release", "DATABASE_URL", "reconcile -all")
	p.settings.Database = filepath.Join(folder, "none", "starter.db")
	p.says("FAIL  database", "cannot be made", "folder")
	p.settings.Database = folder
	p.says("FAIL  database", "a folder", "name a file")
	write("cut.db", content[:len(content)/2])
	p.says("FAIL  database", "cut off", "restore a backup")
	write("other.db", nil)
	p.change("CREATE TABLE invoices (id INTEGER)")
	p.says("FAIL  database", "another program", "DATABASE_URL", "choose another name")
	write("gone.db-wal", content)
	p.settings.Database = filepath.Join(folder, "gone.db")
	p.says("FAIL  database", "-wal", "DATABASE_URL", "put that file back")
}

// A row of a user that says something else than what it is derived from is found.
func TestUnderived(t *testing.T) {
	p := healthy(t, stripesim.Config{}, public)
	p.sim.AddEndpoint(good())
	p.database(store.Event{ID: "evt_1", Type: "a", CreatedAt: time.Now()})
	p.change("INSERT INTO people (livemode, user_id) VALUES (0, 'ann')")
	if out, failed := p.examine(); failed != 0 || strings.Contains(out, "people") {
		t.Errorf("what is right must not be told, got %d\n%s", failed, out)
	}
	p.change("UPDATE people SET verified = 1")
	p.says("FAIL  database", "of 1 users", `"ann"`, "reconcile -all")
}

// change runs a statement on the patient's file.
func (p *patient) change(statement string) {
	p.t.Helper()
	db, err := sql.Open("sqlite3", "file:"+p.settings.Database)
	if err != nil {
		p.t.Fatal(err)
	}
	defer db.Close()
	if _, err := db.ExecContext(p.t.Context(), statement); err != nil {
		p.t.Fatal(err)
	}
}

// An extra's tables belong to a version, too, and what waits for an extra that was
// taken out is told.
func TestExtrasInTheDatabase(t *testing.T) {
	p := healthy(t, stripesim.Config{}, public)
	p.sim.AddEndpoint(good())
	p.database(store.Event{ID: "evt_1", Type: "a", CreatedAt: time.Now()})
	p.change(`INSERT INTO actions (key, livemode, kind, outcome, person, user_id, object_id, code, created_at, due_at, done_at) VALUES
		('a', 0, 'mail', 'verified', 1, 'ann', 'vs_1', '', 1, 1, NULL), ('b', 0, 'mail', 'verified', 1, 'bob', 'vs_2', '', 1, 1, NULL),
		('c', 0, 'team', 'verified', 1, 'ann', 'vs_1', '', 1, 1, NULL), ('d', 0, 'gone', 'verified', 1, 'ann', 'vs_1', '', 1, 1, 2),
		('e', 1, 'gone', 'verified', 1, 'ann', 'vs_1', '', 1, 1, NULL)`)
	p.settings.Consumers = []string{"cancel", "team"}
	p.says("WARN  actions", `2 of kind "mail"`, "team/extras.go")
	out, failed := p.examine()
	if failed != 0 || strings.Count(out, "WARN") != 1 {
		t.Errorf("there must be one warning: what is done, or of the other mode, waits for nobody, got\n%s", out)
	}
	p.settings.Consumers = append(p.settings.Consumers, "mail")
	if out, _ := p.examine(); strings.Contains(out, "actions") {
		t.Errorf("with its consumer in the program, what waits is no news, got\n%s", out)
	}
	p.change("INSERT INTO schemas (name, version, personal) VALUES ('mail', 2, 1), ('gone', 7, 0)")
	script := fstest.MapFile{Data: []byte("SELECT 1")}
	p.settings.Schemas = []store.Schema{{Part: "mail", Scripts: fstest.MapFS{"0001.sql": &script}}}
	p.says("FAIL  database", "schema version 2 of mail, this program knows 1", "newer program")
	p.settings.Schemas[0].Scripts = fstest.MapFS{"0001.sql": &script, "0002.sql": &script}
	p.says("PASS  database", "writable")
}

// What is on is told; what cannot work so is a warning, and no failure.
func TestExtras(t *testing.T) {
	p := healthy(t, stripesim.Config{}, "http://localhost:4242")
	p.settings.Extras = []doctor.Extra{{Name: "mail", State: "on", Setting: "SMTP_URL"},
		{Name: "comparing", State: "on", Setting: "code", Warning: "nobody can release"}}
	p.says("PASS  mail (SMTP_URL)", "on")
	p.says("WARN  comparing (code)", "on (nobody can release)")
	if out, failed := p.examine(); failed != 0 {
		t.Errorf("a warning must be no failure, got\n%s", out)
	}
	fix := "start it"
	p.settings.Extras[0].Probe = func(context.Context) (string, string) { return "an answer", fix }
	p.says("FAIL  mail", "an answer (start it)")
	fix = ""
	p.says("PASS  mail", "an answer")
}

// A file that another program has locked, such as a database browser with changes that are not saved, is sound: nobody
// is told to put a backup in its place.
func TestLockedDatabase(t *testing.T) {
	t.Parallel() // the doctor waits for some seconds
	p := healthy(t, stripesim.Config{}, public)
	p.database()
	other, err := sql.Open("sqlite3", "file:"+p.settings.Database+"?_txlock=immediate")
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	tx, err := other.BeginTx(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer tx.Rollback()
	p.says("FAIL  database", "another program keeps the database locked", "end it")
}
