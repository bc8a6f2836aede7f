package erase_test

import (
	"context"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"testing/synctest"
	"time"

	"example.com/identity-starter/extras"
	"example.com/identity-starter/extras/erase"
	"example.com/identity-starter/outcomes"
	"example.com/identity-starter/settings"
	"example.com/identity-starter/store"
	"example.com/identity-starter/tests"
)

// stuck has the database refuse to put another id in the place of this one.
func stuck(user string) string {
	return tests.Trigger("stuck", "BEFORE UPDATE OF user_id ON verifications", "OLD.user_id = '"+user+"'", "this one is stuck")
}

// Who cannot be forgotten holds up nobody else, neither in the program nor at the
// command, and it is said why.
func TestOneThatCannotBeForgottenHoldsUpNobody(t *testing.T) {
	t.Parallel() // beside others that wait
	a := start(t)
	broken, other, late := a.Browser(), a.Browser(), a.Browser()
	for _, person := range []*tests.Browser{broken, other} {
		done := person.Verify(a).ID
		a.Finish(done, "verified")
		a.AtStripe("redact", done)
	}
	session := late.Verify(a)
	a.Change(stuck(broken.User()))
	if out, err := redact(a, "-forget", broken.User()); err == nil || !strings.Contains(err.Error(), "this one is stuck") || !strings.Contains(out, " 0 failed") {
		t.Errorf("what was done, and why the user is not forgotten, must be said, got %v\n%s", err, out)
	}
	tests.Eventually(t, "the log says it, too", func() bool { return strings.Contains(a.Out.String(), "this one is stuck") })
	if out, err := redact(a, "-forget", other.User()); err != nil || a.Rows("SELECT count(*) FROM users WHERE user_id = ?", other.User())[0] != "0" {
		t.Errorf("another one must be forgotten all the same, got %v\n%s", err, out)
	}
	a.Change("INSERT INTO redactions (verification_id, livemode, due_at) SELECT id, livemode, 1 FROM verifications WHERE session_id = ?", session.ID)
	tests.Eventually(t, "another one is redacted", func() bool { return atStripeRedacted(a, session.ID) })
}

// Whoever comes before and after one that fails is forgotten.
func TestForgetsWhomItCan(t *testing.T) {
	path := tests.Database(t)
	db := open(t, path, store.Options{})
	for _, user := range []string{"a", "b", "user"} {
		says(t, db, has(t, db, user, "vs_"+user, store.Canceled), "vs_"+user, store.Canceled, true)
		if err := erase.Want(t.Context(), db, user, 0, erase.Everything, true); err != nil {
			t.Fatal(err)
		}
	}
	change(t, db, stuck("b"))
	if _, err := erase.Forget(t.Context(), db); err == nil || !strings.Contains(err.Error(), "this one is stuck") {
		t.Errorf("it must be said what is wrong, got %v", err)
	}
	if n := count(t, db, "SELECT count(*) FROM verifications WHERE user_id LIKE 'forgotten_%'"); n != 2 {
		t.Errorf("the others must be forgotten, got %d", n)
	}
}

// change runs a statement.
func change(t *testing.T, db *store.DB, statement string) {
	t.Helper()
	if err := db.InTx(t.Context(), func(ctx context.Context, tx *store.Tx) error {
		_, err := tx.Exec(ctx, "write", statement)
		return err
	}); err != nil {
		t.Fatal(err)
	}
}

// missing is what a database says of a table that is not there.
func missing(table string) string {
	return tests.Said("no such table: "+table, `relation \"`+table+`\" does not exist`)
}

// What fails again and again is said once in a while.
func TestFailuresAreSaidSeldom(t *testing.T) {
	for why, statement := range map[string]string{"this one is stuck": stuck("user"), missing("forgetting"): "DROP TABLE forgetting",
		missing("redactions"): "DROP TABLE redactions", "of parts that this program does not have (notes)": "INSERT INTO schemas VALUES ('notes', 1, 1)"} {
		synctest.Test(t, func(t *testing.T) {
			db, v := toForget(t, "user", store.Options{})
			says(t, db, v, "vs_1", store.Canceled, true)
			change(t, db, statement)
			ctx, stop := context.WithTimeout(t.Context(), 31*time.Minute)
			defer stop()
			out := tests.NewOutput()
			e := erase.New(extras.Program{Settings: settings.New(func(string) string { return "" })})
			e.Work(ctx, outcomes.Parts{DB: db, Log: slog.New(slog.NewTextHandler(out, nil))})
			said := strings.Count(out.String(), why)
			if said < 2 || said > 6 || said != strings.Count(out.String(), "\n") {
				t.Errorf("%s must be said every now and then, and nothing else, got %d times in half an hour\n%s", why, said, out)
			}
		})
	}
}

// Where a part that is not in the program keeps people is not known: nobody is
// forgotten by halves.
func TestForgettingNeedsEveryPart(t *testing.T) {
	t.Parallel() // beside others that wait
	script := fstest.MapFS{"0001.sql": {Data: []byte("CREATE TABLE notes (livemode INTEGER, user_id TEXT, note TEXT)")}}
	notes := extras.Extra{Name: "notes", State: "on", Schema: script, Personal: []store.Personal{{Table: "notes", User: "user_id", Words: []string{"note"}}}}
	whole := tests.With(erase.New, func(extras.Program) extras.Extra { return notes })
	a := tests.StartTeam(t, whole)
	person := a.Browser()
	session := person.Verify(a).ID
	a.Finish(session, "verified")
	a.Change("INSERT INTO notes VALUES (0, ?, 'a kind person')", person.User())
	if err := a.Stop(); err != nil {
		t.Fatal(err)
	}
	a.Team = tests.With(erase.New)
	a.Run()
	if _, err := redact(a, "-forget", person.User()); err == nil || !strings.Contains(err.Error(), "(notes)") ||
		!strings.Contains(err.Error(), "team/extras.go") || !strings.Contains(err.Error(), "schemas") {
		t.Errorf("it must name the part and say what to do, got %v", err)
	}
	if got := a.Rows("SELECT count(*) FROM redactions")[0] + a.Rows("SELECT count(*) FROM forgetting")[0]; got != "00" || redactionsAsked(a) != 0 {
		t.Errorf("nothing may have been changed, got %s, %d", got, redactionsAsked(a))
	}
	a.AtStripe("redact", session)
	a.Change("INSERT INTO forgetting (livemode, user_id) VALUES (0, ?)", person.User()) // from before it was taken out
	if out, err := redact(a, person.User()); err == nil || !strings.Contains(err.Error(), "(notes)") {
		t.Errorf("a wish from before must not be done by halves either, got %v\n%s", err, out)
	}
	tests.Eventually(t, "the program says so", func() bool { return strings.Contains(a.Out.String(), "(notes)") })
	if !slices.Equal(a.Rows("SELECT user_id FROM verifications"), []string{person.User()}) {
		t.Error("the user must not be forgotten by halves")
	}
	if err := a.Stop(); err != nil {
		t.Fatal(err)
	}
	a.Team = whole
	a.Run()
	tests.Eventually(t, "with the part back, the user is forgotten", func() bool {
		return a.Rows("SELECT count(*) FROM forgetting")[0] == "0" && a.Rows("SELECT count(*) FROM notes WHERE user_id LIKE 'forgotten_%' AND note = ''")[0] == "1"
	})
}
