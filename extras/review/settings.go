package review

import (
	"fmt"
	"strings"

	"example.com/identity-starter/extras"
)

const (
	setting          = "REVIEWERS"
	shortestPassword = 16
)

// reviewers reads who may decide about others: ids of users, or, where nobody signs
// in, name:password. Passwords are for trying it out: with a live key, whoever signs
// everybody in signs reviewers in, too.
func reviewers(p extras.Program) []string {
	if p.Settings.Text(setting) == "" {
		return nil
	}
	if p.Live && !p.SignedIn {
		p.Settings.Wrong(setting, "needs AUTH_USER_HEADER with a live key: name:password pairs are for test keys")
		return nil
	}
	list := p.Settings.List(setting)
	for _, who := range list {
		user, password, isPair := strings.Cut(who, ":")
		switch {
		case strings.ContainsFunc(who, func(r rune) bool { return r < ' ' || r > '~' }):
			p.Settings.Wrong(setting, "must be printable ASCII")
		case !p.SignedIn && (!isPair || user == "" || len(password) < shortestPassword):
			p.Settings.Wrong(setting, "must be name:password pairs without AUTH_USER_HEADER, each password of 16 characters or more")
		default:
			continue
		}
		return nil
	}
	if len(list) == 0 {
		p.Settings.Wrong(setting, "names nobody: remove it, or name somebody")
	}
	return list
}

// state says how many reviewers there are, and nobody's name.
func state(reviewers int) string {
	switch reviewers {
	case 0:
		return "off"
	case 1:
		return "on (1 reviewer)"
	}
	return fmt.Sprintf("on (%d reviewers)", reviewers)
}
