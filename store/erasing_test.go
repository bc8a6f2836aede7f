package store_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"example.com/identity-starter/store"
	"example.com/identity-starter/tests"
)

// erase blanks what was written about a user, and puts another id in the place of the user's.
func erase(t *testing.T, db *store.DB, user, by string) {
	t.Helper()
	if err := db.InTx(t.Context(), func(ctx context.Context, tx *store.Tx) error {
		if err := db.BlankWords(ctx, tx, user); err != nil {
			return err
		}
		return db.ReplaceUser(ctx, tx, user, by)
	}); err != nil {
		t.Fatal(err)
	}
}

// Whoever was forgotten, a moment before somebody else wanted to do the same, or to derive the row, is not made anew by it.
func TestLockMakesNobody(t *testing.T) {
	path := tests.Database(t)
	db := openAt(t, path, store.Options{})
	lock := func(ctx context.Context, tx *store.Tx) error { return db.Lock(ctx, tx, "ann") }
	if err := errors.Join(db.InTx(t.Context(), lock), db.Derive(t.Context(), "ann")); err != nil {
		t.Fatal(err)
	}
	if got := tests.Places(t, path, "ann"); len(got) > 0 {
		t.Errorf("who is not there must be named nowhere by it, but is in %q", got)
	}
}

// content is all that is in a database's files.
func content(t *testing.T, path string) string {
	t.Helper()
	var all strings.Builder
	files, err := filepath.Glob(path + "*")
	for _, name := range files {
		text, e := os.ReadFile(name)
		if err != nil || e != nil {
			t.Fatal(err, e)
		}
		all.Write(text)
	}
	return all.String()
}

// What was erased is nowhere in the files, neither in a table nor in an index, among however many others: nor in pages that
// were split and moved while they grew.
func TestErasedIsInNoFile(t *testing.T) {
	tests.OnlyFile(t, "a server's files are its own")
	path := tests.Database(t)
	db := openAt(t, path, store.Options{Consumers: everybody})
	rng := rand.New(rand.NewPCG(1, 2))
	var users []string
	for i := range 800 {
		user := fmt.Sprintf("person-%016x-%d", rng.Uint64(), i)
		users = append(users, user)
		v := mustBegin(t, db, user, "vs_"+user[7:23])
		if i%3 == 0 {
			hear(t, db, "vs_"+user[7:23], store.News{SessionID: "vs_" + user[7:23], Status: store.RequiresInput, Failed: true, ErrorCode: "x", ReportID: "vr_" + v.ID, At: at(1)})
		}
		u, err := db.User(t.Context(), user)
		if err == nil {
			err = db.Decide(t.Context(), store.Decision{UserID: user, Decision: store.Approve, Reviewer: "rita", Seen: u.Seen(),
				Reason: "said about " + user + strings.Repeat(" and more", i%200)})
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	rng.Shuffle(len(users), func(i, j int) { users[i], users[j] = users[j], users[i] })
	erased := users[:300]
	for i, user := range erased {
		erase(t, db, user, fmt.Sprintf("forgotten_%016x%d", rng.Uint64(), i))
	}
	if clean, err := db.Scrub(t.Context()); err != nil || !clean {
		t.Fatalf("while nobody reads it must be possible, got %v, %v", clean, err)
	}
	all, left := content(t, path), 0
	for _, user := range erased {
		if strings.Contains(all, user) {
			left++
		}
	}
	if left > 0 {
		t.Errorf("of %d users that were erased nothing may be in the files' bytes, got %d", len(erased), left)
	}
}

// Who reads what was there before holds nobody up: it is tried again.
func TestScrubWaitsForNobody(t *testing.T) {
	tests.OnlyFile(t, "a server's files are its own")
	path := tests.Database(t)
	db := openAt(t, path, store.Options{})
	mustBegin(t, db, "somebody-special", "vs_1")
	raw, err := sql.Open("sqlite3", path)
	if err != nil {
		t.Fatal(err)
	}
	defer raw.Close()
	snapshot, err := raw.BeginTx(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := snapshot.QueryRowContext(t.Context(), "SELECT count(*) FROM people").Scan(new(int)); err != nil {
		t.Fatal(err)
	}
	erase(t, db, "somebody-special", "forgotten_1")
	began := time.Now()
	if clean, err := db.Scrub(t.Context()); err != nil || clean || time.Since(began) > 2*time.Second {
		t.Errorf("while somebody reads what was there before it must be put off, got %v, %v after %v", clean, err, time.Since(began))
	}
	mustBegin(t, db, "another", "vs_2")
	if err := snapshot.Rollback(); err != nil {
		t.Fatal(err)
	}
	if clean, err := db.Scrub(t.Context()); err != nil || !clean || strings.Contains(content(t, path), "somebody-special") {
		t.Errorf("afterwards it must be done, got %v, %v", clean, err)
	}
}

// What is to be erased is handed out to nobody any more, another one can be made at once, and it is not closed besides.
func TestSetAside(t *testing.T) {
	db := open(t, store.Options{Consumers: everybody, MaxAttempts: 1})
	v := mustBegin(t, db, "user", "vs_1")
	if err := db.InTx(t.Context(), func(ctx context.Context, tx *store.Tx) error { return db.SetAside(ctx, tx, v.ID) }); err != nil {
		t.Fatal(err)
	}
	if n, err := db.Count(t.Context(), "SELECT count(*) FROM actions"); err != nil || n != 0 {
		t.Errorf("nothing must follow from it, got %d, %v", n, err)
	}
	if again := mustBegin(t, db, "user", "vs_2"); !again.New || again.ID == v.ID {
		t.Errorf("who clicks must get another session, got %+v", again)
	}
	failed := failure("document_expired", 1)
	failed.SessionID = "vs_1"
	hear(t, db, "vs_1", failed)
	for session, want := range map[string]bool{"vs_1": false, "vs_2": true} {
		if _, must, err := db.MustCancel(t.Context(), session); err != nil || must != want {
			t.Errorf("with no attempts left %s must be closed: %v, got %v, %v", session, want, must, err)
		}
	}
}

// A verification that has no session is given up once none can be made any more, whatever our clock was set to.
func TestGiveUpUnmade(t *testing.T) {
	now := at(1000)
	db := open(t, store.Options{Now: func() time.Time { return now }})
	for rule, c := range map[string]struct {
		later time.Duration
		want  bool
	}{"just now": {0, false}, "within a minute": {59 * time.Second, false}, "after a minute": {time.Minute, true}, "the clock was set back": {-time.Hour, true}} {
		now = at(1000)
		v, err := db.Begin(t.Context(), "user", "", store.Made{})
		if err != nil {
			t.Fatal(err)
		}
		now = now.Add(c.later)
		if gone, err := db.GiveUpUnmade(t.Context(), v.ID); err != nil || gone != c.want {
			t.Errorf("%s: gone %v, got %v, %v", rule, c.want, gone, err)
		}
		if gone, err := db.GiveUpUnmade(t.Context(), "no such id"); err != nil || !gone {
			t.Errorf("what is not there is gone, got %v, %v", gone, err)
		}
		if err := db.GiveUp(t.Context(), v.ID); err != nil {
			t.Fatal(err)
		}
	}
	v := mustBegin(t, db, "user", "vs_1")
	now = now.Add(24 * time.Hour)
	if gone, err := db.GiveUpUnmade(t.Context(), v.ID); err != nil || gone {
		t.Errorf("one that has a session must stay, got %v, %v", gone, err)
	}
}
