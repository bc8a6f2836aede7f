package handlers

import (
	"net/http"
	"net/netip"
	"slices"
	"strings"

	"github.com/labstack/echo/v4"
)

// forwardedMost is how much of an X-Forwarded-For is looked at, from its end: more proxies than that stand behind each other nowhere.
const forwardedMost = 1 << 10

// unixSocket is what nginx calls a client that has come through a socket of this machine.
const unixSocket = "unix:"

// Network is the client's address, or an IPv6 address's /64: one customer has all of that. A client that
// a proxy has named otherwise is what the proxy has called it.
func Network(c echo.Context) string {
	text := c.RealIP()
	ip, err := netip.ParseAddr(text)
	if err != nil || ip.Is4() {
		return text
	}
	prefix, _ := ip.Prefix(64) // 64 bits always fit
	return prefix.String()
}

// clientAddress believes X-Forwarded-For from loopback and TRUSTED_PROXIES only: anybody else could forge it to escape
// the rate limit. The client is whom the last of the trusted ones has named: what stands before was sent by the client.
// That holds also where it is no address, as for `unknown`: to take the proxy's own address then, or nobody's, would make
// one client of all that this proxy does not know and of those that it serves itself.
func clientAddress(proxies []netip.Prefix) echo.IPExtractor {
	return func(r *http.Request) string {
		client, all := readHop(r.RemoteAddr), strings.Join(r.Header[echo.HeaderXForwardedFor], ",")
		for _, text := range slices.Backward(strings.Split(all[max(0, len(all)-forwardedMost):], ",")) {
			if !client.trusted(proxies) {
				break
			}
			if before := readHop(text); before.name != "" {
				client = before
			}
		}
		return client.name
	}
}

// hop is where a request has come from, as the next one saw it.
type hop struct {
	name string     // the address, if it is one, in the one way to write it
	ip   netip.Addr // not valid where the name is no address
}

// readHop reads what proxies write: an address with or without port, brackets, quotes and zone, or a name.
func readHop(text string) hop {
	text = strings.Trim(text, " \t\"")
	host, _, brackets := strings.Cut(text, "]") // as in [2001:db8::1]:443; without them, as in 192.0.2.1:443
	if name, port, _ := strings.Cut(text, ":"); !brackets && port != "" && !strings.Contains(port, ":") {
		host = name
	}
	host, _, _ = strings.Cut(strings.TrimPrefix(host, "["), "%")
	ip, err := netip.ParseAddr(host)
	if err != nil {
		return hop{name: strings.Clone(strings.ToLower(host))} // not a part of the whole header, which would be kept with it
	}
	return hop{ip.Unmap().String(), ip.Unmap()}
}

// trusted says whether what it says of others is believed.
func (h hop) trusted(proxies []netip.Prefix) bool {
	return h.ip.IsLoopback() || h.name == unixSocket || slices.ContainsFunc(proxies, func(p netip.Prefix) bool { return p.Contains(h.ip) })
}
