package stripesim

import (
	"cmp"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/url"
	"strings"
	"time"
)

// Config says what the simulator pretends to be. Its zero value is good for a test.
type Config struct {
	// Addr is where API and hosted pages listen, default "localhost:0". A host off loopback is refused.
	Addr string
	// ConnectAddr is where the stand-in for connect.stripe.com listens, default "localhost:0".
	ConnectAddr string
	// SecretKey is the only key that is let in, default "sk_test_simulator". Its prefix decides livemode.
	SecretKey string
	// ClientID is the platform's OAuth client, default "ca_simulator".
	ClientID string
	// RedirectURIs are the registered callback addresses; the first is used when none is sent. Without any, every
	// http address on loopback is taken.
	RedirectURIs []string
	// Now is the clock for created, Date, the signatures of webhooks and every expiry, default time.Now.
	// Delays between deliveries are real time.
	Now func() time.Time
	// RetryAfter holds the waits before each further attempt at a webhook that was not answered with 2xx, after
	// which the simulator gives up. Nil means 1, 2, 4, 8 and 16 seconds; an empty slice means no retry; LiveRetries are Stripe's.
	RetryAfter []time.Duration
	// Lacks are the permissions that a restricted key does not have, as prefixes of "METHOD /path": such calls get 403.
	Lacks []string
	// RefuseRestrictedOAuth answers a restricted key's exchange of a code, and its deauthorization, with 401, as a key that is not
	// known. Whether Stripe lets such a key do either, and how it would refuse it, is not known; Lacks has the other guess, a 403.
	RefuseRestrictedOAuth bool
	// IdentityOff refuses every call about Identity, as an account does that has not applied for it.
	IdentityOff bool
	// RedactAfter is how long a redaction stays in processing, where Stripe takes up to four days. Default: at once.
	RedactAfter time.Duration
	// RedactionStatus is redaction.status until the redaction is done, default "processing". "validated", which newer
	// API versions have, is the other one that Stripe may give; what it means is not documented. That a redaction which
	// is asked for again is refused meanwhile is a guess.
	RedactionStatus string
	// RefuseRedactingCanceled answers 400 to the redaction of a canceled session. Stripe documents only requires_input
	// and verified as what may be redacted; whether it refuses a canceled one is not known.
	RefuseRedactingCanceled bool
	// CanceledOnRedact sends the canceled event with every redaction, also of a session that keeps its status. Stripe
	// says "sent when a session is canceled or redacted"; whether that means a verified one is not known.
	CanceledOnRedact bool
	// Log gets one line for each API call and each delivery, without secrets, tokens or codes. Nil is silent.
	Log *slog.Logger
}

// LiveRetries are waits like those of a live account, for RetryAfter: up to three days, longer each time
// (docs.stripe.com/webhooks). In which steps is not published: these are a guess.
func LiveRetries() []time.Duration {
	waits := []time.Duration{time.Hour}
	for wait, sum := 2*time.Hour, time.Hour; sum+wait <= 72*time.Hour; wait = min(2*wait, 12*time.Hour) {
		waits, sum = append(waits, wait), sum+wait
	}
	return waits
}

var errNotLoopback = errors.New("not a loopback address")

func (c Config) withDefaults() Config {
	c.Addr = cmp.Or(c.Addr, "localhost:0")
	c.ConnectAddr = cmp.Or(c.ConnectAddr, "localhost:0")
	c.SecretKey = cmp.Or(c.SecretKey, "sk_test_simulator")
	c.ClientID = cmp.Or(c.ClientID, "ca_simulator")
	c.RedactionStatus = cmp.Or(c.RedactionStatus, redacting)
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.RetryAfter == nil {
		c.RetryAfter = []time.Duration{time.Second, 2 * time.Second, 4 * time.Second, 8 * time.Second, 16 * time.Second}
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	return c
}

// listenLoopback listens on addr and returns the origin under which it can be reached. The name is checked before
// listening and the bound address after it, because a hosts file can point any name anywhere.
func listenLoopback(addr string) (net.Listener, string, error) {
	host, _, err := net.SplitHostPort(addr)
	if err != nil {
		return nil, "", err
	}
	if !loopbackHost(host) {
		return nil, "", fmt.Errorf("%q: %w", addr, errNotLoopback)
	}
	l, err := net.Listen("tcp", addr)
	if err != nil {
		return nil, "", err
	}
	bound, ok := l.Addr().(*net.TCPAddr)
	if !ok || !bound.IP.IsLoopback() {
		return nil, "", errors.Join(fmt.Errorf("%q: %w", addr, errNotLoopback), l.Close())
	}
	return l, "http://" + net.JoinHostPort(host, fmt.Sprint(bound.Port)), nil
}

// loopbackHost reports whether a host name without port means this machine.
func loopbackHost(host string) bool {
	if host == "localhost" {
		return true
	}
	ip := net.ParseIP(host)
	return ip != nil && ip.IsLoopback()
}

// loopbackURL reports whether raw is an http or https address on this machine.
func loopbackURL(raw string) bool {
	u, err := url.Parse(raw)
	return err == nil && (u.Scheme == "http" || u.Scheme == "https") && u.User == nil && loopbackHost(u.Hostname())
}

// keyMode is "live" or "test", as written into an API key and into the tokens of the hosted pages.
func keyMode(key string) string {
	if strings.HasPrefix(key, "sk_live_") || strings.HasPrefix(key, "rk_live_") {
		return "live"
	}
	return "test"
}

// newID returns prefix and 26 random characters of rand.Text, which is 130 bits.
func newID(prefix string) string { return prefix + rand.Text() }
