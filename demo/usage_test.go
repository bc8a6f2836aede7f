package main

import (
	"errors"
	"flag"
	"strings"
	"testing"
)

// Who asks is told of each flag, and whoever types something else, too; nothing is built.
func TestDemoUsage(t *testing.T) {
	if err := demo(t.Context(), []string{"-h"}); !errors.Is(err, flag.ErrHelp) {
		t.Errorf("-h must ask for help, got %v", err)
	}
	for _, args := range [][]string{{"-x"}, {"db"}, {"-db"}} {
		if err := demo(t.Context(), args); err == nil || !strings.HasPrefix(err.Error(), "usage: go run ./demo [-db FILE] [-team] [-v]\n") {
			t.Errorf("%q must be refused with the usage, got %v", args, err)
		}
	}
}
