package main

import "strings"

const shortestPassword = 16

// reviewers reads who may decide about others. Passwords are for trying it out:
// with a live key, whoever signs everybody in signs reviewers in, too.
func (s *settings) reviewers(name string, c config) []string {
	text := s.get(name)
	if text == "" {
		return nil
	}
	if c.live && c.authUserHeader == "" {
		s.wrong(name, "needs AUTH_USER_HEADER with a live key: name:password pairs are for test keys")
		return nil
	}
	var list []string
	for _, who := range strings.Split(text, ",") {
		if who = strings.TrimSpace(who); who == "" {
			continue
		}
		user, password, isPair := strings.Cut(who, ":")
		switch {
		case strings.ContainsFunc(who, func(r rune) bool { return r < ' ' || r > '~' }):
			s.wrong(name, "must be printable ASCII")
		case c.authUserHeader == "" && (!isPair || user == "" || len(password) < shortestPassword):
			s.wrong(name, "must be name:password pairs without AUTH_USER_HEADER, each password of 16 characters or more")
		default:
			list = append(list, who)
			continue
		}
		return nil
	}
	if len(list) == 0 {
		s.wrong(name, "names nobody: remove it, or name somebody")
	}
	return list
}

// reviewing says whether there are pages for reviewers.
func reviewing(c config) extra {
	e := extra{Name: "review", State: "off", Setting: "REVIEWERS"}
	if n := len(c.reviewers); n > 0 {
		e.State = "on (" + howMany(n, "reviewer") + ")"
	}
	return e
}
