package tests

import (
	"maps"
	"slices"
	"testing"

	"example.com/identity-starter/app"
	"example.com/identity-starter/settings"
)

// Reconcile runs the command on a database, beside the program, and returns what it printed.
func (a *App) Reconcile(database string, args ...string) (string, error) {
	a.T.Helper()
	with := maps.Clone(a.Settings)
	with["DATABASE_URL"] = database
	out := NewOutput()
	err := app.Run(a.T.Context(), append([]string{"reconcile"}, args...), settings.New(func(name string) string { return with[name] }), a.Team, out)
	return out.String(), err
}

func MustEqual(t *testing.T, rule string, want, got []string) {
	t.Helper()
	for _, line := range want {
		if !slices.Contains(got, line) {
			t.Errorf("%s: missing %s", rule, line)
		}
	}
	for _, line := range got {
		if !slices.Contains(want, line) {
			t.Errorf("%s: too much: %s", rule, line)
		}
	}
}
