//go:build unix

package store_test

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"example.com/identity-starter/store"
	"example.com/identity-starter/tests"
)

// movingDisk is a log during whose sync somebody moves another file over the database.
type movingDisk struct{ from, to string }

func (d movingDisk) Sync() error { return os.Rename(d.from, d.to) }

// inBackup opens a database, and makes a backup of it, as docs/operate.md says.
func inBackup(t *testing.T, opt store.Options) (db *store.DB, backup string) {
	t.Helper()
	tests.OnlyFile(t, "a file can be moved")
	db, err := store.Open(t.Context(), tests.Database(t), opt)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	backup = filepath.Join(t.TempDir(), "backup.db")
	if err := db.Exec(t.Context(), "VACUUM INTO '"+backup+"'"); err != nil {
		t.Fatal(err)
	}
	return db, backup
}

// Whether the files are where they were is looked at last of all: what moves after a look would take along what is
// acknowledged by it.
func TestMovedBetweenCommitAndAnswer(t *testing.T) {
	lost := []error{}
	db, backup := inBackup(t, store.Options{Consumers: everybody, MaxAttempts: 3, Lost: func(err error) { lost = append(lost, err) }})
	db.ReplaceLog(movingDisk{backup, db.Path()})
	for range 2 {
		if _, err := db.RecordEvent(t.Context(), store.Event{ID: "evt_1", Type: "t", CreatedAt: at(1)}); !errors.Is(err, store.ErrMoved) {
			t.Errorf("what is in no file of that name must not be acknowledged, got %v", err)
		}
	}
	if len(lost) != 1 || !errors.Is(lost[0], store.ErrMoved) || !strings.Contains(lost[0].Error(), db.Path()) {
		t.Errorf("it must be told once which file it is, got %v", lost)
	}
}

// Whoever need not wait for the disk is told nothing else, a health check sees it before anybody writes, and a file
// that has come there is neither read nor switched to a log.
func TestMovedIsSeenByAll(t *testing.T) {
	for name, see := range map[string]func(ctx context.Context, db *store.DB) error{
		"begin": func(ctx context.Context, db *store.DB) error {
			_, err := db.Begin(ctx, "ann", "", store.Made{})
			return err
		},
		"ping":                 func(ctx context.Context, db *store.DB) error { return db.Ping(ctx) },
		"nobody until the end": func(context.Context, *store.DB) error { return store.ErrMoved },
		"read":                 func(ctx context.Context, db *store.DB) error { return db.HoldReaders(ctx) },
	} {
		t.Run(name, func(t *testing.T) {
			db, backup := inBackup(t, store.Options{Consumers: everybody, MaxAttempts: 3})
			before, err := os.ReadFile(backup)
			if err == nil {
				err = os.Rename(backup, db.Path())
			}
			if err != nil {
				t.Fatal(err)
			}
			if err := see(t.Context(), db); !errors.Is(err, store.ErrMoved) {
				t.Errorf("it must be told that the file is another one, got %v", err)
			}
			if err := db.Close(); err != nil {
				t.Errorf("it must be closed without an error, got %v", err)
			}
			if after, err := os.ReadFile(db.Path()); err != nil || !bytes.Equal(before, after) {
				t.Errorf("the file that came there must be left as it is, %v", err)
			}
			openedOnce(t, db.Path())
		})
	}
}

// Where a backup takes the place of a file whose log is empty, nobody opens it beside the program that still has that log:
// what both wrote there would go into the file that was moved away.
func TestEmptyLogOfTheRunningProgram(t *testing.T) {
	db, backup := inBackup(t, store.Options{Consumers: everybody, MaxAttempts: 3})
	for _, statement := range []string{"VACUUM", "PRAGMA wal_checkpoint(TRUNCATE)"} {
		if err := db.Exec(t.Context(), statement); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Rename(backup, db.Path()); err != nil {
		t.Fatal(err)
	}
	refused(t, db.Path(), store.ErrOtherLog)
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	if got := snapshot(t, filepath.Dir(db.Path())); len(got) != 1 {
		t.Errorf("whoever ends must leave no log beside a file that it does not belong to, got %d files", len(got))
	}
	openedOnce(t, db.Path())
}

// A log lies beside the file that a link leads to, also where that is not there any more.
func TestLogAtTheEndOfALink(t *testing.T) {
	tests.OnlyFile(t, "a file can be moved")
	db := open(t, store.Options{Consumers: everybody})
	path := copied(t, db.Path())
	if err := errors.Join(os.Rename(path+"-wal", path+".end-wal"), os.Remove(path), os.Symlink(filepath.Base(path)+".end", path)); err != nil {
		t.Fatal(err)
	}
	left(t, path, store.ErrOtherLog)
}
