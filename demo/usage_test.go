package main

import (
	"errors"
	"flag"
	"slices"
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

// A product beside the program is told of, and tells, by the settings of the environment; nothing of the demo leaves this machine.
func TestBeside(t *testing.T) {
	for address, taken := range map[string]bool{"http://localhost:3000/hook": true, "http://127.0.0.1:3000/hook": true, "http://[::1]:3000/hook": true,
		"https://product.example/hook": false, "http://product/hook": false, "http://10.0.0.1/hook": false, "localhost:3000": false, "%": false} {
		t.Setenv("API_TOKEN", "of something else")
		t.Setenv("NOTIFY_SECRET", "a secret")
		t.Setenv("NOTIFY_URL", address)
		settings, err := beside()
		if want := []string{"NOTIFY_URL=" + address, "NOTIFY_SECRET=a secret"}; taken != slices.Equal(settings, want) || taken != (err == nil) {
			t.Errorf("%s must be taken: %v, got %q, %v", address, taken, settings, err)
		}
		if taken {
			if !replaces(settings, []string{"NOTIFY_URL=http://localhost:4247/hook", "NOTIFY_SECRET=words"}) || replaces(settings, []string{"SMTP_URL=smtp://localhost:4245"}) {
				t.Error("a product must take the place of the demo's other app, and of nothing else")
			}
			continue
		}
		if err := demo(t.Context(), nil); err == nil || !strings.HasPrefix(err.Error(), "NOTIFY_URL ") {
			t.Errorf("with %s the demo must not start, got %v", address, err)
		}
	}
}
