package main

import (
	"errors"
	"net"
	"net/url"
	"os"
)

// beside are the settings of a product of somebody's that runs beside the program, as docs/beside.md has them; none without
// one. It is on this machine, since nothing of the demo leaves it.
func beside() (settings []string, err error) {
	for _, name := range []string{"API_TOKEN", "API_RETURN_URL", "NOTIFY_URL", "NOTIFY_SECRET"} {
		value := os.Getenv(name)
		if value == "" {
			continue
		}
		if u, err := url.Parse(value); name == "NOTIFY_URL" && (err != nil || u.Hostname() != "localhost" && !net.ParseIP(u.Hostname()).IsLoopback()) {
			return nil, errors.New("NOTIFY_URL must be on this machine: nothing of the demo leaves it")
		}
		settings = append(settings, name+"="+value)
	}
	return settings, nil
}
