package tests

import (
	"strings"
	"testing"

	"example.com/identity-starter/extras"
)

// Stands checks what is said of an extra where nothing turns it on or off: the start
// names it and its state, the doctor also what turns it on, and neither warns.
func Stands(t *testing.T, extra extras.New, name, setting, state string) {
	t.Helper()
	a := StartTeam(t, With(extra))
	a.Announces(t, "\n  extras     "+name+" "+state+"\n")
	if strings.Contains(a.Out.String(), "WARN") {
		t.Errorf("nothing may be wrong with %s by default, got\n%s", name, a.Out)
	}
	said, _ := a.Command("doctor") // other lines may fail here
	if want := "PASS  " + name + " (" + setting + "): " + state + "\n"; !strings.Contains(said, want) {
		t.Errorf("the doctor must say %q, got\n%s", want, said)
	}
}
