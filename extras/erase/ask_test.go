package erase_test

import (
	"errors"
	"os"
	"strings"
	"testing"

	"example.com/identity-starter/extras/erase"
)

// At a terminal the command asks first, and takes nothing but a yes for one.
func TestAsks(t *testing.T) {
	for typed, want := range map[string]error{"yes\n": nil, "yes": nil, "y\n": erase.ErrNotConfirmed, "no\n": erase.ErrNotConfirmed,
		"\n": erase.ErrNotConfirmed, "": erase.ErrNotConfirmed, "yes please\n": erase.ErrNotConfirmed} {
		for _, forget := range []bool{false, true} {
			var out strings.Builder
			if err := erase.Ask(t.Context(), strings.NewReader(typed), &out, "anna", forget); !errors.Is(err, want) {
				t.Errorf("%q: want %v, got %v", typed, want, err)
			}
			if said := out.String(); !strings.Contains(said, "anna") || strings.Contains(said, "accounts are disconnected") != forget {
				t.Errorf("it must say what will be done, got %q", said)
			}
		}
	}
}

// Where nobody sits there, as in a pipe, a script or a job at night, it does not ask, and with -yes nowhere.
func TestAsksNobody(t *testing.T) {
	null, err := os.Open(os.DevNull)
	if err != nil {
		t.Fatal(err)
	}
	defer null.Close()
	read, write, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer read.Close()
	defer write.Close()
	if erase.IsTerminal(null) || erase.IsTerminal(read) {
		t.Error("neither the null device nor a pipe is a terminal")
	}
	a := start(t)
	person := a.Browser()
	session := person.Verify(a).ID
	a.Finish(session, "verified")
	if out, err := redact(a, "-yes", person.User()); err != nil || strings.Contains(out, "Type yes") || !atStripeRedacted(a, session) {
		t.Errorf("with -yes it must do it at once, got %v\n%s", err, out)
	}
}
