// Package doctor looks for what is wrong with the settings, here and at Stripe,
// and says what to do. It changes nothing unless it is told to try, prints no secret, and
// contacts nobody but Stripe, the app's own public address, and whom an extra probes.
package doctor

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"example.com/identity-starter/gateway"
	"example.com/identity-starter/settings"
	"example.com/identity-starter/store"
)

// Settings are what is looked at. What could not be read is empty.
type Settings struct {
	Dotenv   string   // where settings were read from, for people to read; "" when .env could not be
	Problems []error  // what is wrong with settings by themselves; each starts with the variable's name
	Doubts   []string // settings that may not be as they were meant

	Gateway  gateway.Options // SecretKey "": Stripe is not asked
	Live     bool
	BaseURL  *url.URL
	Database string // the file's path, or the server's address
	Tokens   bool   // whether refresh tokens are kept

	Extras    []Extra
	Schemas   []store.Schema // of the extras
	Consumers []string       // the names of those who do something after outcomes

	Try    bool      // with a test key: also make real things at Stripe, and clear them away
	Report io.Writer // gets what trying has found, without ids and secrets; nil: nobody

	HTTP http.Client // asks the app's own address
	Now  func() time.Time
}

// wrong says whether one of these settings is, so that it is not known what follows from it.
func (s Settings) wrong(names ...string) bool {
	return slices.ContainsFunc(s.Problems, func(problem error) bool {
		name, _, _ := strings.Cut(problem.Error(), ":")
		return slices.Contains(names, name)
	})
}

// Extra is a part of the app that is off until somebody turns it on. It is told,
// not tried, unless it says how: a mail server is not contacted.
type Extra struct {
	Name, State string
	Setting     string // what turns it on
	Warning     string // why it cannot work as it stands, if so
	Probe       func(ctx context.Context) (what, fix string)
}

type grade string

const (
	pass grade = "PASS"
	warn grade = "WARN"
	fail grade = "FAIL"
)

// line is the result of a check: what was found, and for all but a pass what to do.
type line struct {
	grade           grade
	name, what, fix string
}

// report prints lines as they come, and counts the bad ones.
type report struct {
	to        []io.Writer // each gets every line, also when another one is gone
	failed    int
	dashboard string // how addresses in the Dashboard of the key's own account begin; "": not known
}

func (r *report) add(l line) {
	if r.dashboard != "" { // a page of another sandbox's would be of no use; where one applies has no such form
		l.fix = strings.NewReplacer(gateway.Application, gateway.Application, "https://dashboard.stripe.com/", r.dashboard).Replace(l.fix)
	}
	if l.fix != "" {
		l.fix = " (" + l.fix + ")"
	}
	for _, w := range r.to {
		fmt.Fprintf(w, "%s  %s: %s%s\n", l.grade, l.name, l.what, l.fix)
	}
	if l.grade == fail {
		r.failed++
	}
}

// Run makes every check, prints a line for each result, and returns how many failed.
func Run(ctx context.Context, w io.Writer, s Settings) int {
	if s.Try && !s.Live {
		s.Gateway.RequestsPerSecond = 0 // what is tried with a test key takes nothing from anybody's payments
	}
	r := &report{to: []io.Writer{w}}
	r.checkSettings(s)
	r.checkBaseURL(s.BaseURL, s.Live)
	found := r.checkDatabase(ctx, s)
	r.checkSecrets(len(s.Gateway.WebhookSecrets), s.Gateway.ClientID != "", isLocal(s.BaseURL))
	if s.Dotenv != "" && !s.wrong("STRIPE_CLIENT_ID", "TOKEN_KEY", "BASE_URL") {
		r.add(checkClient(s.Gateway.ClientID != "", s.Tokens, s.Gateway.RedirectURL))
	}
	r.checkExtras(ctx, s.Extras)
	stripe := r.checkStripe(ctx, s, found.Ignored)
	switch {
	case s.BaseURL == nil:
	case isLocal(s.BaseURL):
		r.add(line{pass, "webhooks", "Stripe cannot reach this machine, so run: " + ListenCommand(s.BaseURL, s.Gateway.ClientID != "", s.Gateway.OwnEvents), ""})
	default:
		r.add(checkReach(ctx, s.HTTP, s.BaseURL))
	}
	if s.Try {
		tryOut(ctx, r, stripe, s)
	}
	return r.failed
}

// checkStripe is everything that Stripe has to be asked about. It returns who asks, unless the key does not work.
func (r *report) checkStripe(ctx context.Context, s Settings, ignored []store.OfAccount) *gateway.Client {
	if s.Gateway.SecretKey == "" {
		r.add(line{warn, "key", "Stripe was not asked", "set right what is wrong above, then run doctor again"})
		return nil
	}
	var off *time.Duration // our clock's distance from Stripe's
	s.Gateway.Observers = []func(gateway.Call){func(call gateway.Call) {
		if !call.Date.IsZero() && off == nil {
			distance := s.Now().Sub(call.Date).Round(time.Second).Abs()
			off = &distance
		}
	}}
	stripe := gateway.New(s.Gateway)
	key := checkKey(ctx, stripe, s.Live)
	r.add(key)
	if off != nil {
		r.add(clockLine(*off))
	}
	switch key.grade {
	case pass: // so the account is known
		r.dashboard = stripe.Dashboard()
	case fail:
		return nil // every other question would get the same answer
	}
	r.checkIdentity(ctx, stripe)
	r.checkIgnored(ctx, stripe, ignored)
	r.checkPermissions(ctx, stripe, s.Gateway.Restricted(), s.Live)
	if s.BaseURL != nil && !isLocal(s.BaseURL) {
		r.checkEndpoints(ctx, stripe, s.BaseURL, s.Gateway.ClientID != "", s.Gateway.OwnEvents)
	}
	return stripe
}

// isLocal says whether only this machine reaches the address.
func isLocal(u *url.URL) bool {
	return u != nil && settings.IsLoopback(u.Hostname())
}

// clockLine compares our clock with Stripe's, by their distance.
func clockLine(off time.Duration) line {
	l := line{pass, "clock", fmt.Sprintf("%v from Stripe's", off), ""}
	switch {
	case off > 5*time.Minute:
		l.grade, l.fix = fail, "set this machine's clock, best by NTP: signatures older than five minutes are refused"
	case off > time.Minute:
		l.grade, l.fix = warn, "set this machine's clock, best by NTP: from five minutes on, webhooks are refused"
	case off <= time.Second:
		l.what = "within a second of Stripe's"
	}
	return l
}
