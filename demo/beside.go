package main

import (
	"errors"
	"net"
	"net/url"
	"os"
	"slices"
	"strings"
)

// beside are the settings of a product of somebody's that runs beside the program, as docs/beside.md has them; none without
// one. It is on this machine, since nothing of the demo leaves it. A secret without its address is of something else.
func beside() (settings []string, err error) {
	for address, secret := range map[string]string{"API_RETURN_URL": "API_TOKEN", "NOTIFY_URL": "NOTIFY_SECRET"} {
		value := os.Getenv(address)
		if value == "" {
			continue
		}
		if u, err := url.Parse(value); address == "NOTIFY_URL" && (err != nil || u.Hostname() != "localhost" && !net.ParseIP(u.Hostname()).IsLoopback()) {
			return nil, errors.New("NOTIFY_URL must be on this machine: nothing of the demo leaves it")
		}
		settings = append(settings, address+"="+value, secret+"="+os.Getenv(secret))
	}
	return settings, nil
}

// replaces says whether a product's settings take the place of a companion's: nobody would talk to that.
func replaces(settings, theirs []string) bool {
	return slices.ContainsFunc(theirs, func(their string) bool {
		name, _, _ := strings.Cut(their, "=")
		return slices.ContainsFunc(settings, func(s string) bool { return strings.HasPrefix(s, name+"=") })
	})
}
