package store_test

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"example.com/identity-starter/store"
	"example.com/identity-starter/tests"
)

// ownTables is a part as a team may write it: rows of its own from the start, a table without a key, one that refers to itself
// and to a later one, names in capitals, and bytes.
var ownTables = store.Schema{Part: "own", Scripts: fstest.MapFS{"0001_start.sql": {Data: []byte(`
	CREATE TABLE Notes (userId TEXT NOT NULL, note TEXT , "order" INTEGER) STRICT;
	INSERT INTO Notes VALUES ('nobody', 'of the start', 1);
	CREATE TABLE parents (id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, of INTEGER REFERENCES parents (id), seal BLOB, at INTEGER, weight REAL) STRICT;
	ALTER TABLE Notes ADD COLUMN parent INTEGER REFERENCES parents (id);`)}}}

func ownOptions(c *clock) store.Options {
	return store.Options{Consumers: storyConsumers(true), Gate: true, MaxAttempts: 4, TokenKey: keyOf(7), Schemas: []store.Schema{ownTables}, Now: c.now}
}

// lived is a database in which much has happened, with everything that is hard to copy, and the stories of it.
func lived(t *testing.T, c *clock) (path string, stories []*story) {
	t.Helper()
	path = tests.Database(t)
	kind := storyKind{name: "before a copy", gate: true, attempts: 4}
	db := openAt(t, path, ownOptions(c))
	must(t, db.NoSync(t.Context()))
	for seed := uint64(1); seed <= 20; seed++ {
		stories = append(stories, tell(t, kind, []*store.DB{db}, seed, c))
	}
	connectWithToken(t, db, "acct_1", "ann", "a token")
	must(t, db.SaveAccount(t.Context(), store.Account{ID: "acct_2", UserID: "ann", ConnectedAt: at(1)}, ""))
	_, err := db.NewState(t.Context(), "ann")
	must(t, err)
	mustBegin(t, db, "last", "vs_last")
	hear(t, db, "vs_last", verified(1))
	must(t, inTx(t.Context(), db, func(do exec) error {
		for _, statement := range []string{`INSERT INTO parents (id, of) VALUES (3, NULL), (2, 3), (5, 2)`,
			`INSERT INTO Notes VALUES ('ann', NULL, NULL, 5), ('ann', NULL, NULL, 5), ('ünïcode ☂', '', -1, NULL)`, `UPDATE parents SET at = 1, weight = 0.1 WHERE id = 3`} {
			if err := do(statement); err != nil {
				return err
			}
		}
		return do(`UPDATE parents SET seal = $1 WHERE id = 5`, []byte{0, 1, 255})
	}))
	return path, stories
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// copyOf copies a database, and opens neither.
func copyOf(t *testing.T, from, to string, opt store.Options) (store.Copy, error) {
	t.Helper()
	db, err := store.Look(t.Context(), from, opt)
	must(t, err)
	defer db.Close()
	return db.CopyTo(t.Context(), to, nil)
}

// everything is each row of each table, as text.
func everything(t *testing.T, path string) (rows []string) {
	t.Helper()
	db := tests.Raw(t, path)
	defer db.Close()
	for _, table := range tests.Tables(t, path) {
		if strings.HasPrefix(table, "sqlite_") {
			continue
		}
		found, err := db.QueryContext(t.Context(), "SELECT * FROM "+table)
		must(t, err)
		defer found.Close()
		names, err := found.Columns()
		must(t, err)
		row, into := make([]any, len(names)), make([]any, len(names))
		for i := range row {
			into[i] = &row[i]
		}
		for found.Next() {
			must(t, found.Scan(into...))
			rows = append(rows, strings.ToLower(fmt.Sprint(table, names))+fmt.Sprintf(" %#v", row))
		}
		must(t, found.Err())
	}
	slices.Sort(rows)
	return rows
}

// A copy has everything that there was, from a file to a server and back, and the program goes on with it as it would have with
// the first: what was heard is known, what was to do is done, no number is given twice, and all can be opened with the key.
func TestCopyHasEverything(t *testing.T) {
	c := &clock{}
	from, stories := lived(t, c)
	highest := lastActionIsGone(t, from)
	before := everything(t, from)
	for _, to := range []string{filepath.Join(t.TempDir(), "second.db"), tests.Database(t)} {
		done, err := copyOf(t, from, to, ownOptions(c))
		must(t, err)
		mustBeLike(t, before, everything(t, to))
		rows := 0
		for _, table := range done.Tables {
			rows += table.Rows
		}
		if rows != len(before) || len(done.LeftOut) > 0 {
			t.Errorf("it must be said how much was copied, got %+v", done)
		}
		from = to
	}
	db := openAt(t, from, ownOptions(c))
	for _, s := range stories {
		s.dbs = []*store.DB{db}
		for i := range s.events {
			s.deliver(i) // as one that is known
		}
	}
	if token, err := db.RefreshToken(t.Context(), "acct_1"); token != "a token" {
		t.Errorf("the key must open what was copied, got %v", err)
	}
	mustBegin(t, db, "somebody new", "vs_new")
	hear(t, db, "vs_new", failure("a", 1))
	if inTx(t.Context(), db, func(do exec) error { return do(`INSERT INTO parents (of) VALUES (99)`) }) == nil {
		t.Error("what refers to another row must do so in the copy, too")
	}
	if next := lastActionIsGone(t, from); next <= highest {
		t.Errorf("no number may be given twice, also that of a row that is gone: %d was given, got %d", highest, next)
	}
}

// lastActionIsGone removes the newest action, and returns its number.
func lastActionIsGone(t *testing.T, path string) (number int) {
	t.Helper()
	must(t, tests.Raw(t, path).QueryRowContext(t.Context(), `DELETE FROM actions WHERE id = (SELECT max(id) FROM actions) RETURNING id`).Scan(&number))
	return number
}

func mustBeLike(t *testing.T, before, after []string) {
	t.Helper()
	for _, row := range before {
		if !slices.Contains(after, row) {
			t.Errorf("the copy must have %s", row)
		}
	}
	if len(after) != len(before) {
		t.Errorf("the copy must have %d rows, got %d", len(before), len(after))
	}
}
