package tests

import (
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

// Whether each part is on is said in one line at the start, and what is wrong with one in another.
func TestExtrasAreAnnounced(t *testing.T) {
	a := StartTeam(t, With(some...))
	a.Announces(t, "\n  extras     one off, two on, a bit\n  WARN       two: nobody can read it\n")
	a.Announces(t, "\n  two        see "+a.URL+"/two\n")
}
