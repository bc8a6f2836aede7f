package doctor

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"example.com/identity-starter/gateway"
	"example.com/identity-starter/store"
)

func (r *report) checkSecrets(count int, connect, local bool) {
	l := line{pass, "webhook secret", "one, in its right form", ""}
	switch {
	case count == 0:
		return // a problem of the settings
	case count > 1:
		l.what = fmt.Sprintf("%d, each in its right form", count)
	case connect && !local:
		l.grade, l.what, l.fix = warn, "only one, but a separate endpoint for connected accounts has a secret of its own",
			"put both into STRIPE_WEBHOOK_SECRET, separated by a comma"
	}
	r.add(l)
}

// needed are the events that each of the two endpoints must be subscribed to.
func needed(connect bool) []string {
	if connect {
		return []string{gateway.EventDeauthorized}
	}
	return gateway.SessionEvents
}

// ListenCommand is the command that brings webhooks to this machine. It forwards
// those of connected accounts to the same address (docs.stripe.com/cli/listen).
func ListenCommand(base *url.URL, connect bool, own []string) string {
	events := slices.Concat(needed(false), own)
	if connect {
		events = slices.Concat(events, needed(true))
	}
	return "stripe listen --forward-to " + base.Host + "/webhook --events " + strings.Join(events, ",")
}

func (r *report) checkEndpoints(ctx context.Context, stripe *gateway.Client, base *url.URL, connect bool, own []string) {
	all, err := stripe.Endpoints(ctx)
	if err != nil {
		r.add(line{warn, "endpoint", "Stripe did not list the webhook endpoints: " + err.Error(), "look at https://dashboard.stripe.com/webhooks yourself"})
		return
	}
	more, err := stripe.Destinations(ctx)
	if err != nil {
		l := line{warn, "payload style", "Stripe did not list the event destinations, so that thin ones and an organization's are not seen: " + err.Error(),
			"let the key read “Webhook Endpoints and Event Destinations”" + named(refusal(err)) + ", or look at https://dashboard.stripe.com/webhooks yourself"}
		if silent(err) {
			l.fix = "run doctor again"
		}
		r.add(l)
	}
	all = merged(all, more)
	address := base.JoinPath("webhook").String()
	r.checkKind(all, address, false)
	if connect {
		r.checkKind(all, address, true)
	}
	for _, event := range own { // of our account or of connected ones, as the team knows
		if !slices.ContainsFunc(all, func(e gateway.Endpoint) bool {
			return e.URL == address && e.Enabled && !e.Thin && !e.Organization && (slices.Contains(e.Events, "*") || slices.Contains(e.Events, event))
		}) {
			r.add(line{warn, "own events", "no endpoint is subscribed to " + event + ", which the team handles", "add it by name"})
		}
	}
}

// merged are the endpoints that version 1 of the API lists, and those that only version 2 does.
func merged(all, more []gateway.Endpoint) []gateway.Endpoint {
	for _, e := range more {
		i := slices.IndexFunc(all, func(known gateway.Endpoint) bool { return known.ID == e.ID })
		switch {
		case i >= 0:
			all[i].Thin, all[i].Organization = e.Thin, e.Organization
			all[i].Own, all[i].Connect = all[i].Own || e.Own, all[i].Connect || e.Connect // version 1 knows one of them
		case e.Thin || e.Organization:
			all = append(all, e)
		}
	}
	return all
}

// checkIgnored finds events of our own account that were taken for a connected merchant's, because they name it, as those do
// that come through an organization's endpoint (events_from in docs.stripe.com/api/v2/core/event-destinations).
func (r *report) checkIgnored(ctx context.Context, stripe *gateway.Client, ignored []store.OfAccount) {
	own, _ := stripe.OwnAccount(ctx) // without the permission nobody knows whose they are
	for _, of := range ignored {
		if of.Account == own.ID {
			r.add(line{warn, "ignored events", fmt.Sprintf("%d about this very account's own sessions within a month, the last of %s: they name it, as only those of connected accounts should",
				of.Events, of.Last.Format(time.DateTime+" MST")),
				"is the endpoint an organization's? Make one in this account, for its own events, and put its secret into STRIPE_WEBHOOK_SECRET"})
		}
	}
}

// checkKind looks at the endpoints of one kind: for the events of one's own
// account, or for those of connected accounts.
func (r *report) checkKind(all []gateway.Endpoint, address string, connect bool) {
	name := map[bool]string{false: "endpoint", true: "Connect endpoint"}[connect]
	enabled, found := 0, false
	for _, e := range all {
		switch {
		case e.URL != address || connect && !e.Connect || !connect && !e.Own:
			continue
		case e.Organization:
			r.add(line{warn, name, e.ID + " is an organization's: its events name the account, and are taken for those of a connected one",
				"make one in this account, for its own events, and put its secret into STRIPE_WEBHOOK_SECRET"})
			continue
		}
		found = true
		r.checkEndpoint(name, e, connect)
		if e.Enabled {
			enabled++
		}
	}
	switch {
	case !found:
		r.add(missing(name, all, address, connect))
	case enabled > 1:
		r.add(line{warn, name, fmt.Sprintf("%d enabled ones point at %s, so that every event comes %d times", enabled, address, enabled),
			"keep one; while secrets change, have both in STRIPE_WEBHOOK_SECRET"})
	}
}

func (r *report) checkEndpoint(name string, e gateway.Endpoint, connect bool) {
	switch {
	case !e.Enabled:
		r.add(line{fail, name, e.ID + " is disabled", "enable it at https://dashboard.stripe.com/webhooks"})
		return
	case e.Thin && connect:
		r.add(line{fail, name, e.ID + " sends thin events, which are read of sessions alone", "make another one with the payload style Snapshot"})
		return
	}
	var lacks []string
	for _, event := range needed(connect) {
		all := slices.Contains(e.Events, "*") && event != gateway.EventRedacted // which “all events” leaves out
		if e.Thin {
			event = gateway.ThinType(event)
		}
		if !all && !slices.Contains(e.Events, event) {
			lacks = append(lacks, event)
		}
	}
	moves := e.APIVersion == "" && !e.Thin
	if len(lacks) > 0 {
		r.add(line{fail, name, e.ID + " is not subscribed to " + strings.Join(lacks, ", "), "add them by name: “all events” has no redacted one"})
	}
	if moves {
		r.add(line{warn, name, e.ID + " sends events in the account's default API version, which an upgrade changes",
			"make a new one with api_version=" + gateway.APIVersion})
	}
	if len(lacks) == 0 && !moves {
		what := e.ID + " is enabled, has the events, sends snapshots of API version " + e.APIVersion
		if e.Thin {
			what = e.ID + " is enabled, has the events, sends thin events: Stripe is asked about each, which the payload style Snapshot would spare"
		}
		if gateway.IsNewer(e.APIVersion) {
			what += ", which is newer than the library's and fine: what is read of them is the same in every version"
		}
		r.add(line{pass, name, what, ""})
	}
}

// missing says what there is in place of the endpoint.
func missing(name string, all []gateway.Endpoint, address string, connect bool) line {
	l := line{fail, name, "none points at " + address, "create it: docs/going-live.md has the command"}
	ours, _ := url.Parse(address)
	for _, e := range all {
		u, err := url.Parse(e.URL)
		if err == nil && u.Hostname() == ours.Hostname() && e.URL != address {
			l.what += ", but " + e.ID + " points at another address of the same host"
			l.fix = "correct its address: Stripe follows no redirect, and a slash at the end counts"
		} else if e.URL == address && connect && !e.Connect && !e.Organization {
			l.fix = "create it with connect=true: " + e.ID + " does not get the events of connected accounts"
		}
	}
	return l
}

// checkReach sends an event without a signature through the public address. The
// app refuses it; what stands in front of the app must not.
func checkReach(ctx context.Context, client http.Client, base *url.URL) line {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	l := line{fail, "reachable", base.JoinPath("webhook").String(), ""}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, l.what, strings.NewReader("{}"))
	if err != nil {
		return line{fail, l.name, "BASE_URL is no address", "correct BASE_URL"}
	}
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	response, err := client.Do(request)
	if err != nil {
		l.what, l.fix = l.what+" gives no answer: "+cause(err), "start the app; then look at DNS, firewall and certificate"
		return l
	}
	defer response.Body.Close()
	body, _ := io.ReadAll(io.LimitReader(response.Body, 64<<10)) // half an answer is not ours
	return reachLine(l, response.StatusCode, body)
}

func reachLine(l line, status int, body []byte) line {
	var answer struct{ Error struct{ Code string } }
	_ = json.Unmarshal(body, &answer) // what is no JSON is not ours
	l.what = fmt.Sprintf("%s answers an unsigned event with %d", l.what, status)
	switch {
	case status == http.StatusBadRequest && answer.Error.Code == "bad_request":
		l.grade, l.what = pass, l.what+", as the app does"
	case status >= 300 && status < 400:
		l.fix = "BASE_URL must be the final address: Stripe follows no redirect. Is a sign-in in front? Let /webhook pass"
	case status >= 500:
		l.fix = "the proxy does not reach the app, or the app cannot write: look at its log"
	default:
		l.fix = "something in front answers in the app's place, a sign-in page perhaps: let /webhook pass"
	}
	return l
}

// cause is the innermost error: the outer ones repeat the address.
func cause(err error) string {
	for next := errors.Unwrap(err); next != nil; next = errors.Unwrap(err) {
		err = next
	}
	return err.Error()
}
