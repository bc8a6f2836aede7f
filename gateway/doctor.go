package gateway

import (
	"context"
	"iter"
	"strings"

	"github.com/stripe/stripe-go/v82"
)

// Endpoint is a place that Stripe sends events to, in the mode of the key.
type Endpoint struct {
	ID      string // we_…
	URL     string
	Enabled bool
	Thin    bool // the payload style: its events name their object alone
	Own     bool // for the events of the account itself
	Connect bool // for the events of connected accounts; an event destination may be for both
	// Organization is an endpoint of the organization that the account belongs to.
	Organization bool
	Events       []string // "*" is all but those that must be named
	APIVersion   string   // in which its events are rendered; "" is the account's default
}

// Endpoints are the webhook endpoints (docs.stripe.com/api/webhook_endpoints), all of
// which get snapshot events. Errors: ErrRejected, ErrUnavailable.
func (c *Client) Endpoints(ctx context.Context) ([]Endpoint, error) {
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	var found []Endpoint
	for e, err := range c.stripe.V1WebhookEndpoints.List(ctx, &stripe.WebhookEndpointListParams{ListParams: longPage()}) {
		if err != nil {
			return nil, apiError("list webhook endpoints", err)
		}
		// Only the endpoints of Connect have an application.
		found = append(found, Endpoint{ID: e.ID, URL: e.URL, Enabled: e.Status == "enabled", Own: e.Application == "",
			Connect: e.Application != "", Events: e.EnabledEvents, APIVersion: e.APIVersion})
	}
	return found, nil
}

// Destinations are the event destinations that are webhook endpoints, of both payload styles and of the organization, too, which
// only version 2 of the API tells (docs.stripe.com/api/v2/core/event_destinations). Errors: ErrRejected, ErrUnavailable.
func (c *Client) Destinations(ctx context.Context) ([]Endpoint, error) {
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	ctx, status := watch(ctx)
	p := &stripe.V2CoreEventDestinationListParams{Include: stripe.StringSlice([]string{"webhook_endpoint.url"})}
	var found []Endpoint
	for d, err := range c.stripe.V2CoreEventDestinations.List(ctx, p) {
		if err != nil {
			return nil, newerError("list event destinations", err, *status)
		}
		if d.WebhookEndpoint == nil {
			continue // Amazon's or Azure's
		}
		e := Endpoint{ID: d.ID, URL: d.WebhookEndpoint.URL, Enabled: d.Status == "enabled",
			Thin: d.EventPayload == "thin", Events: d.EnabledEvents, APIVersion: d.SnapshotAPIVersion}
		for _, from := range d.EventsFrom { // self, other_accounts, and in later versions @self, @accounts, @organization_members/@accounts
			connect := strings.HasSuffix(string(from), "accounts")
			e.Own, e.Connect = e.Own || !connect, e.Connect || connect
			e.Organization = e.Organization || strings.HasPrefix(string(from), "@organization_members")
		}
		found = append(found, e)
	}
	return found, nil
}

// Try asks for the first that is listed, to see whether the key may, and, of sessions,
// whether Identity is activated. Errors: ErrRejected, with a hint where the cause is
// known; ErrUnavailable.
func Try[T any](list iter.Seq2[T, error]) error {
	for _, err := range list {
		return err
	}
	return nil
}

// ListedUnder are all sessions that carry a reference, as Stripe lists them. Errors: ErrRejected, ErrUnavailable.
func (c *Client) ListedUnder(ctx context.Context, reference string) (found []Session, err error) {
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	p := &stripe.IdentityVerificationSessionListParams{ClientReferenceID: stripe.String(reference), ListParams: longPage()}
	for s, err := range c.sessions(ctx, "list sessions", p) {
		if err != nil {
			return found, err
		}
		found = append(found, s)
	}
	return found, nil
}

// RedactAnyway asks for a redaction without asking first whether one is under way, as Redact does, so that Stripe's own answer to
// the second one is seen. Errors: ErrRejected, ErrMissing, ErrUnavailable.
func (c *Client) RedactAnyway(ctx context.Context, id string) (Session, error) {
	return session(ask(ctx, "redact session", c.stripe.V1IdentityVerificationSessions.Redact, id, nil))
}
