package tests

import (
	"strings"
	"testing"

	"example.com/identity-starter/extras"
)

// some are extras that do nothing.
var some = extras.List{
	func(extras.Program) extras.Extra {
		return extras.Extra{Name: "one", State: "off", Setting: "ONE_URL"}
	},
	func(extras.Program) extras.Extra {
		return extras.Extra{Name: "two", State: "on, a bit", Setting: "TWO", Warning: "nobody can read it", Tell: "see {base}/two"}
	},
}

// Whoever starts with a database that was not there, in a wrong folder or with a wrong name, sees that it is new.
func TestNewDatabaseIsAnnounced(t *testing.T) {
	const told = ", new: nothing is in it yet\n"
	a := Start(t)
	a.Announces(t, told)
	a.Stop()
	a.Run()
	a.Announces(t, "\n  open ")
	if strings.Contains(a.Out.String(), told) {
		t.Errorf("one that was there is not new, got\n%s", a.Out)
	}
	if out, err := a.Command("migrate"); err != nil || out != "the tables are up to date\n" {
		t.Errorf("nor may a command say so, got %v\n%s", err, out)
	}
	a.Set("DATABASE_URL=" + Database(t))
	if out, err := a.Command("reconcile"); err != nil || !strings.HasPrefix(out, "database: ") || !strings.Contains(out, told) {
		t.Errorf("a command must say so, too, got %v\n%s", err, out)
	}
}

// Whether each part is on is said in one line at the start, and what is wrong with one in another.
func TestExtrasAreAnnounced(t *testing.T) {
	a := StartTeam(t, With(some...))
	a.Announces(t, "\n  extras     one off, two on, a bit\n  WARN       two: nobody can read it\n")
	a.Announces(t, "\n  two        see "+a.URL+"/two\n")
}
