package main

import (
	"fmt"
	"io"
	"strings"
)

// extra is a part that is off until somebody turns it on: where it stands, what
// turns it on, and what is wrong with how it stands, if anything.
type extra struct{ Name, State, Setting, Warning string }

// extras has a line for each part, in the order in which an outcome meets them.
func extras(c config) []extra {
	return []extra{
		comparing(len(c.reviewers)),
		reviewing(c),
		mailing(c),
		retaining(c),
	}
}

// announceExtras says in one line what is on, and in one more what cannot work so.
func announceExtras(w io.Writer, list []extra) {
	var states []string
	for _, e := range list {
		states = append(states, e.Name+" "+e.State)
	}
	if len(states) > 0 {
		fmt.Fprintf(w, "  after      %s\n", strings.Join(states, ", "))
	}
	for _, e := range list {
		if e.Warning != "" {
			fmt.Fprintf(w, "  WARN       %s: %s\n", e.Name, e.Warning)
		}
	}
}

// howMany is a number with its noun, whose plural has an s.
func howMany(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}
