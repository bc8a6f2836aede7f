// Package settings reads the environment and .env, and collects everything that is
// wrong with them, so that a first run is told all of it at once. The core, extras
// and the team's own code read through one Reader. No message holds a value.
package settings

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"net/netip"
	"net/url"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/joho/godotenv"
)

// Reader reads settings by name. It is made for one start and one goroutine.
type Reader struct {
	getenv   func(string) string
	problems []error
}

// New makes a reader of what getenv finds. Dotenv makes such a function.
func New(getenv func(string) string) *Reader { return &Reader{getenv: getenv} }

// Dotenv reads settings from a .env file, below those that lookup finds in the
// environment. No file is fine. The parser's own words are never shown, because
// they quote the file, keys and all.
func Dotenv(path string, lookup func(string) (string, bool)) (func(string) string, error) {
	file, err := os.ReadFile(path)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, errors.New(".env: cannot be read: check that it is a file and that you may read it")
	}
	// Windows editors put a byte order mark in front, which would become a part of the first name.
	values, err := godotenv.UnmarshalBytes(bytes.TrimPrefix(file, []byte("\xef\xbb\xbf")))
	if err != nil {
		return nil, errors.New(".env: does not parse: every line is NAME=value, or a comment that starts with #")
	}
	return func(name string) string {
		if v, ok := lookup(name); ok {
			return v
		}
		return values[name]
	}, nil
}

// Err joins every problem found so far, nil without one. Each starts with the
// variable's name.
func (r *Reader) Err() error { return errors.Join(r.problems...) }

// Text is the value without the spaces around it; "" where there is none.
func (r *Reader) Text(name string) string { return strings.TrimSpace(r.getenv(name)) }

// Wrong notes a problem: what must be, and never what is.
func (r *Reader) Wrong(name, what string) {
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
func (r *Reader) List(name string) []string {
	list := strings.Split(r.Text(name), ",")
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
