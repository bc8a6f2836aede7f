package app

import (
	"strings"

	"example.com/identity-starter/settings"
)

// nobody is a team that has made nothing its own.
func nobody(*settings.Reader) Team { return Team{} }

// settingsOf are the settings that are enough, with these on top; NAME= unsets one.
func settingsOf(pairs ...string) *settings.Reader { return settings.New(environmentOf(pairs...)) }

// environmentOf finds these settings, and the ones that are enough.
func environmentOf(pairs ...string) func(string) string {
	lookup := environment(append(enough(), pairs...)...)
	return func(name string) string { v, _ := lookup(name); return v }
}

// enough are the settings without which the program does not start, and a free port.
func enough() []string {
	return []string{"STRIPE_SECRET_KEY=sk_test_simulator", "STRIPE_WEBHOOK_SECRET=whsec_simulator", "ADDR=localhost:0"}
}

// environment is a lookup in NAME=value pairs, like os.LookupEnv.
func environment(pairs ...string) func(string) (string, bool) {
	values := map[string]string{}
	for _, p := range pairs {
		name, value, _ := strings.Cut(p, "=")
		values[name] = value
	}
	return func(name string) (string, bool) { v, ok := values[name]; return v, ok }
}
