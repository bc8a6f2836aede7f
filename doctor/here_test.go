package doctor_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
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
	p.says("WARN  last event", "no webhook was ever received")
	p.database(store.Event{ID: "evt_1", Type: "a", Livemode: true, CreatedAt: time.Now()})
	p.says("WARN  last event", "ever") // that one was of the other mode
	p.database(store.Event{ID: "evt_2", Type: "a", CreatedAt: time.Now()})
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
	content[18], content[63] = 1, 255 // user_version is the number that ends at byte 63
	write("newer.db", content)
	p.says("FAIL  database", "schema version 255", "newer program")
	p.settings.Database = filepath.Join(folder, "none", "starter.db")
	p.says("FAIL  database", "cannot be made", "folder")
	p.settings.Database = folder
	p.says("FAIL  database", "cannot be written")
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
}
