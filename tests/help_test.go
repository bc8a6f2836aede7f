package tests

import (
	"context"
	"io"
	"os"
	"slices"
	"strings"
	"testing"

	"example.com/identity-starter/extras"
	"example.com/identity-starter/outcomes"
)

// Who asks what there is is told so on standard output, whatever is wrong with the settings, and nothing is started.
func TestHelp(t *testing.T) {
	broken := WriteDotenv(t, "STRIPE_SECRET_KEY sk_test_marker\n")
	for _, folder := range []string{t.TempDir(), broken} {
		for _, args := range [][]string{{"help"}, {"-h"}, {"--help"}, {"-help"}} {
			got := Execute(t, folder, args)
			if got.Started || got.Code != 0 || got.Stderr != "" || strings.Contains(got.Stdout, "marker") {
				t.Fatalf("%q must end with 0, and say nothing on standard error, got %d\n%s%s", args, got.Code, got.Stdout, got.Stderr)
			}
			for _, part := range []string{"go run .  ", "go run ./demo  ", "doctor  ", "reconcile  ", "-all  ", "-tag TAG  ", "-adopt  ", "help [COMMAND]  ", ".env"} {
				if !strings.Contains(got.Stdout, part) {
					t.Errorf("%q must name %q, got\n%s", args, part, got.Stdout)
				}
			}
		}
	}
	if files, err := os.ReadDir(broken); err != nil || len(files) != 1 {
		t.Errorf("nothing may be started, but there are files: %v %v", files, err)
	}
}

// What is said is read in a terminal: what each word does begins in one column, and no line is too long for it.
func TestHelpIsAligned(t *testing.T) {
	a := &App{T: t, Team: With(withCommand)}
	out, err := a.Command("help")
	if err != nil || !strings.Contains(out, "own SOMETHING  ") || !strings.Contains(out, "-deep  ") {
		t.Fatalf("the commands of extras must be among the others, got %v\n%s", err, out)
	}
	columns := map[int]bool{}
	for line := range strings.Lines(out) {
		words := strings.TrimLeft(line, " ")
		if len(line) > 121 {
			t.Errorf("a line must fit into a terminal, got %d signs: %s", len(line), line)
		}
		if left, does, two := strings.Cut(words, "  "); two && words != line {
			columns[len(line)-len(words)+len(left)+2+len(does)-len(strings.TrimLeft(does, " "))] = true
		}
	}
	if len(columns) != 1 {
		t.Errorf("what each does must begin in one column, got %v\n%s", columns, out)
	}
}

// A command says what it does, and what its flags do: asked for by name, asked of itself, or told what it does not know.
func TestHelpOfACommand(t *testing.T) {
	a := &App{T: t, Team: With(withCommand), Settings: map[string]string{}}
	for _, args := range [][]string{{"help", "own"}, {"own", "-h"}, {"own", "--help"}, {"own", "-deep", "-h"}} {
		out, err := a.Command(args...)
		if err != nil || !strings.HasPrefix(out, "go run . own [-deep] SOMETHING\n") || !strings.Contains(out, "does what is its own") ||
			!strings.Contains(out, "-deep  ") || strings.Contains(out, "reconcile") {
			t.Errorf("%q must tell of that command alone, got %v\n%s", args, err, out)
		}
	}
	for _, args := range [][]string{{"own"}, {"own", "-high"}, {"reconcile", "-tag"}, {"doctor", "-x"}} {
		if _, err := a.Command(args...); err == nil || !strings.HasPrefix(err.Error(), "usage: go run . "+args[0]) {
			t.Errorf("%q must be refused with how that command is used, got %v", args, err)
		}
	}
	if _, err := a.Command("own", "--", "-h"); err == nil || !strings.HasPrefix(err.Error(), "STRIPE_SECRET_KEY: ") {
		t.Errorf("behind -- there are no flags: the command must be about to begin, got %v", err)
	}
}

// A command that there is not is refused in a sentence, with the one that was probably meant.
func TestUnknownCommand(t *testing.T) {
	a := &App{T: t, Team: With(withCommand)}
	for typed, meant := range map[string]string{"reconcil": "reconcile", "Reconcile": "reconcile", "docter": "doctor", "--doctor": "doctor", "owm": "own", "marker": "", "-x": ""} {
		for _, args := range [][]string{{typed}, {"help", typed}} {
			_, err := a.Command(args...)
			if err == nil || strings.Contains(err.Error(), "marker") || strings.Contains(err.Error(), "\n") || !strings.Contains(err.Error(), "go run . help") ||
				(meant != "") != strings.Contains(err.Error(), "did you mean") || !strings.Contains(err.Error(), meant) {
				t.Errorf("%q: want one sentence, with %q, and where to find all others, got %v", args, meant, err)
			}
		}
	}
	got := Execute(t, t.TempDir(), []string{"marker"}, Enough()...)
	if got.Started || got.Code != 1 || got.Stdout != "" || !strings.Contains(got.Stderr, "no such command") {
		t.Errorf("an unknown command must end with 1 and say how to find the others, got %d\n%s%s", got.Code, got.Stdout, got.Stderr)
	}
}

// withCommand is an extra with a command, which opens nothing here.
func withCommand(extras.Program) extras.Extra {
	return extras.Extra{Name: "own", Command: &extras.Command{Name: "own", Args: "SOMETHING", Does: "does what is its own",
		Flags: []extras.Flag{{Name: "-deep", Does: "does more of it"}},
		Read: func(args []string) (func(context.Context, outcomes.Parts, io.Writer) error, bool) {
			return func(context.Context, outcomes.Parts, io.Writer) error { return nil }, slices.Contains(args, "--")
		}}}
}
