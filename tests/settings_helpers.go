package tests

import "strings"

// SettingsOf are the settings that are enough, with these on top; NAME= unsets one.
func SettingsOf(pairs ...string) func(string) string {
	lookup := Environment(append(Enough(), pairs...)...)
	return func(name string) string { v, _ := lookup(name); return v }
}

// Environment is a lookup in NAME=value pairs, like os.LookupEnv.
func Environment(pairs ...string) func(string) (string, bool) {
	values := map[string]string{}
	for _, p := range pairs {
		name, value, _ := strings.Cut(p, "=")
		values[name] = value
	}
	return func(name string) (string, bool) { v, ok := values[name]; return v, ok }
}
