//go:build unix

package tests

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// moved is what happens to the files of a running program, and what its operator does about it once it is stopped.
type moved struct {
	what string
	do   func(file, backup string) error
	mend func(file string) error // nil: nothing
	kept bool                    // what was acknowledged since the backup must be there after the next start
}

// The database is where folder/now leads to: folder/one.
var moves = []moved{
	{"a backup is moved over it", func(file, backup string) error { return os.Rename(backup, file) }, nil, false},
	{"it is deleted", func(file, _ string) error { return os.Remove(file) }, nil, false},
	{"it is moved away, and back", func(file, _ string) error { return os.Rename(file, file+".away") },
		func(file string) error { return os.Rename(file+".away", file) }, true},
	{"a backup takes its place, and it comes back", func(file, backup string) error {
		return errors.Join(os.Rename(file, file+".away"), os.Rename(backup, file))
	}, func(file string) error { return os.Rename(file+".away", file) }, true},
	{"its log is deleted", func(file, _ string) error { return os.Remove(file + "-wal") }, nil, true},
	{"its log is another one", func(file, backup string) error { return os.Rename(backup, file+"-wal") }, nil, true},
	{"its folder is renamed, and back", func(file, _ string) error { return os.Rename(folderOf(file)+"/one", folderOf(file)+"/two") },
		func(file string) error { return os.Rename(folderOf(file)+"/two", folderOf(file)+"/one") }, true},
	{"the link leads to another folder", func(file, backup string) error {
		to := folderOf(file) + "/two"
		return errors.Join(os.Mkdir(to, 0o700), os.Rename(backup, to+"/starter.db"), os.Symlink("two", to+".link"),
			os.Rename(to+".link", folderOf(file)+"/now"))
	}, nil, false},
}

func folderOf(file string) string { return filepath.Dir(filepath.Dir(file)) }

// Somebody moves, replaces or deletes the database's files while the program runs: nothing is acknowledged that the
// next start would not find, the operator is told once what to do, and Stripe's next delivery is recorded after it.
func TestMovedWhileItRuns(t *testing.T) {
	OnlyFile(t, "a file can be moved")
	for _, m := range moves {
		t.Run(m.what, func(t *testing.T) {
			a := Start(t)
			if err := a.Stop(); err != nil {
				t.Fatal(err)
			}
			folder := t.TempDir()
			if err := errors.Join(os.Mkdir(folder+"/one", 0o700), os.Symlink("one", folder+"/now")); err != nil {
				t.Fatal(err)
			}
			a.Database = folder + "/now/starter.db"
			a.Set("DATABASE_URL=" + a.Database)
			a.Run()
			m.happens(a)
		})
	}
}

func (m moved) happens(a *App) {
	a.T.Helper()
	event := func(id string, want int) {
		a.T.Helper()
		if got := a.Deliver(Snapshot(id, "charge.succeeded", Object{"id": "ch_1"}).JSON(a.T), PlatformSecret); got.Status != want {
			a.T.Errorf("the event %s must be answered %d, got %d %s", id, want, got.Status, got.Body)
		}
	}
	event("evt_old", 200)
	backup := a.copied()
	event("evt_new", 200)
	if err := m.do(a.Database, backup.Database); err != nil {
		a.T.Fatal(err)
	}
	if got := a.API().Click(); got.Status != 500 || got.Code() != "internal" {
		a.T.Errorf("a click must be refused, got %d %s", got.Status, got.Body)
	}
	event("evt_lost", 500)
	event("evt_lost", 500)
	if got := a.API().Get("/healthz"); got.Status != 503 {
		a.T.Errorf("/healthz must be 503, got %d", got.Status)
	}
	if said := a.Out.String(); strings.Count(said, "stop the program") != 1 {
		a.T.Errorf("the log must say once what to do, got\n%s", said)
	}
	if err := a.Stop(); err != nil {
		a.T.Errorf("the program must end without an error, got %v", err)
	}
	if m.mend != nil {
		if err := m.mend(a.Database); err != nil {
			a.T.Fatal(err)
		}
	}
	a.Run()
	event("evt_lost", 200)
	if got := a.Rows("SELECT count(*) FROM events WHERE id = 'evt_lost'"); got[0] != "1" {
		a.T.Error("what is delivered again must be recorded")
	}
	if got := a.Rows("SELECT count(*) FROM events WHERE id = 'evt_new'"); m.kept && got[0] != "1" {
		a.T.Error("what was acknowledged must be in the file that was there then")
	}
	if got := a.Rows("PRAGMA integrity_check"); got[0] != "ok" {
		a.T.Errorf("the file must be sound, got %q", got)
	}
}
