package tests

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"example.com/identity-starter/extras"
	"example.com/identity-starter/store"
)

// moves takes the program to the database at another address, as docs/operate.md says: in between it goes on.
func (a *App) moves(to string, meanwhile func()) {
	a.T.Helper()
	out, err := a.Command("copy", "-to", to)
	if err != nil || !strings.Contains(out, "compared") || !strings.Contains(out, "reconcile") {
		a.T.Fatalf("the copy must be made, and say what to do then, got %v\n%s", err, out)
	}
	meanwhile()
	a.NothingIsLeft()
	a.Idle()
	want := a.known()
	if err := a.Stop(); err != nil {
		a.T.Fatal(err)
	}
	a.Database = to
	a.Set("DATABASE_URL=" + to)
	if len(a.known()) == len(want) {
		a.T.Error("what came in after the copy must not be in it")
	}
	if out, err := a.Command("reconcile"); err != nil {
		a.T.Fatalf("reconcile: %v\n%s", err, out)
	}
	MustEqual(a.T, "reconcile must find what came in after the copy", want, a.known())
	a.Run()
}

// From a file to a server, and back: nobody notices, and what an extra of the team's own has written comes along.
func TestMovingToAnotherDatabase(t *testing.T) {
	a := StartTeam(t, own(extras.Extra{Schema: fstest.MapFS{"0001.sql": {Data: []byte("CREATE TABLE own (word TEXT NOT NULL PRIMARY KEY) STRICT;")}}}))
	a.Change("INSERT INTO own VALUES ('kept')")
	lucky, waiting, clumsy := a.Browser(), a.Browser(), a.Browser()
	a.Finish(lucky.Verify(a).ID, "verified")
	a.Finish(clumsy.Verify(a).ID, "document_expired")
	opened := waiting.Verify(a)
	a.Idle()
	later := a.Browser()
	a.moves(filepath.Join(t.TempDir(), "moved.db"), func() { a.Finish(later.Verify(a).ID, "verified") })
	a.moves(Database(t), func() {
		a.Finish(clumsy.Verify(a).ID, "document_expired")
		a.Finish(a.Browser().Verify(a).ID, "verified")
	})
	for _, person := range []*Browser{lucky, later} {
		if got := person.Get("/members"); got.Status != 200 {
			t.Errorf("who was verified must be so there, too, got %d", got.Status)
		}
	}
	if got := clumsy.Attempts(a); got != "document_expired document_expired" {
		t.Errorf("failed checks must count there, too, got %q", got)
	}
	if again := waiting.Verify(a); again.ID != opened.ID {
		t.Error("a session that is open must be the one that is open there, too")
	}
	a.Finish(opened.ID, "verified")
	if got := waiting.Get("/members"); got.Status != 200 {
		t.Errorf("its webhook must be taken there, got %d", got.Status)
	}
	if got := a.Rows("SELECT word FROM own"); !slices.Equal(got, []string{"kept"}) {
		t.Errorf("tables of an extra must come along, got %q", got)
	}
	if told := a.Rows("SELECT key FROM actions WHERE kind = 'team' AND outcome = 'verified' AND user_id = ?", lucky.User()); len(told) != 1 {
		t.Errorf("nothing is told twice, got %q", told)
	}
}

// A copy that cannot be made says why and what to do, and not a word of an address, in which a password may be.
func TestCopyThatIsRefused(t *testing.T) {
	a, other := Start(t), Start(t)
	other.Browser().Verify(other)
	for _, to := range []string{"postgres://marker:marker%zz@localhost/marker", "mysql://marker/marker", "file:marker?marker=1", "\x01marker"} {
		out, err := a.Command("copy", "-to", to)
		if err == nil || !strings.HasPrefix(err.Error(), "-to: ") || strings.Contains(out+err.Error(), "marker") {
			t.Errorf("a wrong address must be refused, and not be told, got %v\n%s", err, out)
		}
	}
	for to, want := range map[string]string{other.Database: "there are rows already", a.Database: "it is the same database"} {
		out, err := a.Command("copy", "-to", to)
		if err == nil || out != "" || !strings.HasPrefix(err.Error(), "copy to "+store.Called(to)+": "+want) {
			t.Errorf("it must be said that %s, got %v\n%s", want, err, out)
		}
	}
	for _, args := range [][]string{{"copy"}, {"copy", "-to"}, {"copy", "-to", ""}, {"copy", "starter.db"}, {"copy", "-to", "a", "b"}} {
		if _, err := a.Command(args...); err == nil || !strings.HasPrefix(err.Error(), "usage: go run . copy -to URL") {
			t.Errorf("%q must be answered with how the command is used, got %v", args, err)
		}
	}
}

// Whoever has not set DATABASE_URL is told so, and gets no empty database, and no copy of one.
func TestCopyOfNothing(t *testing.T) {
	folder := t.TempDir()
	got := Execute(t, folder, []string{"copy", "-to", "to.db"}, Enough()...)
	if got.Code != 1 || !strings.Contains(got.Stderr, "DATABASE_URL: ") || !strings.Contains(got.Stderr, "nothing to copy") {
		t.Errorf("it must be said that there is nothing to copy, got %d %s", got.Code, got.Stderr)
	}
	if files, err := os.ReadDir(folder); err != nil || len(files) > 0 {
		t.Errorf("nothing may be made, got %v, %v", files, err)
	}
}
