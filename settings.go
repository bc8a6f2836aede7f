package main

import (
	"cmp"
	"fmt"
	"net/netip"
	"net/url"
	"regexp"
	"strconv"
	"strings"
)

// settings reads values and collects what is wrong with them, so that a first
// run is told everything at once. No message holds a value.
type settings struct {
	getenv   func(string) string
	problems []error
}

func (s *settings) get(name string) string { return strings.TrimSpace(s.getenv(name)) }

func (s *settings) wrong(name, what string) {
	s.problems = append(s.problems, fmt.Errorf("%s: %s", name, what))
}

func (s *settings) shaped(name string, shape *regexp.Regexp, what string) string {
	v := s.get(name)
	if v != "" && !shape.MatchString(v) {
		s.wrong(name, what)
	}
	return v
}

func (s *settings) boolean(name string) bool {
	v, err := strconv.ParseBool(cmp.Or(s.get(name), "false"))
	if err != nil {
		s.wrong(name, "must be true or false")
	}
	return v
}

func (s *settings) number(name string, unset, low, high int) int {
	text := s.get(name)
	if text == "" {
		return unset
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < low || n > high {
		s.wrong(name, fmt.Sprintf("must be a number from %d to %d", low, high))
	}
	return n
}

func isPort(text string) bool {
	n, err := strconv.Atoi(text)
	return err == nil && n >= 0 && n <= 65535
}

// isLoopback says whether a host name reaches this machine only.
func isLoopback(host string) bool {
	ip, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && ip.IsLoopback()
}

// origin reads scheme://host[:port] and nothing behind it.
func (s *settings) origin(name, text string) *url.URL {
	u, err := url.Parse(strings.TrimSuffix(text, "/"))
	if err != nil || (u.Scheme != "http" && u.Scheme != "https") || !hostShape.MatchString(strings.ToLower(u.Host)) || u.User != nil ||
		u.Path != "" || u.RawQuery != "" || u.Fragment != "" || u.ForceQuery || !isPort(cmp.Or(u.Port(), "443")) {
		s.wrong(name, "must be an origin without a path, like https://verify.example.com")
		return nil
	}
	u.Host = strings.ToLower(u.Host)
	return u
}

// bases are for the simulator: a program with a live key, or one that could be
// talked into sending its key to another machine, must not have them.
func (s *settings) bases(c *config) {
	for _, b := range []struct {
		name string
		base *string
	}{{"STRIPE_API_BASE", &c.apiBase}, {"STRIPE_CONNECT_BASE", &c.connectBase}} {
		name, text := b.name, s.get(b.name)
		if text == "" {
			continue
		}
		u := s.origin(name, text)
		switch {
		case c.live:
			s.wrong(name, "is for test keys only: remove it")
		case u != nil && !isLoopback(u.Hostname()):
			s.wrong(name, "must be on localhost or a loopback address")
		case u != nil:
			*b.base = u.String()
		}
	}
}
