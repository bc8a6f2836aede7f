package store_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"example.com/identity-starter/store"
	"example.com/identity-starter/tests"
)

// A file from before the first release is left as it is.
func TestFileOfTheOldLayoutIsRefused(t *testing.T) {
	tests.OnlyFile(t, "a server never had the old layout")
	path := tests.Database(t)
	rawFile(t, path, `CREATE TABLE verifications (id TEXT NOT NULL PRIMARY KEY, livemode INTEGER NOT NULL, user_id TEXT NOT NULL,
		session_id TEXT UNIQUE, status TEXT NOT NULL, created_at INTEGER NOT NULL, updated_at INTEGER NOT NULL) STRICT`,
		`CREATE TABLE attempts (report_id TEXT NOT NULL PRIMARY KEY, user_id TEXT NOT NULL) STRICT`,
		`INSERT INTO verifications VALUES ('V1', 0, 'ann', 'vs_ann', 'verified', 1, 1)`, `PRAGMA user_version = 6`)
	refused(t, path, store.ErrPrerelease)
	if got := lines(t, path, "SELECT name, sql IS NOT NULL FROM sqlite_master WHERE type = 'table'"); len(got) != 2 {
		t.Errorf("nothing may be added to such a file, got %v", got)
	}
	if got := lines(t, path, "SELECT session_id, status FROM verifications"); got["vs_ann"] != "verified" {
		t.Errorf("its rows must stay, got %v", got)
	}
}

func TestNewerSchemaIsRefused(t *testing.T) {
	path := tests.Database(t)
	openAt(t, path, store.Options{})
	rawFile(t, path, `UPDATE schemas SET version = 9999 WHERE name = 'core'`)
	refused(t, path, store.ErrNewer)
	if got := lines(t, path, "SELECT name, version FROM schemas"); got["core"] != "9999" {
		t.Errorf("a newer file must stay as it is, got %v", got)
	}
}

// notes is the schema of a part, as far as so many of its scripts were written.
func notes(scripts int) store.Schema {
	files := fstest.MapFS{}
	for i, script := range []string{
		// It needs the core's tables.
		`CREATE TABLE notes (livemode INTEGER NOT NULL, user_id TEXT NOT NULL, author TEXT NOT NULL, note TEXT NOT NULL) STRICT;
		 CREATE INDEX notes_of_decisions ON decisions (livemode, reviewer);
		 INSERT INTO notes SELECT 0, 'ann', 'rita', 'of ' || count(*) || ' verifications' FROM verifications;`,
		`ALTER TABLE notes ADD COLUMN more TEXT NOT NULL DEFAULT 'yes';`,
	}[:scripts] {
		files[[]string{"0001_start.sql", "0002_more.sql"}[i]] = &fstest.MapFile{Data: []byte(script)}
	}
	return store.Schema{Part: "notes", Scripts: files}
}

// A part's scripts run after the core's, once each, also those that come later.
func TestSchemaOfAPart(t *testing.T) {
	path := tests.Database(t)
	for _, c := range []struct {
		scripts       int
		version, rows string
	}{{0, "", ""}, {1, "1", "1"}, {1, "1", "1"}, {2, "2", "1"}, {2, "2", "1"}} {
		opt := store.Options{}
		if c.scripts > 0 {
			opt.Schemas = []store.Schema{notes(c.scripts)}
		}
		if err := openAt(t, path, opt).Ping(t.Context()); err != nil {
			t.Fatal(err)
		}
		versions := lines(t, path, "SELECT name, version FROM schemas")
		if versions["notes"] != c.version || versions["core"] == "" {
			t.Errorf("with %d scripts the part's version must be %q, got %v", c.scripts, c.version, versions)
		}
		if c.scripts > 0 {
			if got := lines(t, path, "SELECT user_id, count(*) FROM notes GROUP BY user_id"); got["ann"] != c.rows {
				t.Errorf("each script runs once, got %v", got)
			}
		}
	}
	refused(t, path, store.ErrNewer, notes(1))
	if found, err := store.Inspect(t.Context(), path, false, []store.Schema{notes(1)}); err == nil || found.Part != "notes" || found.Version != 2 || found.Newest != 1 {
		t.Errorf("it must be said which part is newer, got %+v, %v", found, err)
	}
	if err := openAt(t, path, store.Options{}).Ping(t.Context()); err != nil {
		t.Errorf("without the part its tables are in nobody's way, got %v", err)
	}
	if got := lines(t, path, "SELECT name, version FROM schemas"); got["notes"] != "2" {
		t.Errorf("the version of a part that was taken out must stay, got %v", got)
	}
}

// A script that fails leaves nothing of itself, nor of those before it.
func TestSchemaThatFails(t *testing.T) {
	path := tests.Database(t)
	bad := store.Schema{Part: "bad", Scripts: fstest.MapFS{"0001.sql": {Data: []byte("CREATE TABLE bad (id INTEGER); INSERT INTO none VALUES (1);")}}}
	if db, err := store.Open(t.Context(), path, store.Options{Schemas: []store.Schema{bad}}); err == nil {
		_ = db.Close()
		t.Fatal("a script that fails must be an error")
	} else if !errors.Is(err, store.ErrPart) || !strings.Contains(err.Error(), "0001.sql of bad") {
		t.Errorf("it must be said whose script it was, got %v", err)
	}
	if got := tests.Tables(t, path); len(got) != 0 {
		t.Errorf("a schema is there as a whole or not at all, got %v", got)
	}
}

// A mistake in what an extra says of its tables must not wait for the first person who is to be forgotten.
func TestPersonalThatDoesNotFit(t *testing.T) {
	for _, p := range []store.Personal{{Table: "none", User: "user_id"}, {Table: "notes", User: "none"}, {Table: "notes", User: "user_id", Words: []string{"none"}}} {
		path := tests.Database(t)
		db, err := store.Open(t.Context(), path, store.Options{Schemas: []store.Schema{withPersonal(notes(2), p)}})
		if err == nil {
			_ = db.Close()
		}
		if !errors.Is(err, store.ErrPart) {
			t.Errorf("%+v must be refused at the start, got %v", p, err)
		}
	}
}

func withPersonal(s store.Schema, p ...store.Personal) store.Schema {
	s.Personal = p
	return s
}

// Tables of a part that is not in the program are found where they name people, and left alone.
func TestPartThatIsAbsent(t *testing.T) {
	path := tests.Database(t)
	openAt(t, path, store.Options{Schemas: []store.Schema{withPersonal(notes(2), store.Personal{Table: "notes", User: "user_id"}),
		{Part: "plain", Scripts: fstest.MapFS{"0001.sql": {Data: []byte("CREATE TABLE plain (id TEXT ) STRICT;")}}}}})
	openAt(t, path, store.Options{})
	for _, c := range []struct {
		schemas []store.Schema
		want    int
	}{{nil, 1}, {[]store.Schema{notes(2)}, 0}} {
		if found, err := store.Inspect(t.Context(), path, false, c.schemas); err != nil || len(found.Absent) != c.want {
			t.Errorf("want %d absent parts, got %+v, %v", c.want, found, err)
		}
	}
}

// Another id in the place of a user's, and the words about one, reach the tables of every part.
func TestPersonalReachesEveryPart(t *testing.T) {
	path := tests.Database(t)
	db := openAt(t, path, store.Options{Consumers: everybody, Schemas: []store.Schema{withPersonal(notes(2),
		store.Personal{Table: "notes", User: "user_id", Words: []string{"note"}}, store.Personal{Table: "notes", User: "author"})}})
	for user, session := range map[string]string{"ann": "vs_ann", "bob": "vs_bob"} {
		mustBegin(t, db, user, session)
		hear(t, db, session, failure("a", 1))
		if _, err := db.NewState(t.Context(), user); err != nil {
			t.Fatal(err)
		}
		if err := db.SaveAccount(t.Context(), store.Account{ID: "acct_" + user, UserID: user, ConnectedAt: at(1)}, ""); err != nil {
			t.Fatal(err)
		}
		tests.Decide(t, db, store.Decision{UserID: user, Decision: store.Reject, Reviewer: "ann", Reason: "words about " + user})
		if err := inTx(t.Context(), db, func(do exec) error {
			return do(`INSERT INTO notes VALUES (0, $1, 'ann', 'words', ''), (1, $1, 'rita', 'words of the other mode', '')`, user)
		}); err != nil {
			t.Fatal(err)
		}
	}
	if err := inTxOf(t, db, func(tx *store.Tx) error { return db.BlankWords(t.Context(), tx, "ann") }); err != nil {
		t.Fatal(err)
	}
	words := "SELECT user_id || livemode, min(note) || ',' || max(note) FROM notes GROUP BY 1"
	if got := lines(t, path, words); got["ann0"] != "," || got["ann1"] != "words of the other mode,words of the other mode" || got["bob0"] != "words,words" {
		t.Errorf("the words about one user must go, and no others, got %v", got)
	}
	if got := lines(t, path, "SELECT user_id, reason FROM decisions"); got["ann"] != "" || got["bob"] != "words about bob" {
		t.Errorf("so must a reviewer's reason, got %v", got)
	}
	if err := inTxOf(t, db, func(tx *store.Tx) error { return db.ReplaceUser(t.Context(), tx, "ann", "forgotten") }); err != nil {
		t.Fatal(err)
	}
	for table, columns := range map[string][]string{"verifications": {"user_id"}, "attempts": {"user_id"}, "decisions": {"user_id", "reviewer"},
		"accounts": {"user_id"}, "oauth_states": {"user_id"}, "actions": {"user_id"}, "notes": {"user_id", "author"}} {
		for _, column := range columns {
			got := lines(t, path, "SELECT "+column+", count(*) FROM "+table+" WHERE livemode = 0 GROUP BY 1")
			if got["ann"] != "" || got["forgotten"] == "" {
				t.Errorf("%s.%s must have the other id, got %v", table, column, got)
			}
		}
	}
	for _, text := range []string{"SELECT 'keys', count(*) FROM actions WHERE key LIKE '%:ann:%' OR key LIKE '%:ann'", "SELECT 'mode', count(*) FROM notes WHERE livemode = 1 AND user_id = 'forgotten'"} {
		if got := lines(t, path, text); got["keys"] > "0" || got["mode"] > "0" {
			t.Errorf("no key names a user, and the other mode is another user's, got %v", got)
		}
	}
}

func inTxOf(t *testing.T, db *store.DB, do func(tx *store.Tx) error) error {
	t.Helper()
	return db.InTx(t.Context(), func(_ context.Context, tx *store.Tx) error { return do(tx) })
}

// Inspect tells when Stripe's newest event came, of its own mode.
func TestInspectFindsLastEvent(t *testing.T) {
	path := tests.Database(t)
	for i, live := range []bool{false, true} {
		now := at(1000 * int64(i+1))
		db, err := store.Open(t.Context(), path, store.Options{Consumers: everybody, Livemode: live, Now: func() time.Time { return now }})
		if err != nil {
			t.Fatal(err)
		}
		if found, err := store.Inspect(t.Context(), path, live, nil); err != nil || !found.LastEvent.IsZero() || found.Version != found.Newest {
			t.Errorf("a new file has no event and the newest schema, got %+v, %v", found, err)
		}
		for _, created := range []int64{10, 20} {
			now = now.Add(time.Second)
			e := store.Event{ID: now.String(), Type: "t", Livemode: live, CreatedAt: at(created)}
			if _, err := db.RecordEvent(t.Context(), e); err != nil {
				t.Fatal(err)
			}
		}
		if found, err := store.Inspect(t.Context(), path, live, nil); err != nil || !found.LastEvent.Equal(now) {
			t.Errorf("the last event came at %v, got %+v, %v", now, found, err)
		}
		if err := db.Close(); err != nil {
			t.Fatal(err)
		}
	}
}
