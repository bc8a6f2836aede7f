package erase_test

import (
	"strings"
	"testing"

	"example.com/identity-starter/extras"
	"example.com/identity-starter/extras/erase"
	"example.com/identity-starter/settings"
)

// What is on is said, and wrong settings are told without their values.
func TestSettings(t *testing.T) {
	for value, want := range map[string]string{"": "on request", "1": "on request and after 1 day", "36500": "on request and after 36500 days"} {
		r := settings.New(func(string) string { return value })
		if e := erase.New(extras.Program{Settings: r}); e.State != want || r.Err() != nil {
			t.Errorf("with %q it must be %s, got %s, %v", value, want, e.State, r.Err())
		}
	}
	for _, value := range []string{"marker", "0", "-1", "1.5", "36501"} {
		r := settings.New(func(string) string { return value })
		erase.New(extras.Program{Settings: r})
		if err := r.Err(); err == nil || !strings.HasPrefix(err.Error(), "RETENTION_DAYS: ") || strings.Contains(err.Error(), "marker") {
			t.Errorf("%s must be refused by the name of the setting, got %v", value, err)
		}
	}
}
