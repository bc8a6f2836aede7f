// Package settings reads the environment and .env, and collects everything that is
// wrong with them, so that a first run is told all of it at once. The core, extras
// and the team's own code read through one Reader. No message holds a value.
package settings

import (
	"cmp"
	"errors"
	"fmt"
	"net/netip"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Reader reads settings by name, and thereby knows which there are. It is made for one
// start and one goroutine.
type Reader struct {
	lookup   func(string) (string, bool) // the environment
	file     map[string]entry            // .env, which is below it
	known    map[string]*state
	problems []error
}

// state is what is known of a setting that was looked at.
type state struct {
	asked   bool
	refused bool   // whatever else is wrong with it comes from that
	doubt   string // why its value may not be the one that was meant
}

// New makes a reader of what getenv finds. Dotenv makes one that reads .env, too.
func New(getenv func(string) string) *Reader {
	lookup := func(name string) (string, bool) { v := getenv(name); return v, v != "" }
	return &Reader{lookup: lookup, known: map[string]*state{}}
}

// Err joins every problem found so far, nil without one. Each starts with the
// variable's name.
func (r *Reader) Err() error { return errors.Join(r.problems...) }

// Problems is how many there are by now.
func (r *Reader) Problems() int { return len(r.problems) }

// Asked are the settings that were asked for so far.
func (r *Reader) Asked() (names []string) {
	for name, known := range r.known {
		if known.asked {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

// Text is the value without the spaces around it; "" where there is none. A variable of
// the environment goes before .env, an empty one, too.
func (r *Reader) Text(name string) string {
	v := r.value(name)
	r.known[name].asked = true
	return v
}

// value finds a value and, the first time, what is wrong with it whatever it is for.
func (r *Reader) value(name string) string {
	v, set := r.lookup(name)
	written := r.file[name]
	if !set {
		v = written.value
	}
	v = strings.TrimSpace(v)
	if r.known[name] != nil {
		return v
	}
	known, refusal := &state{}, ""
	switch {
	case !set && written.wrong != "":
		refusal = written.wrong
	case inQuotes(v):
		refusal = "has quotes that are part of the value, as `docker --env-file` leaves them: remove them"
	case set && v == "" && written.value != "":
		known.doubt = "is set to nothing in the environment, which goes before .env and hides the value there: unset it"
	case !set && written.again:
		known.doubt = "stands in .env more than once, and only the last line holds: remove the others"
	case set && strings.Contains(v, " # "):
		known.doubt = "has a # in its value, to which `docker --env-file` and systemd take a comment behind it: put that on a line of its own"
	}
	r.known[name] = known
	if refusal != "" {
		r.Wrong(name, refusal)
		known.refused = true
	}
	return v
}

// inQuotes says whether a value begins and ends with a quote, of whatever kind.
func inQuotes(v string) bool {
	first, size := utf8.DecodeRuneInString(v)
	last, _ := utf8.DecodeLastRuneInString(v)
	return len(v) > size && unicode.Is(unicode.Quotation_Mark, first) && unicode.Is(unicode.Quotation_Mark, last)
}

// Wrong notes a problem: what must be, and never what is.
func (r *Reader) Wrong(name, what string) {
	if known := r.known[name]; known != nil {
		if known.refused {
			return
		}
		if known.doubt != "" {
			what, known.doubt = what+" (it "+known.doubt+")", ""
		}
	}
	r.problems = append(r.problems, fmt.Errorf("%s: %s", name, what))
}

// Shaped is a text that must have a shape, if it is set.
func (r *Reader) Shaped(name string, shape *regexp.Regexp, what string) string {
	v := r.Text(name)
	if v != "" && !shape.MatchString(v) {
		r.Wrong(name, what)
	}
	return v
}

// Bool is true or false; false where it is not set.
func (r *Reader) Bool(name string) bool {
	v, err := strconv.ParseBool(cmp.Or(r.Text(name), "false"))
	if err != nil {
		r.Wrong(name, "must be true or false")
	}
	return v
}

// Number is a whole number from low to high, or unset where there is none.
func (r *Reader) Number(name string, unset, low, high int) int {
	text := r.Text(name)
	if text == "" {
		return unset
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < low || n > high {
		r.Wrong(name, fmt.Sprintf("must be a number from %d to %d", low, high))
	}
	return n
}

// List is what stands between the commas, without empty parts.
func (r *Reader) List(name string) []string { return r.split(name, ",") }

// Names is List, or what stands between semicolons where there is one: names may have commas in them.
func (r *Reader) Names(name string) []string {
	if strings.Contains(r.Text(name), ";") {
		return r.split(name, ";")
	}
	return r.split(name, ",")
}

func (r *Reader) split(name, separator string) []string {
	list := strings.Split(r.Text(name), separator)
	for i, part := range list {
		list[i] = strings.TrimSpace(part)
	}
	return slices.DeleteFunc(list, func(part string) bool { return part == "" })
}

var hostShape = regexp.MustCompile(`^([a-z0-9.-]+|\[[0-9a-f:]+\])(:[0-9]+)?$`)

// Origin reads scheme://host[:port] and nothing behind it. Text is the value of
// the setting, or its default. It returns nil for anything else.
func (r *Reader) Origin(name, text string) *url.URL {
	u, err := url.Parse(strings.TrimSuffix(text, "/"))
	if err != nil || (u.Scheme != "http" && u.Scheme != "https") || !hostShape.MatchString(strings.ToLower(u.Host)) || u.User != nil ||
		u.Path != "" || u.RawQuery != "" || u.Fragment != "" || u.ForceQuery || !IsPort(cmp.Or(u.Port(), "443")) {
		r.Wrong(name, "must be an origin without a path, like https://verify.example.com")
		return nil
	}
	u.Host = strings.ToLower(u.Host)
	return u
}

// IsPort says whether a text is the number of a port.
func IsPort(text string) bool {
	_, err := strconv.ParseUint(text, 10, 16)
	return err == nil
}

// IsLoopback says whether a host name reaches this machine only.
func IsLoopback(host string) bool {
	ip, err := netip.ParseAddr(host)
	return strings.EqualFold(host, "localhost") || err == nil && ip.IsLoopback()
}
