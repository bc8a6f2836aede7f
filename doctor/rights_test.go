package doctor_test

import (
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"example.com/identity-starter/store"
	"example.com/identity-starter/stripesim"
)

// What the program writes is its own user's alone. Where a file was restored, or copied beside it, as everybody's, the doctor says
// so, with the command that mends it.
func TestRights(t *testing.T) {
	if runtime.GOOS == "windows" {
		return // modes say nothing there
	}
	p := healthy(t, stripesim.Config{}, public)
	p.database(store.Event{ID: "evt_1", Type: "a", CreatedAt: time.Now()})
	folder := filepath.Dir(p.settings.Database)
	db, err := store.Open(t.Context(), p.settings.Database, store.Options{MaxAttempts: 3})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if _, err := db.Begin(t.Context(), "ann", "", store.Made{}); err != nil { // SQLite sets the rights of an empty log anew
		t.Fatal(err)
	}
	files, err := os.ReadDir(folder)
	if err != nil {
		t.Fatal(err)
	}
	if len(files) != 3 {
		t.Errorf("there must be a database and SQLite's two files, got %v", files)
	}
	for _, f := range files {
		if info, err := f.Info(); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("what the program writes must be its user's alone, got %v %v", info, err)
		}
	}
	silent := func(why string) {
		t.Helper()
		if out, _ := p.examine(); strings.Contains(out, "rights") {
			t.Errorf("nothing may be said where %s, got\n%s", why, out)
		}
	}
	silent("nobody else can read anything")
	for _, name := range []string{"starter.db", "starter.db-wal", "starter.db-shm", "2026's copy.db", "starter.db.old"} {
		path := filepath.Join(folder, name)
		for _, mode := range []os.FileMode{0o640, 0o604} {
			if f, err := os.OpenFile(path, os.O_CREATE, mode); err != nil || f.Close() != nil || os.Chmod(path, mode) != nil {
				t.Fatalf("%s must be changed, got %v", name, err)
			}
			p.says("WARN  rights", "others on this machine can read "+name, "chmod 600 '"+strings.ReplaceAll(path, "'", `'\''`)+"'")
		}
		if err := os.Chmod(path, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	silent("that was mended")
	if err := os.Chmod(p.settings.Database, 0o644); err != nil {
		t.Fatal(err)
	}
	link := filepath.Join(t.TempDir(), "link")
	if err := os.Symlink(p.settings.Database, link); err != nil {
		t.Fatal(err)
	}
	whole := p.settings.Database
	p.settings.Database = link
	p.says("WARN  rights", "can read starter.db", "chmod 600 '"+whole+"'")
	if err := os.Chmod(folder, 0o700); err != nil {
		t.Fatal(err)
	}
	silent("nobody else gets into the folder")
}
