package store_test

import (
	"context"
	"database/sql"
	"errors"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"example.com/identity-starter/store"
	"example.com/identity-starter/tests"
)

// small is a database in which something has happened.
func small(t *testing.T, opt store.Options) (path string, db *store.DB) {
	t.Helper()
	path = tests.Database(t)
	db = openAt(t, path, opt)
	mustBegin(t, db, "ann", "vs_ann")
	hear(t, db, "vs_ann", failure("a", 1))
	return path, db
}

// A copy is of one moment, however long it takes: what the program records meanwhile is in none of its tables.
func TestCopyIsOfOneMoment(t *testing.T) {
	from, db := small(t, store.Options{Consumers: everybody})
	before, to, told := everything(t, from), filepath.Join(t.TempDir(), "to.db"), 0
	source, err := store.Look(t.Context(), from, store.Options{})
	must(t, err)
	defer source.Close()
	_, err = source.CopyTo(t.Context(), to, func(rows int) {
		if told == 0 {
			mustBegin(t, db, "bob", "vs_bob")
			hear(t, db, "vs_bob", failure("b", 1))
		}
		if rows < told {
			t.Errorf("what is told must grow, got %d after %d", rows, told)
		}
		told = rows
	})
	must(t, err)
	mustBeLike(t, before, everything(t, to))
	if told != len(before) {
		t.Errorf("at the end all %d rows must have been told, got %d", len(before), told)
	}
	if len(everything(t, from)) == len(before) {
		t.Error("meanwhile the program must have recorded something")
	}
}

// Whoever ends a copy halfway has an empty database there, into which the next one goes.
func TestCopyThatIsInterrupted(t *testing.T) {
	from, _ := small(t, store.Options{Consumers: everybody})
	source, err := store.Look(t.Context(), from, store.Options{})
	must(t, err)
	defer source.Close()
	to := tests.Database(t)
	ctx, stop := context.WithCancel(t.Context())
	if _, err := source.CopyTo(ctx, to, func(rows int) {
		if rows > 3 {
			stop()
		}
	}); !errors.Is(err, context.Canceled) {
		t.Errorf("whoever leaves must end it, got %v", err)
	}
	if left := tests.Tables(t, to); len(left) > 0 {
		t.Errorf("nothing may be left of it, got %q", left)
	}
	_, err = source.CopyTo(t.Context(), to, nil)
	must(t, err)
	mustBeLike(t, everything(t, from), everything(t, to))
}

// What else is in a server's database is none of a copy's business: it neither waits for those who drop it nor holds them up.
func TestCopyBesideAnotherProgram(t *testing.T) {
	tests.OnlyServer(t, "a file is one program's")
	ctx, end := context.WithTimeout(t.Context(), time.Minute)
	defer end()
	from, _ := small(t, store.Options{Consumers: everybody})
	var theirs []*sql.DB
	for range 2 {
		db := tests.Raw(t, tests.Database(t))
		_, err := db.ExecContext(ctx, `CREATE TABLE invoices (id bigint GENERATED ALWAYS AS IDENTITY); INSERT INTO invoices DEFAULT VALUES`)
		must(t, err)
		theirs = append(theirs, db)
	}
	dropping, err := theirs[0].BeginTx(ctx, nil)
	must(t, err)
	defer dropping.Rollback()
	_, err = dropping.ExecContext(ctx, `DROP TABLE invoices`)
	must(t, err)
	source, err := store.Look(ctx, from, store.Options{})
	must(t, err)
	defer source.Close()
	var dropped sync.Once
	_, err = source.CopyTo(ctx, tests.Database(t), func(int) {
		dropped.Do(func() {
			_, err := theirs[1].ExecContext(ctx, `SET lock_timeout = '5s'; DROP TABLE invoices`)
			must(t, err)
		})
	})
	must(t, err)
}

// A database that has anything of its own is not written to, and one that is copied is not changed, nor made.
func TestCopyIsRefused(t *testing.T) {
	from, _ := small(t, store.Options{Consumers: everybody})
	others, _ := small(t, store.Options{Consumers: everybody})
	foreign := tests.Database(t)
	rawExec(t, foreign, `CREATE TABLE invoices (id INTEGER)`)
	spoilt := tests.Database(t)
	openAt(t, spoilt, store.Options{})
	rawExec(t, spoilt, tests.Said(`CREATE TRIGGER spoil AFTER INSERT ON people BEGIN UPDATE people SET attempts = 9; END`,
		`CREATE FUNCTION spoil() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.attempts := 9; RETURN NEW; END $$;
		CREATE TRIGGER spoil BEFORE INSERT ON people FOR EACH ROW EXECUTE FUNCTION spoil()`))
	before := everything(t, from)
	for to, want := range map[string]string{others: store.ErrNotEmpty.Error(), from: store.ErrSame.Error(), spoilt: store.ErrNotCopied.Error(),
		foreign: "of another program"} {
		there := everything(t, to)
		if _, err := copyOf(t, from, to, store.Options{}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("it must be refused with %q, got %v", want, err)
		}
		if after := everything(t, to); !slices.Equal(there, after) {
			t.Errorf("nothing may be changed there, got %q", after)
		}
	}
	fresh := tests.Database(t)
	openAt(t, fresh, store.Options{})
	if _, err := copyOf(t, from, fresh, store.Options{}); err != nil {
		t.Errorf("a program that was started there, and has recorded nothing, must be no reason, got %v", err)
	}
	if _, err := copyOf(t, from, fresh, store.Options{}); !errors.Is(err, store.ErrSame) {
		t.Errorf("a second copy into the first one must be refused as such, got %v", err)
	}
	rawExec(t, from, `ALTER TABLE events ADD COLUMN more INTEGER`)
	if _, err := copyOf(t, from, tests.Database(t), store.Options{}); !errors.Is(err, store.ErrUnlike) {
		t.Errorf("no column may be lost, got %v", err)
	}
	rawExec(t, from, `ALTER TABLE events DROP COLUMN more`)
	mustBeLike(t, before, everything(t, from))
}

// What a program does not know it does not copy, and what it would first have to change it leaves as it is.
func TestLookIsRefused(t *testing.T) {
	path, _ := small(t, store.Options{Schemas: []store.Schema{notes(1)}})
	empty, before := tests.Database(t), everything(t, path)
	for _, c := range []struct {
		path    string
		schemas []store.Schema
		want    error
	}{{path, nil, store.ErrAbsent}, {path, []store.Schema{notes(2)}, store.ErrOlder}, {path, []store.Schema{notes(1), ownTables}, store.ErrOlder},
		{path, []store.Schema{notes(0)}, store.ErrNewer}, {empty, nil, store.ErrNothing}} {
		db, err := store.Look(t.Context(), c.path, store.Options{Schemas: c.schemas})
		if err == nil {
			_ = db.Close()
		}
		if !errors.Is(err, c.want) {
			t.Errorf("with %d parts it must be refused with %q, got %v", len(c.schemas), c.want, err)
		}
	}
	mustBeLike(t, before, everything(t, path))
	if files, err := filepath.Glob(empty); err != nil || len(files) > 0 {
		t.Errorf("a database to copy may not be made, got %q, %v", files, err)
	}
}

// A table of nobody in the program is left where it is, and that is said.
func TestCopyLeavesOthersOut(t *testing.T) {
	from, _ := small(t, store.Options{})
	rawExec(t, from, `CREATE TABLE theirs (id INTEGER)`)
	done, err := copyOf(t, from, tests.Database(t), store.Options{})
	if err != nil || !slices.Equal(done.LeftOut, []string{"theirs"}) {
		t.Errorf("it must be named, got %+v, %v", done, err)
	}
}

// A file keeps every byte, a server only what is text: a row with anything else must not keep people from moving.
func TestCopyOfBytesThatAreNoText(t *testing.T) {
	from, to := filepath.Join(t.TempDir(), "from.db"), tests.Database(t)
	must(t, inTx(t.Context(), openAt(t, from, store.Options{Schemas: []store.Schema{notes(1)}}), func(do exec) error {
		return do(`INSERT INTO notes VALUES (0, 'bob', $1, 'of bob')`, "a\x00b\xff")
	}))
	done, err := copyOf(t, from, to, store.Options{Schemas: []store.Schema{notes(1)}})
	must(t, err)
	replaced := 0
	for _, table := range done.Tables {
		replaced += table.Replaced
	}
	if want := len(tests.Said("", "1")); replaced != want {
		t.Errorf("rows with such texts must be counted, %d, got %d", want, replaced)
	}
	if want, got := tests.Said("a\x00b\xff", "a\uFFFDb\uFFFD"), lines(t, to, "SELECT user_id, author FROM notes")["bob"]; got != want {
		t.Errorf("what can be kept must be kept, %q, got %q", want, got)
	}
	_, err = copyOf(t, to, filepath.Join(t.TempDir(), "back.db"), store.Options{Schemas: []store.Schema{notes(1)}})
	must(t, err)
}

func rawExec(t *testing.T, path, statement string) {
	t.Helper()
	db := tests.Raw(t, path)
	defer db.Close()
	_, err := db.ExecContext(t.Context(), statement)
	must(t, err)
}
