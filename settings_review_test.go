package main

import (
	"slices"
	"strings"
	"testing"
)

// Who decides about others must be hard to become by accident.
func TestReviewers(t *testing.T) {
	const pair = "rita:" + "correct horse battery"
	for name, c := range map[string]struct {
		settings map[string]string
		want     []string // nil: refused
	}{
		"pairs":                 {map[string]string{"REVIEWERS": pair + " ,, rolf:a:password with colons"}, []string{pair, "rolf:a:password with colons"}},
		"a short password":      {map[string]string{"REVIEWERS": "rita:fifteen letters"}, nil},
		"no password":           {map[string]string{"REVIEWERS": "rita"}, nil},
		"no name":               {map[string]string{"REVIEWERS": ":correct horse battery"}, nil},
		"not ASCII":             {map[string]string{"REVIEWERS": "r\u00edta:correct horse battery"}, nil},
		"commas only":           {map[string]string{"REVIEWERS": ",,"}, nil},
		"ids":                   {map[string]string{"REVIEWERS": "42,rita@example.test", "AUTH_USER_HEADER": "X-Auth-User"}, []string{"42", "rita@example.test"}},
		"pairs with a live key": {map[string]string{"REVIEWERS": pair, "STRIPE_SECRET_KEY": "sk_live_simulator", "ALLOW_ANONYMOUS_USERS": "true"}, nil},
		"ids with a live key":   {map[string]string{"REVIEWERS": "42", "STRIPE_SECRET_KEY": "sk_live_simulator", "AUTH_USER_HEADER": "X-Auth-User"}, []string{"42"}},
	} {
		s := map[string]string{"STRIPE_SECRET_KEY": "sk_test_simulator", "STRIPE_WEBHOOK_SECRET": "whsec_simulator"}
		for setting, value := range c.settings {
			s[setting] = value
		}
		got, err := loadConfig(func(name string) string { return s[name] })
		refused := err != nil && strings.Contains(err.Error(), "REVIEWERS: ")
		if refused != (c.want == nil) || c.want != nil && !slices.Equal(got.reviewers, c.want) {
			t.Errorf("%s: want %q, got %q, %v", name, c.want, got.reviewers, err)
		}
		if err != nil && (strings.Contains(err.Error(), "horse") || strings.Contains(err.Error(), "letters")) {
			t.Errorf("%s: no password must be printed, got %v", name, err)
		}
	}
}
