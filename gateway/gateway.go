// Package gateway is the app's way to Stripe and the only package that imports
// stripe-go: sessions, webhook events, Connect's OAuth. It turns Stripe's answers
// into small values and its errors into the few sentinels that a caller can act
// on. It keeps no state but a pace and the platform's own account id.
package gateway

import (
	"cmp"
	"context"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"github.com/stripe/stripe-go/v82"
)

// Options say which Stripe, as whom, and how fast.
type Options struct {
	SecretKey         string
	WebhookSecrets    []string // tried in turn; an empty one is never tried
	ClientID          string   // ca_…; "" turns Connect off
	Check             Check    // what Stripe checks
	ReturnURL         string   // where Stripe sends people after a verification
	RedirectURL       string   // where Stripe sends people after a Connect attempt
	APIBase           string   // "" is Stripe's own
	ConnectBase       string   // "" is Stripe's own
	RequestsPerSecond int      // 0: no limit
	OwnEvents         []string // types of events that the team handles, besides those of the core
	// Observers are told of each call once it is answered. They must not block.
	Observers []func(Call)
}

// Restricted says whether the key is a restricted one: rk_ and, in a sandbox that nobody has claimed, rkcs_.
func (o Options) Restricted() bool { return strings.HasPrefix(o.SecretKey, "rk") }

// Call is one request to Stripe, as far as it may be shown: no query, no body.
type Call struct {
	Method, Path string
	Status       int           // 0: no answer
	RequestID    string        // req_…, for the Dashboard's request log
	Date         time.Time     // Stripe's clock; zero without an answer
	Took         time.Duration // until the answer's header was there
}

const callTimeout = 10 * time.Second // for one call with its repeats

// Client talks to Stripe. It is safe for concurrent use.
type Client struct {
	opt    Options
	stripe *stripe.Client
	own    atomic.Pointer[Account]
}

// New makes a client. It sends nothing.
func New(opt Options) *Client {
	pace := newPace(opt.RequestsPerSecond)
	api := &transport{pace: pace, tell: opt.Observers, next: connections()}
	// A code that is sent twice revokes the connection. stripe-go repeats a call unless told
	// not to, and net/http repeats it on a reused connection that has died, because of the
	// Idempotency-Key header: so neither repeats nor reuse here.
	once := connections()
	once.DisableKeepAlives = true
	connect := &transport{pace: pace, tell: opt.Observers, next: once}
	return &Client{opt: opt, stripe: stripe.NewClient(opt.SecretKey, stripe.WithBackends(&stripe.Backends{
		API:     stripe.GetBackendWithConfig(stripe.APIBackend, config(cmp.Or(opt.APIBase, stripe.APIURL), 1, api)),
		Connect: stripe.GetBackendWithConfig(stripe.ConnectBackend, config(cmp.Or(opt.ConnectBase, stripe.ConnectURL), 0, connect)),
	}))}
}

func config(base string, retries int64, t http.RoundTripper) *stripe.BackendConfig {
	return &stripe.BackendConfig{
		URL: stripe.String(base),
		// A list is as many calls as it has pages: so each has its own limit of time, too.
		HTTPClient: &http.Client{Transport: t, Timeout: callTimeout, CheckRedirect: func(*http.Request, []*http.Request) error {
			return http.ErrUseLastResponse // a redirect would carry parameters to another host
		}},
		MaxNetworkRetries: stripe.Int64(retries),
		EnableTelemetry:   stripe.Bool(false),
		// stripe-go logs whole answers, with URLs and codes in them.
		LeveledLogger: &stripe.LeveledLogger{Level: stripe.LevelNull},
	}
}

func connections() *http.Transport {
	return &http.Transport{
		Proxy:               http.ProxyFromEnvironment,
		DialContext:         (&net.Dialer{Timeout: 5 * time.Second, KeepAlive: 30 * time.Second}).DialContext,
		TLSHandshakeTimeout: 5 * time.Second,
		ForceAttemptHTTP2:   true,
		MaxIdleConns:        100,
		MaxIdleConnsPerHost: 100,
		IdleConnTimeout:     90 * time.Second,
	}
}

// transport holds calls back to the pace, and tells of each what may be shown of it.
type transport struct {
	pace pace
	tell []func(Call)
	next http.RoundTripper
}

// RoundTrip implements http.RoundTripper.
func (t *transport) RoundTrip(r *http.Request) (*http.Response, error) {
	if err := t.pace.wait(r.Context()); err != nil {
		if r.Body != nil {
			_ = r.Body.Close() // a RoundTripper must, also when it fails
		}
		return nil, errPace
	}
	start := time.Now()
	response, err := t.next.RoundTrip(r)
	call := Call{Method: r.Method, Path: r.URL.Path, Took: time.Since(start)}
	if err == nil {
		call.Status, call.RequestID = response.StatusCode, plain(response.Header.Get("Request-Id"))
		call.Date, _ = http.ParseTime(response.Header.Get("Date")) // zero is what a missing one is
	}
	if status, watched := r.Context().Value(statusKey{}).(*int); watched {
		*status = call.Status
	}
	for _, tell := range t.tell {
		tell(call)
	}
	return response, err
}

type statusKey struct{}

// watch has the status of the last answer to what is asked with the context, for errors with which stripe-go does not tell it; 0: none.
func watch(ctx context.Context) (context.Context, *int) {
	status := new(int)
	return context.WithValue(ctx, statusKey{}, status), status
}

// ConnectEnabled says whether there is a client id to connect accounts with.
func (c *Client) ConnectEnabled() bool { return c.opt.ClientID != "" }

// Origins are the hosts other than Stripe's own to which a form may lead.
func (c *Client) Origins() []string {
	return slices.DeleteFunc([]string{c.opt.APIBase, c.opt.ConnectBase}, func(base string) bool { return base == "" })
}

// readAt is a moment, by Stripe's clock, not later than the one at which the
// answer was read from Stripe's database: its Date, less the time the call took.
// It is compared with events' created times, so our own clock has no part in it.
func readAt(r stripe.APIResource, took time.Duration) time.Time {
	date, err := http.ParseTime(r.LastResponse.Header.Get("Date"))
	if err != nil {
		return time.Time{}
	}
	return date.Add(-took).Truncate(time.Second)
}
